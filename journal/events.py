"""The facts a run leaves behind: a closed union of immutable events.

Knows nothing of encoding, stores, clocks or what the steps load. An event is past tense and
never changed; `Recorded` adds where and when it happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Counts: TypeAlias = Mapping[str, int]
Attribute: TypeAlias = str | int | bool

COMPLETED_FIELDS = frozenset({"totals", "relations", "dangling", "digests"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One process, named so that another can tell whether it still lives.

    `process_started` is the kernel's start time of the pid (clock ticks since boot);
    together with boot and pid namespace it tells a reused pid from the old one. "" where the
    platform does not say.
    """

    id: str
    host: str
    pid: int
    process_started: str
    boot_id: str
    pid_namespace: str
    ttl_seconds: float


# In the summary of a run: the steps, joined by commas, in whose classes objects that its input does
# not have are torn.
UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Records of an attempt that did not complete whose outcome nobody learnt.

    They lie at positions settled <= p < settled + window of `step`, in the order that
    belongs to `fingerprint`; with another input the positions mean nothing and the whole
    step is suspect.
    """

    step: str
    settled: int
    window: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An attempt at a run began under a new epoch.

    `cuts` maps each older epoch that no effective `Started` had cut to the last seq that
    counts there (0: none); later events of those epochs are fenced. `trusted` says that the
    pipeline's previous run completed, so equal content hashes mean equal objects.
    """

    source: str
    fingerprint: str
    steps: tuple[str, ...]
    window: int
    attempt: int
    owner: Owner
    versions: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    cuts: Mapping[int, int] = field(default_factory=dict)
    suspects: tuple[Suspect, ...] = ()
    trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """Work on a step began, or went on in a later attempt."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The first `settled` records of the step's order are acknowledged or rejected."""

    step: str
    settled: int
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRecord:
    """One record that can not be loaded; `key` is its identity within the step."""

    line: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedGroup:
    """Records of one file that were rejected for one reason."""

    file: str
    reason: str
    records: tuple[RejectedRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Records that can not be loaded; precedes the checkpoint that covers them."""

    step: str
    groups: tuple[RejectedGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCompleted:
    """Every record of the step is in the target, or rejected. It is step `position` of `of`.

    `counts` are objects by class, `relations` references by "Class.name", `dangling`
    relations not loaded because an end is missing. `digests` and `summary` are what the step
    wants repeated in `Completed`.
    """

    step: str
    position: int
    of: int
    counts: Counts = field(default_factory=dict)
    relations: Counts = field(default_factory=dict)
    dangling: Counts = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the summary, which `Completed` repeats."""
        _check_summary(self.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt ended with an error; the run can be resumed. `step` is "" between steps."""

    step: str
    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A signal ended the attempt; the run can be resumed."""

    signal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The target equals the input: totals over all steps, and a digest of each class."""

    totals: Counts
    relations: Counts = field(default_factory=dict)
    dangling: Counts = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the summary, which is written beside the other fields."""
        _check_summary(self.summary)


Event: TypeAlias = (
    Started | StepStarted | Checkpoint | Rejected | StepCompleted | Failed | Interrupted | Completed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event at its place: order is (epoch, seq), seq from 1 and dense; `at` is for people."""

    pipeline: str
    run_id: str
    epoch: int
    seq: int
    at: datetime  # UTC, microseconds
    event: Event

    @property
    def position(self) -> tuple[int, int]:
        """Where it stands in the pipeline's order."""
        return (self.epoch, self.seq)


def _check_summary(summary: Mapping[str, Attribute]) -> None:
    for name in COMPLETED_FIELDS & summary.keys():
        raise ValueError(f"a summary can not name {name!r}: `completed` has a field of that name")


def is_terminal(event: Event) -> bool:
    """Whether nothing follows `event` in its epoch, so that the pipeline is free at once."""
    return isinstance(event, Failed | Interrupted | Completed)
