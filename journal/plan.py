"""What a run is to do: a pipeline of named steps, and what they give back.

Knows nothing of stores or of how a step loads its records.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from journal.errors import PlanChanged
from journal.events import Attribute, Counts
from journal.state import RunState, Status

if TYPE_CHECKING:
    from journal.step import StepRun

NAME = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step did; the fields are those of `StepCompleted`.

    `summary["unsettled"]` is the journal's own: steps, joined by commas, that the next run has to
    write twice.
    """

    counts: Counts = field(default_factory=dict)
    relations: Counts = field(default_factory=dict)
    dangling: Counts = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A named part of a run: idempotent, its records in an order that the input decides.

    `is_wide`: it may write records of other steps too. When it dies nobody knows of which, so
    that the next run has every record in doubt.
    """

    name: str
    apply: "Callable[[StepRun], Awaitable[StepResult | None]]"
    is_wide: bool = False


async def _nothing() -> None:
    """Do nothing: for pipelines whose target keeps no connection."""


async def _unfenced(epoch: int) -> None:
    """Do nothing: for targets that can not check the epoch of a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A named list of steps over one input.

    `fingerprint` tells inputs apart: a run is resumed only with its own. `window` bounds, in
    records, how far senders run past the last checkpoint. `own` is told the epoch before
    anything is sent; `disconnect` closes the data connections when a request is left
    unanswered, so that none is on its way when the run says how it ended.
    """

    name: str
    fingerprint: str
    steps: tuple[Step, ...]
    source: str = ""
    window: int = 4096
    versions: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    own: Callable[[int], Awaitable[None]] = _unfenced
    disconnect: Callable[[], Awaitable[None]] = _nothing

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            ValueError: the name is not [a-z0-9]+, or two steps share one.
        """
        if not NAME.fullmatch(self.name):
            raise ValueError(f"pipeline name {self.name!r} is not of [a-z0-9]+")
        if not self.steps or len(set(self.step_names)) != len(self.steps):
            raise ValueError(f"pipeline {self.name}: steps must be there, with distinct names")

    @property
    def step_names(self) -> tuple[str, ...]:
        """The steps' names, in order."""
        return tuple(step.name for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A pipeline whose input is still being read while its lease is won.

    `pipeline` is awaited under the lease, once it is decided that there is work, and before
    `started`; after an expired lease again. What it raises leaves nothing in the journal.
    """

    name: str
    fingerprint: str
    pipeline: Callable[[], Awaitable[Pipeline]]


class Choice(Enum):
    """What to do with what the journal says."""

    SKIP = "skip"
    RESUME = "resume"
    BEGIN = "begin"


def resume_or_begin(state: RunState, fingerprint: str) -> Choice:
    """Skip what is completed with this input, resume what is not, begin anew for another."""
    if state.fingerprint != fingerprint or state.status is Status.NOT_STARTED:
        return Choice.BEGIN
    return Choice.SKIP if state.status is Status.COMPLETED else Choice.RESUME


def check_resumable(state: RunState, pipeline: Pipeline) -> None:
    """Raise unless `pipeline` can go on with the run of `state`.

    Raises:
        PlanChanged: the run has another input or other steps, or is over.
    """
    if not state.is_unfinished:
        raise PlanChanged(f"{pipeline.name}: there is no unfinished run to resume")
    if (state.fingerprint, state.steps) != (pipeline.fingerprint, pipeline.step_names):
        raise PlanChanged(
            f"{pipeline.name}: run {state.run_id} was begun with another input"
            f" ({state.source}); resume it with that one, or begin a new run with --restart"
        )
