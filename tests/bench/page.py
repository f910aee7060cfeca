"""docs/performance.md and its charts, made of one result. Nothing in it is written by hand."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.catalogue import PARTS
from tests.bench.charts import sentence, svg
from tests.bench.document import result_of
from tests.bench.part import Chart, Part, Result
from tests.bench.rows import columns, goal_row, heading, machine_line, rows

CHARTS = "performance"
HEAD = """# Performance

Made by `scripts/bench report` of one run, but for parts that it names; do not edit. In each
comparison the sides take turns, each in a process of its own, on a fresh store that the bench
starts itself. Figures are medians, in brackets the least and the most. `wall` and `cpu` are of the
whole process, the start of the interpreter included; other times are by the process's own clock.
`peak` is its resident memory. Ratios are taken round by round. Where a pattern as `floor *` stands,
the best one counts.
"""


def write_page(document: Mapping[str, Any], docs: Path) -> None:
    """Write docs/performance.md and its charts from the JSON of a run."""
    folder = docs / CHARTS
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    result = result_of(document)
    chosen = [PARTS[name] for name in document["chosen"]["parts"]]
    for chart in (chart for part in chosen for chart in part.charts):
        if drawing := svg(chart, result):
            (folder / f"{chart.name}.svg").write_text(drawing, encoding="utf-8")
    text = "\n".join(_lines(document, chosen, result))
    (docs / f"{CHARTS}.md").write_text(text.rstrip() + "\n", encoding="utf-8")


def _lines(document: Mapping[str, Any], chosen: Sequence[Part], result: Result) -> Iterator[str]:
    yield HEAD
    yield machine_line(document)
    versions = document["machine"]["versions"].items()
    for apart in document.get("apart", ()):
        parts = ", ".join(f"`{name}`" for name in apart["parts"])
        yield f"Of a run of its own, commit {apart['commit']}: {parts}."
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in versions)}.\n"
    yield from _goals(chosen, result)
    for part in chosen:
        yield from _part(part, document, result)


def _goals(chosen: Sequence[Part], result: Result) -> Iterator[str]:
    wanted = [goal for part in chosen for goal in part.goals]
    if wanted:
        yield "## Goals and ratios\n"
        yield from _table(
            ("figure", "found", "goal", ""), [goal_row(goal, result) for goal in wanted]
        )


def _part(part: Part, document: Mapping[str, Any], result: Result) -> Iterator[str]:
    yield f"## {part.name}\n\n{part.says}\n"
    for chart in part.charts:
        yield from _chart(chart, result)
    measured = [(row.scenario, row.act, *row.cells) for row in rows(part, result)]
    if measured:
        yield from _table(("", "", *map(heading, columns(part))), measured)
    for title, shares in result.findings.get(part.name, {}).items():
        yield f"{title[:1].upper()}{title[1:]}:\n"
        yield from _table(("", "share"), [(f"`{name}`", f"{share:.1%}") for name, share in shares])
    failed = [one["scenario"] for one in document["failures"] if one["part"] == part.name]
    if failed:
        yield f"Failed in this run, and so not measured: {'; '.join(failed)}.\n"


def _chart(chart: Chart, result: Result) -> Iterator[str]:
    if svg(chart, result):
        yield f"![{chart.title}]({CHARTS}/{chart.name}.svg)\n\n{sentence(chart, result)}\n"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for cells in body:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""
