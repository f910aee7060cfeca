"""What goes wrong in a seed: kinds of faults, each with a rate and a stream of its own.

Switching one kind off leaves the others as they were, so that a failing seed can be cut down
to the faults that it needs.
"""

from collections import Counter
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """A kind of fault."""

    LOST = "lost before applied"
    UNACKNOWLEDGED = "applied, acknowledgement lost"
    LATE = "applied late"
    CUT = "applied in part, torn"
    DUPLICATED = "duplicated"
    ERRORED = "errored, stored or not"
    SLOW = "slow"
    STALE = "stale read"
    GAP = "gap in a listing"
    CLOCK = "wall clock jumped"
    STOPPED = "process stopped"
    KILLED = "process killed"
    INTERRUPTED = "process asked to stop"
    PARTED = "journal out of reach"
    SERVER_KILLED = "server killed"
    READ_ONLY = "server read-only"
    CONTENDED = "several processes"
    CHANGED = "input changed"
    RESTARTED = "begun anew"
    DROPPED = "classes dropped first"


# Chances per opportunity (a request, a look, a process's life), lowest and highest.
RATES: dict[Fault, tuple[float, float]] = {
    Fault.LOST: (0.005, 0.1),
    Fault.UNACKNOWLEDGED: (0.005, 0.1),
    Fault.LATE: (0.005, 0.1),
    Fault.CUT: (0.01, 0.2),
    Fault.DUPLICATED: (0.01, 0.2),
    Fault.ERRORED: (0.01, 0.1),
    Fault.SLOW: (0.005, 0.05),
    Fault.STALE: (0.02, 0.4),
    Fault.GAP: (0.05, 0.5),
    Fault.CLOCK: (0.005, 0.05),
    Fault.STOPPED: (0.2, 0.8),
    Fault.KILLED: (0.3, 1.0),
    Fault.INTERRUPTED: (0.1, 0.5),
    Fault.PARTED: (0.2, 0.8),
    Fault.SERVER_KILLED: (0.1, 0.5),
    Fault.READ_ONLY: (0.1, 0.4),
    Fault.CONTENDED: (0.5, 1.0),
    Fault.CHANGED: (0.3, 1.0),
    Fault.RESTARTED: (0.1, 0.5),
    Fault.DROPPED: (0.5, 1.0),
}
SHARE_ENABLED = 0.35
SHARES = dict.fromkeys((Fault.STOPPED, Fault.KILLED, Fault.INTERRUPTED, Fault.CONTENDED), 0.5)


class Dice:
    """The faults of one seed. `off` are switched off; `caps` bounds how often a kind fires."""

    def __init__(
        self,
        seed: int,
        *,
        off: frozenset[Fault] = frozenset(),
        caps: dict[Fault, int] | None = None,
    ) -> None:
        self.fired: Counter[Fault] = Counter()
        self.is_quiet = False
        self._caps = caps or {}
        self._streams = {kind: Random(f"{seed}/{kind.name}") for kind in Fault}
        self.rates: dict[Fault, float] = {}
        for kind in Fault:
            stream = self._streams[kind]
            is_enabled = stream.random() < SHARES.get(kind, SHARE_ENABLED)
            low, high = RATES[kind]
            rate = low * (high / low) ** stream.random()
            if is_enabled and kind not in off:
                self.rates[kind] = rate

    def fires(self, kind: Fault) -> bool:
        """Whether it happens now."""
        rate = self.rates.get(kind)
        if rate is None or self.is_quiet or self._streams[kind].random() >= rate:
            return False
        if self.fired[kind] >= self._caps.get(kind, 1 << 30):
            return False
        self.fired[kind] += 1
        return True

    def between(self, kind: Fault, low: float, high: float) -> float:
        """Return a number from the kind's own stream."""
        return self._streams[kind].uniform(low, high)

    def whole(self, kind: Fault, low: int, high: int) -> int:
        """Return a whole number, ends included, from the kind's own stream."""
        return self._streams[kind].randint(low, high)
