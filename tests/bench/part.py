"""What a part of the bench consists of, and how it finds its figures in a result.

Pure. A part names what it runs, what it shows and what is to be reached.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.bench.ground import Ground
from tests.bench.measurement import Measurement, Spread, spread
from tests.bench.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All measurements of one run. `findings` are what parts made of what was said, by part."""

    measurements: Sequence[Measurement]
    findings: Mapping[str, Any] = field(default_factory=dict)

    def scenarios(self, pattern: str) -> list[str]:
        """Return the names of the scenarios that the pattern fits, in order of their first run."""
        names = dict.fromkeys(one.scenario for one in self.measurements)
        return [name for name in names if fnmatchcase(name, pattern)]

    def rounds(self, scenario: str, act: str, figure: str) -> dict[int, float]:
        """Return a figure of one act, by round; "a + b" sums that of both."""
        parts = [self._rounds(scenario, one, figure) for one in act.split(" + ")]
        shared = set.intersection(*(set(part) for part in parts))
        return {number: sum(part[number] for part in parts) for number in sorted(shared)}

    def _rounds(self, scenario: str, act: str, figure: str) -> dict[int, float]:
        return {
            one.round: value
            for one in self.measurements
            if (one.scenario, one.act) == (scenario, act)
            and (value := one.figure(figure)) is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One figure of one act, over the rounds; `scenario` is a pattern, its best one counts."""

    scenario: str
    act: str
    figure: str = "wall_seconds"

    def rounds(self, result: Result) -> dict[int, float]:
        """Return the figure by round, of the fitting scenario with the least median."""
        fitting = [
            found
            for name in result.scenarios(self.scenario)
            if (found := result.rounds(name, self.act, self.figure))
        ]
        return min(fitting, key=_median, default={})

    def spread(self, result: Result) -> Spread | None:
        """Return the spread over the rounds."""
        return spread(list(self.rounds(result).values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure that is to be reached: that of `over`, or its ratio to `under`, round by round."""

    name: str
    over: Series
    under: Series | None = None
    limit: float | None = None
    is_at_most: bool = True
    unit: str = "x"

    def spread(self, result: Result) -> Spread | None:
        """Return the spread of the ratio, or of the figure itself."""
        over = self.over.rounds(result)
        if self.under is None:
            return spread(list(over.values()))
        under = self.under.rounds(result)
        shared = sorted(over.keys() & under.keys())
        return spread([over[number] / under[number] for number in shared if under[number]])

    def is_reached(self, found: Spread) -> bool | None:
        """Whether the median keeps the limit; None where nothing is asked for."""
        if self.limit is None:
            return None
        return found.median <= self.limit if self.is_at_most else found.median >= self.limit


Shown = tuple[str, str]  # the pattern of a scenario, an act


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars of one figure: (scenario pattern, act) each; the title says what is shown.

    Of the scenarios that a pattern fits the best is shown, or, with `shows_all`, each.
    `compares` are the pairs of which the sentence beneath it tells, the first against the second.
    """

    name: str
    title: str
    figure: str
    unit: str
    bars: Sequence[Shown]
    shows_all: bool = False
    compares: Sequence[tuple[Shown, Shown]] = ()


Finding = Callable[[Sequence[Measurement]], Mapping[str, Any]]


def _no_findings(_: Sequence[Measurement]) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that is measured. Parts of one `group` are interleaved with each other.

    `figures` are the columns of its table beside time and memory; `finds` boils down what was
    said at length, which is then left out of the result.
    """

    name: str
    says: str
    scenarios: Callable[[Ground], Sequence[Scenario]]
    group: str = ""
    figures: Sequence[str] = ()
    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = ()
    finds: Finding = _no_findings
    takes_at_length: Sequence[str] = ()


def _median(rounds: Mapping[int, float]) -> float:
    found = spread(list(rounds.values()))
    return found.median if found else float("inf")
