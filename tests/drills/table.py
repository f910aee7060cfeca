"""`python -m tests.drills.table FILE ...`: the table of docs/guarantees.md, from drills' lines.

Reads the JSON lines that `scripts/drill` printed; adds up those of one drill and one input.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

INVISIBLE = ("invisible_by_id", "invisible_by_filter", "invisible_by_vector")
COLUMNS = (
    "drill",
    "input",
    "rounds",
    "idle",
    "kills",
    "torn on the way",
    "lost",
    "duplicated",
    "different",
    "references differ",
    "torn left",
    "owners overlap",
    "steps begun again",
    "rounds that failed",
)
NOTHING = "·"  # of what a drill does not count

Line = dict[str, Any]


def main(paths: Sequence[str]) -> None:
    """Print the table of all lines in the files."""
    texts = [Path(path).read_text(encoding="utf-8") for path in paths]
    print(table(json.loads(line) for text in texts for line in text.splitlines()))


def table(lines: Iterable[Line]) -> str:
    """Return the Markdown table, a row for each drill and input."""
    drills: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        drills[line["drill"], line["data"]].append(line)
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    rows += [_row(drill, data, drills[drill, data]) for drill, data in sorted(drills)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(drill: str, data: str, lines: Sequence[Line]) -> tuple[str, ...]:
    def total(*names: str) -> str:
        found = [line[name] for line in lines for name in names if name in line]
        return f"{sum(found):,}" if found else NOTHING

    return (
        f"`{drill}`",
        data,
        total("rounds"),
        total("idle"),
        total("kills"),
        total("torn_made"),
        total("lost"),
        total("duplicated"),
        total("different", "extra"),
        total("reference_differences"),
        total(*INVISIBLE),
        total("overlapping_owners"),
        total("steps_begun_again"),
        str(sum(len(line["failures"]) for line in lines)),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
