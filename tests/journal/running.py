"""Running a load on virtual time, and reading what it wrote."""

from journal import Recorded, Report, Store, execute, read_history
from journal.codec import event_name
from journal.events import Checkpoint, StepCompleted, StepStarted
from tests.journal.pipelines import Load
from tests.journal.virtual_time import virtual_clock


async def run(load: Load, store: Store, **options: object) -> Report:
    """Execute the load's pipeline, with `execute`'s own options."""
    return await execute(load.pipeline(), store, **{"clock": virtual_clock(), **options})  # type: ignore[arg-type]


async def events_of(store: Store) -> list[Recorded]:
    """Return all events, in order."""
    return (await read_history(store, "esco"))[0]


def names(events: list[Recorded]) -> list[str]:
    """Return what a person would call the events; a checkpoint is its position."""
    return [_name(recorded) for recorded in events]


def _name(recorded: Recorded) -> str:
    match recorded.event:
        case Checkpoint(settled=settled):
            return str(settled)
        case StepStarted(step=step) | StepCompleted(step=step):
            return f"{event_name(recorded.event)} {step}"
        case event:
            return event_name(event)
