"""How a seed ended, in figures and sentences."""

from dataclasses import dataclass, field

from tests.simulation.dice import Fault

# What the process after the last fault did, and what that says of the seed.
SEED_ENDS = {
    "done, skip": "completed under faults",
    "done, resume": "resumed after the last fault",
    "done, begin": "begun after the last fault",
}
NOT_COMPLETED = "not completed"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How a seed ended; `ends` are those of its processes, in the order of their starts."""

    seed: int
    wrong: list[str]
    fired: dict[Fault, int]
    ends: list[str]
    attempts: int
    runs: int
    requests: int
    fenced: int  # events that do not count
    mended: int  # objects that `verify` wrote
    virtual_seconds: float
    callbacks: int
    digest: str
    trace: list[str] = field(default_factory=list)

    @property
    def end(self) -> str:
        """How the seed itself ended."""
        last = self.ends[-1].partition(": ")[2]
        return NOT_COMPLETED if self.wrong else SEED_ENDS.get(last, NOT_COMPLETED)
