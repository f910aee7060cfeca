"""Runs, events and their status as tables for people.

Returns rich renderables and prints nothing. No boxes: what looks right in a terminal of 80
columns is plain and aligned in a pipe too. Text that comes from data is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ingest.lines import ShownEvent
from ingest.report import (
    LOAD,
    StatusReport,
    counts_so_far,
    duration_seconds,
    run_kind,
    shown_status,
)
from ingest.wording import duration, happening, moment, printable, short_id, thousands
from journal.codec import event_name
from journal.state import RunState
from journal.store import LegacyRow

NARROW_GAP, GAP = 1, 2
WIDE = 104  # columns from which a run's relations fit in, and gaps of two

STYLES = {
    "completed": "green",
    "in_progress": "cyan",
    "interrupted": "yellow",
    "failed": "red",
    "unknown": "red",
}


def status_view(report: StatusReport) -> RenderableType:
    """Return the status as label and value, a line each."""
    state = report.state
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _status_lines(report, state):
        grid.add_row(label, value)
    return grid


def runs_table(runs: Sequence[RunState], *, is_held: bool | None, width: int) -> RenderableType:
    """Return the runs, in the order given; `is_held` is about the newest, which is the first."""
    if not runs:
        return Text("no runs yet")
    is_wide = width >= WIDE
    table = plain_table(
        *("Run", "Status", "Attempts", "Started (UTC)", "Took", "Steps"),
        gap=GAP if is_wide else NARROW_GAP,
    )
    numbers = ["Objects", *(["Relations"] if is_wide else []), "Rejected"]
    for header in numbers:
        table.add_column(header, justify="right", no_wrap=True)
    for index, state in enumerate(runs):
        status = shown_status(state, is_held=is_held if index == 0 else None)
        counted = {
            "Objects": sum(counts_so_far(state).values()),
            "Relations": sum(state.relations.values()),
            "Rejected": len(state.rejected),
        }
        table.add_row(
            short_id(state.run_id),
            Text(status, style=STYLES.get(status, "")),
            str(state.attempt),
            moment(state.started_at),
            duration(duration_seconds(state)),
            _steps(state),
            *(thousands(counted[name]) for name in numbers),
        )
    return table


def _steps(state: RunState) -> str:
    """Return "3/7"; a run that is no load says what it is."""
    kind = run_kind(state)
    done = f"{state.steps_done}/{len(state.steps)}"
    return done if kind == LOAD else f"{done} {kind}"


def legacy_table(rows: Sequence[LegacyRow]) -> RenderableType:
    """Return the rows of programs before events."""
    table = plain_table("Before events", "Status")
    table.add_column("Details", overflow="fold")
    for row in rows:
        table.add_row(printable(row.timestamp), printable(row.status), printable(row.details))
    return table


def events_table(events: Iterable[ShownEvent]) -> RenderableType:
    """Return the events, in the order given."""
    table = plain_table("Position", "At (UTC)", "Event")
    table.add_column("What", overflow="fold")
    for recorded, fenced in events:
        table.add_row(
            f"{recorded.epoch}:{recorded.seq}",
            moment(recorded.at),
            event_name(recorded.event),
            ("fenced: " if fenced else "") + happening(recorded.event),
            style="dim" if fenced else "",
        )
    return table


def event_line(recorded_and_fenced: ShownEvent) -> str:
    """Return one event as a line of text: for following a run as it goes."""
    recorded, fenced = recorded_and_fenced
    position = f"{recorded.epoch}:{recorded.seq}"
    what = ("fenced: " if fenced else "") + happening(recorded.event)
    return f"{position:<8}  {moment(recorded.at)}  {event_name(recorded.event):<14}  {what}"


def plain_table(*headers: str, gap: int = GAP) -> Table:
    """Return a table without box; the columns given are never wrapped."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, no_wrap=True, overflow="ellipsis")
    return table


def counted(counts: Mapping[str, int]) -> RenderableType:
    """Return names and numbers, the numbers aligned."""
    if not counts:
        return Text("none")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for name, count in sorted(counts.items()):
        grid.add_row(printable(name), thousands(count))
    return grid


def _status_lines(report: StatusReport, state: RunState) -> Iterable[tuple[str, RenderableType]]:
    yield "Pipeline", report.pipeline
    yield "Status", Text(report.status, style=STYLES.get(report.status, ""))
    if report.error or state.error:
        yield "Error", Text(printable(report.error or state.error))
    if state.run_id:
        yield from _run_lines(report, state)
    yield "Store", Text(printable(report.store))
    embedder = str(state.attributes.get("embedder_name", report.embedder))
    yield "Embedder", Text(printable(embedder))


def _run_lines(report: StatusReport, state: RunState) -> Iterable[tuple[str, RenderableType]]:
    yield "Run", f"{printable(state.run_id)}, attempt {state.attempt}, epoch {state.epoch}"
    at_step = f", now {printable(state.step)}" if state.step else ""
    yield "Steps", f"{state.steps_done}/{len(state.steps)}{at_step}"
    yield "Objects", counted(counts_so_far(state))
    yield "Relations", counted(state.relations)
    yield "Rejected", thousands(len(state.rejected))
    yield "Dangling", thousands(sum(state.dangling.values()))
    if extra := state.summary.get("extra", 0):
        yield "Extra", thousands(int(extra))
    yield "Owner", Text(_owner(report, state))
    yield "Started", f"{moment(state.started_at)} UTC"
    yield "Updated", f"{moment(state.updated_at)} UTC"
    is_sample = " (a generated sample)" if state.attributes.get("sample") else ""
    yield "Source", Text(printable(state.source or "-") + is_sample)


def _owner(report: StatusReport, state: RunState) -> str:
    who = f"{printable(state.owner.host)} (pid {state.owner.pid})" if state.owner else "-"
    if not report.lease.held:
        return f"{who}, not running"
    age = report.lease.age_seconds
    return f"{who}, running" + (f", last heartbeat {duration(age)} ago" if age is not None else "")
