"""How a seed ended, in figures and sentences."""

from dataclasses import dataclass, field

from tests.simulation.dice import Fault


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How a seed ended."""

    seed: int
    wrong: list[str]
    fired: dict[Fault, int]
    ends: list[str]
    attempts: int
    runs: int
    requests: int
    mended: int  # objects that `verify` wrote
    virtual_seconds: float
    callbacks: int
    digest: str
    trace: list[str] = field(default_factory=list)
