"""What many seeds came to: how often each fault fired, how each process ended, what was wrong.

An idle seed, one in which no fault fired, is counted: a run that is mostly idle says nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.dice import Fault
from tests.simulation.outcome import Outcome


@dataclass(slots=True)
class Tally:
    """Sums over outcomes."""

    seeds: int = 0
    idle: int = 0
    failed: list[int] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)
    seeds_with: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)  # of processes
    seed_ends: Counter[str] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
    fenced: int = 0  # seeds with events that do not count
    requests: int = 0
    virtual_seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one seed."""
        self.seeds += 1
        self.idle += not outcome.fired
        self.fenced += bool(outcome.fenced)
        self.requests += outcome.requests
        self.virtual_seconds += outcome.virtual_seconds
        self.attempts[outcome.attempts] += 1
        for kind, times in outcome.fired.items():
            self.fired[kind.value] += times
            self.seeds_with[kind.value] += 1
        self.seed_ends[outcome.end] += 1
        for end in outcome.ends:
            self.ends[end.partition(": ")[2].partition(":")[0] or "killed"] += 1
        if outcome.wrong:
            self.failed.append(outcome.seed)

    def merge(self, other: "Tally") -> None:
        """Add what another process counted."""
        self.seeds += other.seeds
        self.idle += other.idle
        self.failed += other.failed
        self.fenced += other.fenced
        self.requests += other.requests
        self.virtual_seconds += other.virtual_seconds
        for mine, theirs in (
            (self.fired, other.fired),
            (self.seeds_with, other.seeds_with),
            (self.ends, other.ends),
            (self.seed_ends, other.seed_ends),
        ):
            mine.update(theirs)
        self.attempts.update(other.attempts)

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        yield (
            f"{self.seeds} seeds, {len(self.failed)} failed, {self.idle} idle,"
            f" {self.fenced} with fenced events;"
            f" {self.requests} requests, {self.virtual_seconds / 3600:.1f} simulated hours"
        )
        yield "faults (fired, in seeds):"
        for kind in Fault:
            yield f"  {kind.value:32}{self.fired[kind.value]:10}{self.seeds_with[kind.value]:10}"
        yield "how seeds ended:"
        for end, times in self.seed_ends.most_common():
            yield f"  {end:32}{times:10}"
        yield "how processes ended:"
        for end, times in self.ends.most_common():
            yield f"  {end:32}{times:10}"
        yield "epochs with events:"
        for attempts, times in sorted(self.attempts.items()):
            yield f"  {attempts:<32}{times:10}"
