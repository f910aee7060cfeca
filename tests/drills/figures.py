"""What a drill has counted: the one JSON line that it prints.

Knows numbers and sentences only. Everything in `HARM` must be 0.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any

HARM = (
    "lost",  # objects that are not there
    "duplicated",  # objects that share their address with another one
    "extra",  # objects that no input has
    "different",  # objects whose properties or vector differ
    "reference_differences",  # objects whose reference lists differ
    "invisible_by_id",
    "invisible_by_filter",
    "invisible_by_vector",
    "overlapping_owners",
    "steps_begun_again",
)


@dataclass(slots=True, kw_only=True)
class Figures:
    """The sums over all rounds. `counts` and `seconds` are the drill's own."""

    drill: str
    seed: int
    data: str
    objects: int = 0
    rounds: int = 0
    idle: int = 0  # rounds in which what was to go wrong did not come about; they show nothing
    harm: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)  # in what words loads gave up
    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    took_seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was harmed, every round went as it must, and some were not idle."""
        has_shown = self.rounds > self.idle
        return has_shown and not self.failures and not any(self.harm[name] for name in HARM)

    def took(self, what: str, seconds: float) -> None:
        """Note one duration."""
        self.seconds.setdefault(what, []).append(seconds)

    def line(self) -> str:
        """Return the JSON line."""
        said: dict[str, Any] = {
            "drill": self.drill,
            "is_clean": self.is_clean,
            "rounds": self.rounds,
            "idle": self.idle,
            "seed": self.seed,
            "data": self.data,
            "objects": self.objects,
            **{name: self.harm[name] for name in HARM},
            **dict(sorted(self.counts.items())),
            **{f"{what}_seconds": _spread(all_of) for what, all_of in self.seconds.items()},
            "ends": dict(self.ends),
            "took_seconds": round(self.took_seconds),
            "failures": self.failures,
        }
        return json.dumps(said)


def _spread(seconds: list[float]) -> dict[str, float]:
    return {
        "least": round(min(seconds), 2),
        "median": round(median(seconds), 2),
        "most": round(max(seconds), 2),
        "times": len(seconds),
    }
