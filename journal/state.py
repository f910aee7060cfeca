"""The status of a pipeline: a fold over its events, and nothing else.

Pure: no I/O, no clock. `transition` is the only place where transitions are decided; what it
does not know raises `CorruptJournal`. `evolve` makes a new state of what it says, the fold moves
one of its own: a copy for each event costs ten times the rest, and an old log has many.
`journal.fencing` decides beforehand which events count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from journal.errors import MENDED_BY_HAND, CorruptJournal
from journal.events import (
    UNSETTLED,
    Attribute,
    Checkpoint,
    Completed,
    Counts,
    Failed,
    Interrupted,
    Owner,
    Recorded,
    Rejected,
    Started,
    StepCompleted,
    StepStarted,
    Suspect,
)
from journal.fencing import effective

# More are named step by step only: runs that never complete, each with another input, add one each.
MOST_SUSPECTS = 64


class Status(StrEnum):
    """Where a run stands. `in_progress` says nothing of a live owner: that is the lease's word."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What one run's events say so far.

    `settled` counts the settled records of the step in progress; `step` is "" between steps.
    `rejected` holds (step, key), so that a record rejected in two attempts counts once.
    `suspects` lists, for this run and the unfinished ones before it, what must be written
    twice by whoever goes on.
    """

    status: Status = Status.NOT_STARTED
    pipeline: str = ""
    run_id: str = ""
    epoch: int = 0
    seq: int = 0
    attempt: int = 0
    source: str = ""
    fingerprint: str = ""
    steps: tuple[str, ...] = ()
    window: int = 0
    owner: Owner | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    trusted: bool = False
    suspects: tuple[Suspect, ...] = ()
    steps_done: int = 0
    step: str = ""
    settled: int = 0
    counts: Counts = field(default_factory=dict)
    step_counts: Counts = field(default_factory=dict)
    relations: Counts = field(default_factory=dict)
    dangling: Counts = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Attribute] = field(default_factory=dict)
    rejected: frozenset[tuple[str, str]] = frozenset()
    error: str = ""
    started_at: datetime | None = None
    updated_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether a resume has something to go on with."""
        return self.status in (Status.IN_PROGRESS, Status.INTERRUPTED, Status.FAILED)

    @property
    def next_step(self) -> str:
        """The first step that is not completed, "" when all are."""
        return self.steps[self.steps_done] if self.steps_done < len(self.steps) else ""


class Changes(TypedDict, total=False):
    """What one event changes of a `RunState`; the fields and their meanings are those there."""

    status: Status
    pipeline: str
    run_id: str
    epoch: int
    seq: int
    attempt: int
    source: str
    fingerprint: str
    steps: tuple[str, ...]
    window: int
    owner: Owner | None
    versions: Mapping[str, str]
    attributes: Mapping[str, Attribute]
    trusted: bool
    suspects: tuple[Suspect, ...]
    steps_done: int
    step: str
    settled: int
    counts: Counts
    step_counts: Counts
    relations: Counts
    dangling: Counts
    digests: Mapping[str, str]
    summary: Mapping[str, Attribute]
    rejected: frozenset[tuple[str, str]]
    error: str
    started_at: datetime | None
    updated_at: datetime | None
    ended_at: datetime | None


def fold(events: Iterable[Recorded]) -> RunState:
    """Return the state of the newest run among `events`, which may arrive in any order.

    Raises:
        CorruptJournal: a gap, other content at a position, or an impossible transition.
    """
    runs = fold_runs(events)
    return runs[-1] if runs else RunState()


def fold_runs(events: Iterable[Recorded]) -> list[RunState]:
    """Return the state of every run, oldest first; one that a newer replaced reads as failed.

    Raises:
        CorruptJournal: a gap, other content at a position, or an impossible transition.
    """
    runs: list[RunState] = []
    for recorded in effective(events):
        if not runs or begins_run(recorded):
            if runs:
                runs[-1] = _superseded(runs[-1], recorded)
            runs.append(RunState())
        _move(runs[-1], transition(runs[-1], recorded))
    return runs


