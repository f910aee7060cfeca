"""A diagnosis as lines for people: a mark, the check, what was seen, and what to do.

Returns a rich renderable and prints nothing; manner and escaping are those of `ingest.tables`.
"""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingest.diagnosis import Diagnosis, Finding, Verdict
from ingest.wording import plural, printable

STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}
ARROW = "-> "  # in ASCII: it is read in all kinds of places


def diagnosis_view(diagnosis: Diagnosis) -> RenderableType:
    """Return one row a finding, its advice below what was seen, and the sum of them."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in diagnosis.findings:
        mark = Text(finding.verdict.value, style=STYLES[finding.verdict])
        grid.add_row(mark, finding.check, _said(finding))
    hidden = ", ".join(diagnosis.not_checked)
    rest = [Text(f"not looked at until then: {hidden}", style="dim")] if hidden else []
    return Group(grid, Text(), _sum(diagnosis), *rest)


def _said(finding: Finding) -> Text:
    seen = Text(printable(finding.seen))
    if finding.advice:
        # One line in a pipe: what stands in a line can be searched for.
        seen.append(f"\n{ARROW}{printable(finding.advice)}", style="dim")
    return seen


def _sum(diagnosis: Diagnosis) -> Text:
    verdicts = [finding.verdict for finding in diagnosis.findings]
    problems, warnings = verdicts.count(Verdict.PROBLEM), verdicts.count(Verdict.WARNING)
    if not problems and not warnings:
        return Text("nothing stands in the way", style=STYLES[Verdict.OK])
    counted = ", ".join(
        plural(number, noun)
        for number, noun in ((problems, "problem"), (warnings, "warning"))
        if number
    )
    return Text(counted, style=STYLES[diagnosis.verdict])
