"""Exit codes: the one table from remedies to numbers."""

from ingest.records import InputError
from journal.errors import (
    CorruptJournal,
    JournalError,
    LeaseHeld,
    LeaseLost,
    PlanChanged,
    StepFailed,
    Stopped,
    StoreRefused,
    StoreUnavailable,
)

OK = 0
FAILED = 1
UNUSABLE = 2
TOO_MANY_REJECTED = 3
DIFFERENT = 4
UNREACHABLE = 69
NOT_OURS = 75
SIGNALLED = 128  # plus the signal's number
READER_GONE = 141  # what a shell reports of a program that SIGPIPE ended

# `status --exit-code`
IS_COMPLETED = 0
IS_IN_PROGRESS = 1
NEEDS_INGESTION = 2

CODES: dict[type[JournalError], int] = {
    CorruptJournal: FAILED,
    StepFailed: FAILED,
    InputError: UNUSABLE,
    PlanChanged: UNUSABLE,
    StoreRefused: UNUSABLE,
    StoreUnavailable: UNREACHABLE,
    LeaseHeld: NOT_OURS,
    LeaseLost: NOT_OURS,
}


def exit_code(error: JournalError) -> int:
    """Return the code of the error's class, or of the nearest class it derives from."""
    if isinstance(error, Stopped):
        return SIGNALLED + error.signal
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), FAILED)
