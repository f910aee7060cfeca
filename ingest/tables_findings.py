"""What was found, as tables for people: validation, search, rejected records, a replay.

Returns rich renderables and prints nothing; manner and escaping are those of `ingest.tables`.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingest.replay import Replay
from ingest.report import Document, ValidationReport
from ingest.tables import NARROW_GAP, STYLES, plain_table
from ingest.wording import plural, printable, thousands
from journal.codec import event_name

if TYPE_CHECKING:
    from ingest.target import Hit

BESIDE_URI = 120  # columns from which a label and its URI fit into one line


def validation_view(report: ValidationReport) -> RenderableType:
    """Return the verdict, the classes, the relations, and what is wrong."""
    verdict = (
        Text("valid: the target equals the input", style="green")
        if report.valid
        else Text("not valid", style="red")
    )
    parts: list[RenderableType] = [verdict, Text(f"ingestion {report.ingestion_status}")]
    if report.classes:
        parts += [Text(), _classes_table(report)]
    if report.relations:
        parts += [Text(), _relations_table(report)]
    parts += [Text(line) for line in _differences(report)]
    parts += [Text(f"error: {printable(error)}", style="red") for error in report.errors]
    return Group(*parts)


def hits_table(hits: Sequence["Hit"], *, width: int) -> RenderableType:
    """Return the search results, best first; a label above its URI where both do not fit."""
    if not hits:
        return Text("nothing found")
    table = plain_table()
    table.add_column("Score", justify="right", no_wrap=True)
    is_wide = width >= BESIDE_URI
    for header in ("Label", "Concept") if is_wide else ("Concept",):
        table.add_column(header, overflow="fold")
    for hit in hits:
        label, uri = Text(printable(hit.label)), Text(printable(hit.uri))
        cells = (label, uri) if is_wide else (Text("\n").join((label, uri)),)
        table.add_row(f"{hit.score:.3f}", *cells)
    return table


def rejected_table(documents: Sequence[Document]) -> RenderableType:
    """Return the rejected records and why."""
    if not documents:
        return Text("nothing was rejected")
    table = plain_table("Step")
    table.add_column("File", overflow="fold")
    table.add_column("Line", justify="right", no_wrap=True)
    table.add_column("Key", overflow="fold")
    table.add_column("Reason", overflow="fold")
    for found in documents:
        table.add_row(
            found["step"],
            *(Text(printable(str(found[key]))) for key in ("file", "line", "key", "reason")),
        )
    return table


def plan_table(plan: Iterable[tuple[str, int]]) -> RenderableType:
    """Return what a run would load."""
    table = plain_table("Would load")
    table.add_column("Count", justify="right", no_wrap=True)
    for name, count in plan:
        table.add_row(printable(name), thousands(count))
    return table


def replay_view(replayed: Replay) -> RenderableType:
    """Return the state after each event, and whether the log is sound."""
    table = plain_table("Position", "Event", "Status", "Steps", "At step", gap=NARROW_GAP)
    table.add_column("Settled", justify="right", no_wrap=True)
    table.add_column("Rejected", justify="right", no_wrap=True)
    for recorded, state in replayed.steps:
        table.add_row(
            f"{recorded.epoch}:{recorded.seq}",
            event_name(recorded.event),
            Text(state.status.value, style=STYLES.get(state.status.value, "")),
            f"{state.steps_done}/{len(state.steps)}",
            printable(state.step) or "-",
            thousands(state.settled),
            thousands(len(state.rejected)),
        )
    counted = (
        f"{plural(len(replayed.steps), 'event')}, {replayed.fenced:,} fenced,"
        f" {plural(replayed.legacy, 'legacy row')}"
    )
    if replayed.error:
        verdict = Text(f"not sound: {printable(replayed.error)} ({counted})", style="red")
    else:
        verdict = Text(f"sound: {counted}", style="green")
    return Group(table, Text(), verdict) if replayed.steps else verdict


def _classes_table(report: ValidationReport) -> Table:
    table = plain_table("Class")
    headers = ("Expected", "Found", "Missing", "Extra", "Different", "Invisible")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    for name, found in report.classes.items():
        numbers = (
            *(found.expected, found.found, found.missing),
            *(found.extra, found.different, found.invisible),
        )
        table.add_row(
            printable(name), *(thousands(n) for n in numbers), style="" if found.is_whole else "red"
        )
    return table


def _relations_table(report: ValidationReport) -> Table:
    table = plain_table("Relation")
    for header in ("Expected", "Found"):
        table.add_column(header, justify="right", no_wrap=True)
    for name, found in report.relations.items():
        is_wrong = found.expected != found.found
        table.add_row(
            printable(name),
            thousands(found.expected),
            thousands(found.found),
            style="red" if is_wrong else "",
        )
    return table


def _differences(report: ValidationReport) -> Iterable[str]:
    for name, found in report.classes.items():
        for kind, keys in (
            ("missing", found.missing_keys),
            ("different", found.different_keys),
            ("invisible", found.invisible_keys),
            ("extra", found.extra_keys),
        ):
            for key in keys:
                yield f"{kind}: {printable(name)} {printable(key)}"
