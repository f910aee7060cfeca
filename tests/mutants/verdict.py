"""What the tests of one process said: passed on as JSON from that process to the runner.

Knows nothing of pytest or of mutants.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# A fault that only makes the program unusable proves nothing about the tests.
BROKEN = frozenset(
    {"NameError", "ImportError", "AttributeError", "KeyError", "IndexError", "TypeError"}
)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Ids of tests by how they ended; `broken` ended with an error that no sound code raises.

    `errors` are those that did not come to their end: collection, fixtures. A test that is
    repeated with parameters stands once for each.
    """

    is_planted: bool = False
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write it where the runner looks for it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read_verdict(path: Path) -> Verdict | None:
    """Return what was written, None if nothing was."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Verdict(**found)
