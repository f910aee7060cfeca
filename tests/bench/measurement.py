"""What one run of one program took, and the spread of several such runs.

Pure: values only. Every figure of a page comes from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run. `said` is what the program itself printed: clocks of its own, and counts.

    `server_cpu_seconds` is None where there is no server; `load_before` is the machine's load
    average of the last minute, which says how quiet it was.
    """

    part: str
    scenario: str
    act: str
    round: int
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    load_before: float
    server_cpu_seconds: float | None = None
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def working_seconds(self) -> float:
        """The wall time without what a resume waits until it may take over."""
        return self.wall_seconds - float(self.said.get("takeover_seconds", 0))

    @property
    def whole_load_seconds(self) -> float | None:
        """All of a load, reading and classes included of who tells it so."""
        whole = self.said.get("cold_seconds", self.said.get("load_seconds"))
        return None if whole is None else float(whole)

    @property
    def cpu_per_1000_objects_seconds(self) -> float | None:
        """What our side computed for a thousand objects, start of the interpreter included."""
        objects = self.said.get("objects")
        return 1000 * self.cpu_seconds / objects if objects else None

    def figure(self, name: str) -> float | None:
        """Return a figure by its name, the process's own or one that it said."""
        value = self.said[name] if name in self.said else getattr(self, name, None)
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of some figures, and the least and the most of them."""

    median: float
    least: float
    most: float
    times: int


def spread(figures: Sequence[float]) -> Spread | None:
    """Return the spread; None of nothing."""
    if not figures:
        return None
    return Spread(median=median(figures), least=min(figures), most=max(figures), times=len(figures))


def to_document(measured: Measurement) -> dict[str, Any]:
    """Return the measurement as JSON has it."""
    return asdict(measured)


def from_document(document: Mapping[str, Any]) -> Measurement:
    """Return the measurement of a document."""
    return Measurement(**document)
