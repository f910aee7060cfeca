"""Every error a caller may want to act on: one base, one class per remedy.

Knows nothing of stores or drivers: adapters translate foreign errors once, `from error`.
Messages are one sentence (subject, expectation, finding, what to do) and carry neither
secrets nor record content.
"""


class JournalError(Exception):
    """Base of every foreseeable failure. Anything else is a bug and keeps its traceback."""


class CorruptJournal(JournalError):
    """The log holds what no run can have written. Remedy: a human looks."""


MENDED_BY_HAND = (
    "restore the journal, or erase it with `varity-journal reset --journal` and load again"
)


class UnsupportedEvent(CorruptJournal):
    """The log was written by a newer version. Remedy: upgrade this program."""


class StoreUnavailable(JournalError):
    """The store can not be reached or does not answer in time. Remedy: resume later."""


class StoreRefused(JournalError):
    """The store answers, and refuses: credentials, rights, a class of another shape.

    Remedy: change the configuration or the store; trying again changes nothing.
    """


class LeaseHeld(JournalError):
    """Another process owns the pipeline. Remedy: wait for it."""


class LeaseLost(JournalError):
    """This process no longer owns the pipeline. Remedy: stop; the new owner goes on."""


class LeaseExpired(LeaseLost):
    """The lease ran out before a heartbeat was confirmed. Remedy: claim the next epoch."""


class PlanChanged(JournalError):
    """The run to resume was begun with another input. Remedy: restart as a new run."""


class Stopped(JournalError):
    """A signal asked the run to stop; it is resumable. Remedy: resume.

    `signal` is the number of the signal (2 SIGINT, 15 SIGTERM).
    """

    def __init__(self, signal: int) -> None:
        super().__init__(
            f"stopped by signal {signal}; resume with `varity-journal ingest --resume`"
        )
        self.signal = signal


class StepFailed(JournalError):
    """A step could not bring its part of the target to the input. Remedy: see its message."""


def leading(error: BaseException) -> BaseException:
    """Return the error that speaks for a group: its first `JournalError`, else its first leaf.

    Task groups wrap what their children raise; our callers act on one remedy.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [leading(child) for child in error.exceptions]
    return next((leaf for leaf in leaves if isinstance(leaf, JournalError)), leaves[0])