def begins_run(recorded: Recorded) -> bool:
    """Whether the event is the first of a run."""
    return isinstance(recorded.event, Started) and recorded.event.attempt == 1


def evolve(state: RunState, recorded: Recorded) -> RunState:
    """Return the state one event later; `state` itself is never changed.

    Raises:
        CorruptJournal: the event can not follow `state`.
    """
    return replace(state, **transition(state, recorded))


def transition(state: RunState, recorded: Recorded) -> Changes:
    """Return what the event changes of `state`.

    Raises:
        CorruptJournal: the event can not follow `state`.
    """
    if not isinstance(recorded.event, Started):
        _check_same_attempt(state, recorded)
    after: Changes = {"epoch": recorded.epoch, "seq": recorded.seq, "updated_at": recorded.at}

    match state.status, recorded.event:  # most events are checkpoints: they come first
        case Status.IN_PROGRESS, Checkpoint(step=state.step) as event if (
            state.step and event.settled >= state.settled
        ):
            return {**after, "settled": event.settled, "step_counts": event.counts}
        case Status.NOT_STARTED, Started(attempt=1) as event if recorded.seq == 1:
            return {
                **_attempted(after, event),
                "pipeline": recorded.pipeline,
                "run_id": recorded.run_id,
                "source": event.source,
                "fingerprint": event.fingerprint,
                "steps": event.steps,
                "versions": event.versions,
                "attributes": event.attributes,
                "trusted": event.trusted,
                "started_at": recorded.at,
            }
        case (
            (Status.IN_PROGRESS | Status.INTERRUPTED | Status.FAILED),
            Started(fingerprint=state.fingerprint, steps=state.steps) as event,
        ) if _continues(state, recorded, event):
            return _attempted(after, event)
        case Status.IN_PROGRESS, StepStarted(step=state.next_step) if (
            state.next_step and not state.step
        ):
            return {**after, "step": state.next_step}
        case Status.IN_PROGRESS, Rejected(step=state.step) as event if state.step:
            return {**after, "rejected": state.rejected | _keys(event)}
        case Status.IN_PROGRESS, StepCompleted(step=state.step) as event if (
            state.step and event.position == state.steps_done + 1 and event.of == len(state.steps)
        ):
            return _stepped(state, after, event)
        case Status.IN_PROGRESS, Failed() as event:
            return {
                **after,
                "status": Status.FAILED,
                "error": f"{event.error}: {event.message}",
                "ended_at": recorded.at,
            }
        case Status.IN_PROGRESS, Interrupted():
            return {**after, "status": Status.INTERRUPTED, "ended_at": recorded.at}
        case Status.IN_PROGRESS, Completed() as event if not state.step and state.steps_done == len(
            state.steps
        ):
            return {
                **after,
                "status": Status.COMPLETED,
                "counts": event.totals,
                "relations": event.relations,
                "dangling": event.dangling,
                "digests": event.digests,
                "summary": event.summary,
                "suspects": (),
                "ended_at": recorded.at,
            }
        case _:
            raise CorruptJournal(
                f"{_where(recorded)}: {type(recorded.event).__name__} can not follow"
                f" {state.status} at {state.epoch}:{state.seq}"
                f" (step {state.step or state.next_step or 'none'},"
                f" {state.steps_done} of {len(state.steps)} done); {MENDED_BY_HAND}"
            )


def unsettled(state: RunState) -> tuple[Suspect, ...]:
    """Return what the next attempt, of this run or another, inherits as suspect.

    A run that has done all its steps has settled all of its own input. What an earlier one had left
    of another input it could only find: steps that it names so are suspect as a whole. One that is
    unfinished has not looked for that yet, so doubts of another input stay until a run completes.
    """
    named = str(state.summary.get(UNSETTLED, ""))
    found = tuple(
        Suspect(step=step, settled=0, window=0, fingerprint="") for step in named.split(",") if step
    )
    if not state.is_unfinished:
        return found
    open_ones = tuple(suspect for suspect in state.suspects if not _is_done(state, suspect))
    open_ones = (*open_ones, *(suspect for suspect in found if suspect not in open_ones))
    if len(open_ones) > MOST_SUSPECTS:
        open_ones = tuple(dict.fromkeys(_summed_up(state, suspect) for suspect in open_ones))
    if not state.next_step:
        return open_ones
    own = Suspect(
        step=state.next_step,
        settled=state.settled,
        window=state.window,
        fingerprint=state.fingerprint,
    )
    return (*(suspect for suspect in open_ones if not _covers(own, suspect)), own)


