"""Folding an export again: the state after each event, and whether the log is sound.

Pure: no store is asked. What a run did is never done again; this only reads about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.lines import ShownEvent
from ingest.report import Document
from journal.codec import event_name
from journal.errors import CorruptJournal
from journal.events import Recorded
from journal.fencing import effective, fenced
from journal.state import RunState, begins_run, evolve

Position = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The states that a log went through. `error` says why it is not sound, "" if it is."""

    steps: Sequence[tuple[Recorded, RunState]]
    fenced: int
    legacy: int
    error: str = ""

    @property
    def state(self) -> RunState:
        """The state at the end."""
        return self.steps[-1][1] if self.steps else RunState()


def replay(
    events: Sequence[ShownEvent], *, legacy: int = 0, until: Position | None = None
) -> Replay:
    """Fold `events`, in whatever order, up to the position `until`.

    An event marked as fenced is left out: what fenced it may be part of another run and so
    not of this export. One that the log itself fences must be marked.
    """
    marked = {recorded.position for recorded, is_fenced in events if is_fenced}
    counting = [recorded for recorded, is_fenced in events if not is_fenced]
    counting.sort(key=lambda recorded: recorded.position)
    error = ""
    try:
        if unmarked := fenced(counting):
            epoch, seq = min(unmarked)
            error = f"event {epoch}:{seq} is not marked as fenced, but a later owner cut it off"
        counting = effective(counting)
    except CorruptJournal as corrupt:
        error = str(corrupt)
    if until is not None:
        counting = [recorded for recorded in counting if recorded.position <= until]
    steps, impossible = _folded(counting)
    return Replay(steps=steps, fenced=len(marked), legacy=legacy, error=error or impossible)


def replay_document(replayed: Replay) -> Document:
    """Return the document of `replay`."""
    return {
        "sound": not replayed.error,
        "error": replayed.error or None,
        "events": len(replayed.steps),
        "fenced": replayed.fenced,
        "legacy": replayed.legacy,
        "states": [_state_document(recorded, state) for recorded, state in replayed.steps],
    }


def _folded(counting: Sequence[Recorded]) -> tuple[list[tuple[Recorded, RunState]], str]:
    """Return each event with the state after it, up to the first impossible one, and why."""
    steps: list[tuple[Recorded, RunState]] = []
    state = RunState()
    for recorded in counting:
        try:
            state = evolve(RunState() if begins_run(recorded) else state, recorded)
        except CorruptJournal as error:
            return steps, str(error)
        steps.append((recorded, state))
    return steps, ""


def _state_document(recorded: Recorded, state: RunState) -> Document:
    return {
        "epoch": recorded.epoch,
        "seq": recorded.seq,
        "event": event_name(recorded.event),
        "run_id": state.run_id,
        "status": state.status.value,
        "attempt": state.attempt,
        "steps_done": state.steps_done,
        "steps_total": len(state.steps),
        "step": state.step or None,
        "settled": state.settled,
        "counts": dict(state.counts),
        "rejected": len(state.rejected),
        "error": state.error or None,
    }
