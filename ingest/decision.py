"""What `ingest` does with what it finds: the decision table, as one pure function.

Knows the journal's state and what was looked up for it; does no looking up itself. Who holds
the lease is no part of it: decisions are made under the lease, or again under it.
"""

from dataclasses import dataclass
from enum import Enum

from ingest.records import InputError
from journal.plan import Choice
from journal.state import RunState, Status

RAN = "ran"
RESUMED = "resumed"
ALREADY_COMPLETED = "already_completed"
SKIPPED_OTHER_INPUT = "skipped_other_input"
SKIPPED_EXISTING_DATA = "skipped_existing_data"
WAITED = "waited"
DRY_RUN = "dry_run"

RESET = "reset"  # the attribute of a run that drops what the pipeline owns
REPAIR = "repair"  # the attribute of a run that mends what a completed one left


class Mode(Enum):
    """What the person asked for."""

    AUTO = "auto"
    RESUME = "resume"
    RESTART = "restart"
    FORCE = "force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is there, and what is to be brought there.

    `state` is the newest run's. `fingerprint`, `is_sample` and `embedder` (its fingerprint)
    are of the input at hand; `last_is_sample` tells whether the newest run's was a sample.
    `has_objects` is looked at only where there is no journal.
    """

    state: RunState
    fingerprint: str
    embedder: str
    is_sample: bool = False
    last_is_sample: bool = False
    has_objects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, what to call it, and what to say.

    Where `asks` holds a question, a person at a terminal may be asked it; on "yes" decide
    again with `Mode.FORCE`. `drops_first` says that the new run begins by dropping the
    pipeline's classes.
    """

    choice: Choice
    outcome: str
    asks: str | None = None
    message: str = ""
    drops_first: bool = False


def decide(situation: Situation, mode: Mode) -> Decision:
    """Return what `ingest` does.

    Raises:
        InputError: what was asked for can not be done with this input.
    """
    state = situation.state
    is_same = state.fingerprint == situation.fingerprint
    if mode is Mode.FORCE:
        return _begin(situation)
    if state.is_unfinished and state.attributes.get(RESET):
        return _begin(situation, "a reset that was cut short is finished first")
    if state.status is Status.NOT_STARTED:
        return _existing_data() if situation.has_objects else _begin(situation)
    if state.status is Status.COMPLETED and is_same:
        return _already_completed()
    if is_same and is_unfinished_repair(state):
        return _begin(
            situation,
            "a repair was cut short: everything is loaded anew, by a new run"
            " (varity-journal repair goes on with the repair instead)",
        )
    if is_unfinished_repair(state) and not _replaces_sample(situation):
        _check_embedder(situation)
        return _other_input(state)  # as for the completed load that it was to mend
    if state.is_unfinished and is_same:
        return _begin(situation, _replaces(state)) if mode is Mode.RESTART else _resume(state)
    if state.is_unfinished and mode is Mode.RESUME:
        raise InputError(
            f"run {state.run_id} was begun with another input ({state.source}); resume it with"
            " that one, or begin a new run with --restart"
        )
    if _replaces_sample(situation):
        return _begin(situation, "the sample that is there is dropped first")
    _check_embedder(situation)
    if state.is_unfinished:
        return _begin(situation, f"the input is another one: {_replaces(state)}")
    return _other_input(state)


def is_unfinished_repair(state: RunState) -> bool:
    """Whether the newest run is a repair that did not come to its end."""
    return state.is_unfinished and bool(state.attributes.get(REPAIR))


def _begin(situation: Situation, message: str = "") -> Decision:
    drops_first = (
        _replaces_sample(situation) or _is_other_embedder(situation) or _owes_drop(situation.state)
    )
    return Decision(choice=Choice.BEGIN, outcome=RAN, message=message, drops_first=drops_first)


def _resume(state: RunState) -> Decision:
    return Decision(
        choice=Choice.RESUME,
        outcome=RESUMED,
        message=f"run {state.run_id} goes on after {state.steps_done} of {len(state.steps)} steps",
    )


def _already_completed() -> Decision:
    return Decision(
        choice=Choice.SKIP,
        outcome=ALREADY_COMPLETED,
        message="this input is loaded already; to load it again: --force-reingest",
    )


def _other_input(state: RunState) -> Decision:
    return Decision(
        choice=Choice.SKIP,
        outcome=SKIPPED_OTHER_INPUT,
        asks=f"Another input is loaded already ({state.source}). Re-ingest?",
        message=f"skipped: another input is loaded already ({state.source});"
        " to replace it: --force-reingest",
    )


def _existing_data() -> Decision:
    return Decision(
        choice=Choice.SKIP,
        outcome=SKIPPED_EXISTING_DATA,
        asks="There are objects in the classes, but no journal says what they are. Re-ingest?",
        message="skipped: there are objects in the classes, but no journal says what they are;"
        " to write over them: --force-reingest, to drop them: varity-journal reset",
    )


def _replaces(state: RunState) -> str:
    return f"a new run replaces run {state.run_id}, which is {state.status}"


def _replaces_sample(situation: Situation) -> bool:
    """Whether real data come where a sample, loaded or half loaded, is."""
    is_there = situation.state.status is not Status.NOT_STARTED
    return is_there and situation.last_is_sample and not situation.is_sample


def _is_other_embedder(situation: Situation) -> bool:
    filled_by = situation.state.attributes.get("embedder")
    return filled_by is not None and filled_by != situation.embedder


def _owes_drop(state: RunState) -> bool:
    """Whether the newest run was to drop the classes first and may not have done so."""
    return (
        state.is_unfinished and bool(state.attributes.get("drops_first")) and not state.steps_done
    )


def _check_embedder(situation: Situation) -> None:
    """Raise if vectors of two embedders would lie side by side.

    Raises:
        InputError: they would.
    """
    if _is_other_embedder(situation):
        attributes = situation.state.attributes
        name = attributes.get("embedder_name", attributes["embedder"])
        raise InputError(
            f"the target is filled by the embedder {name}; load with that one (--embedder), or"
            " let --force-reingest embed everything anew"
        )