def _is_done(state: RunState, suspect: Suspect) -> bool:
    """Whether this unfinished run has settled everything that `suspect` names.

    Of another input it may name what is not in this one, and in the next again.
    """
    if suspect.step not in state.steps or suspect.fingerprint != state.fingerprint:
        return False
    index = state.steps.index(suspect.step)
    if index != state.steps_done:
        return index < state.steps_done
    return suspect.settled + suspect.window <= state.settled


def _summed_up(state: RunState, suspect: Suspect) -> Suspect:
    """Return the doubt as that of a whole step, if it is of another input: it is no less then."""
    if suspect.fingerprint == state.fingerprint:
        return suspect
    return Suspect(step=suspect.step, settled=0, window=0, fingerprint="")


def _covers(newer: Suspect, older: Suspect) -> bool:
    """Whether what is still open of `older`, past `newer.settled`, lies within `newer`."""
    return (newer.step, newer.fingerprint) == (older.step, older.fingerprint) and (
        older.settled + older.window <= newer.settled + newer.window
    )


def _continues(state: RunState, recorded: Recorded, event: Started) -> bool:
    return (
        (recorded.pipeline, recorded.run_id) == (state.pipeline, state.run_id)
        and recorded.seq == 1
        and recorded.epoch > state.epoch
        and event.attempt == state.attempt + 1
    )


def _move(own: RunState, changes: Changes) -> None:
    """Change the state in place. Nobody but the fold that made it has seen it yet."""
    change = object.__setattr__
    for name, value in changes.items():
        change(own, name, value)


def _attempted(after: Changes, event: Started) -> Changes:
    return {
        **after,
        "status": Status.IN_PROGRESS,
        "attempt": event.attempt,
        "window": event.window,
        "owner": event.owner,
        "suspects": event.suspects,
        "step": "",
        "error": "",
        "ended_at": None,
    }


def _stepped(state: RunState, after: Changes, event: StepCompleted) -> Changes:
    return {
        **after,
        "steps_done": event.position,
        "step": "",
        "settled": 0,
        "step_counts": {},
        "counts": _added(state.counts, event.counts),
        "relations": _added(state.relations, event.relations),
        "dangling": _added(state.dangling, event.dangling),
        "digests": {**state.digests, **event.digests},
        "summary": {**state.summary, **event.summary},
    }


def _superseded(state: RunState, by: Recorded) -> RunState:
    if state.status is Status.COMPLETED:
        return state
    return replace(
        state,
        status=Status.FAILED,
        error=f"superseded by run {by.run_id}",
        ended_at=state.ended_at or by.at,
    )


def _check_same_attempt(state: RunState, recorded: Recorded) -> None:
    if (recorded.pipeline, recorded.run_id, recorded.epoch, recorded.seq) != (
        state.pipeline,
        state.run_id,
        state.epoch,
        state.seq + 1,
    ):
        raise CorruptJournal(
            f"{_where(recorded)}: expected run {state.run_id or 'none'} at"
            f" {state.epoch}:{state.seq + 1}, found run {recorded.run_id}; {MENDED_BY_HAND}"
        )


def _where(recorded: Recorded) -> str:
    return f"event {recorded.pipeline}/{recorded.epoch}:{recorded.seq}"


def _keys(event: Rejected) -> frozenset[tuple[str, str]]:
    return frozenset((event.step, record.key) for group in event.groups for record in group.records)


def _added(left: Counts, right: Counts) -> Counts:
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}
