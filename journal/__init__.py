"""An event-sourced ingestion journal: any async load, resumable, owned by one process.

The public face. A `Pipeline` names its steps; `execute` runs them under a lease, records each
as an immutable event in a `Store`, and goes on where an earlier attempt stopped; the status
is `fold` over the events.
"""

from journal.attempt import Settings
from journal.errors import (
    CorruptJournal,
    JournalError,
    LeaseExpired,
    LeaseHeld,
    LeaseLost,
    PlanChanged,
    StepFailed,
    Stopped,
    StoreRefused,
    StoreUnavailable,
    UnsupportedEvent,
)
from journal.events import UNSETTLED, Recorded
from journal.log import read_history, read_runs, read_state
from journal.plan import Choice, Pipeline, Promised, Step, StepResult, resume_or_begin
from journal.runner import Report, execute
from journal.state import RunState, Status, fold, fold_runs
from journal.step import Progress, RejectedFact, StepRun, StopSwitch
from journal.store import Store
from journal.stores import open_store

__all__ = [
    "UNSETTLED",
    "Choice",
    "CorruptJournal",
    "JournalError",
    "LeaseExpired",
    "LeaseHeld",
    "LeaseLost",
    "Pipeline",
    "PlanChanged",
    "Progress",
    "Promised",
    "Recorded",
    "RejectedFact",
    "Report",
    "RunState",
    "Settings",
    "Status",
    "Step",
    "StepFailed",
    "StepResult",
    "StepRun",
    "StopSwitch",
    "Stopped",
    "Store",
    "StoreRefused",
    "StoreUnavailable",
    "UnsupportedEvent",
    "execute",
    "fold",
    "fold_runs",
    "open_store",
    "read_history",
    "read_runs",
    "read_state",
    "resume_or_begin",
]
