"""What the commands report, as JSON documents: the contract that other tools read.

Pure over run states and what was looked up. Knows no store and no terminal; the keys stand in
docs/cli.md and are tested there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ingest.decision import REPAIR, RESET
from journal.codec import to_timestamp
from journal.events import Counts
from journal.state import RunState, Status

if TYPE_CHECKING:  # numpy comes with it
    from ingest.target import Hit

Document: TypeAlias = dict[str, Any]

UNKNOWN = "unknown"
LOAD = "load"  # what kind of run most are
REPAIRED = "repaired"
KEYS_A_DIFFERENCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseView:
    """Whether a live process owns the pipeline; None where nobody looked.

    `age_seconds` is for display: since the last heartbeat, by the store's own clock.
    """

    held: bool | None = False
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The newest run, who holds it, and where. `error` is set if the store could not be read."""

    pipeline: str
    store: str
    embedder: str
    state: RunState = field(default_factory=RunState)
    lease: LeaseView = field(default_factory=LeaseView)
    error: str = ""

    @property
    def status(self) -> str:
        """The run's status; one in progress without a live owner reads interrupted."""
        if self.error:
            return UNKNOWN
        return shown_status(self.state, is_held=self.lease.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """One class of the target against the input; the keys are some of those that differ.

    `different` objects are there by id, with other content or references. `invisible` ones are
    there too, and a filter or a search does not find them; an object can be both.
    """

    expected: int
    found: int
    missing: int = 0
    extra: int = 0
    different: int = 0
    invisible: int = 0
    missing_keys: Sequence[str] = ()
    extra_keys: Sequence[str] = ()
    different_keys: Sequence[str] = ()
    invisible_keys: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all that must be there is, and can be found. Extra objects are no fault."""
        return not (self.missing or self.different or self.invisible)

    @property
    def indexed(self) -> int:
        """How many objects of the input are there, and found by filters and searches alike."""
        return max(0, self.expected - self.missing - self.invisible)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationReport:
    """How many references of one property there must be, and are."""

    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """What `validate` found. Relations are named "Class.name"."""

    ingestion_status: str
    classes: Mapping[str, ClassReport] = field(default_factory=dict)
    relations: Mapping[str, RelationReport] = field(default_factory=dict)
    errors: Sequence[str] = ()

    @property
    def valid(self) -> bool:
        """Whether a completed run's input is there, whole. Extra objects are no fault."""
        return (
            self.ingestion_status == Status.COMPLETED
            and not self.errors
            and all(found.is_whole for found in self.classes.values())
            and all(self._is_whole(name) for name in self.relations)
        )

    @property
    def skills_indexed(self) -> int:
        """How many of the input's skills a search can find."""
        return self._indexed("Skill")

    @property
    def occupations_indexed(self) -> int:
        """How many of the input's occupations a search can find."""
        return self._indexed("Occupation")

    def _indexed(self, class_name: str) -> int:
        return self.classes[class_name].indexed if class_name in self.classes else 0

    def _is_whole(self, relation: str) -> bool:
        """Whether no reference is missing, and none there that no extra object can hold."""
        counted = self.relations[relation]
        source = self.classes.get(relation.partition(".")[0])
        if source is not None and source.extra:
            return counted.found >= counted.expected
        return counted.found == counted.expected


def shown_status(state: RunState, *, is_held: bool | None) -> str:
    """Return the status as people read it: without a live owner nothing is in progress."""
    if state.status is Status.IN_PROGRESS and is_held is False:
        return Status.INTERRUPTED.value
    return state.status.value


def status_document(report: StatusReport) -> Document:
    """Return the document of `status`."""
    state = report.state
    return {
        "pipeline": report.pipeline,
        "status": report.status,
        "run_id": state.run_id or None,
        "attempt": state.attempt,
        "epoch": state.epoch,
        "step": state.step or None,
        "steps_done": state.steps_done,
        "steps_total": len(state.steps),
        "progress": f"{state.steps_done}/{len(state.steps)}",
        "counts": counts_so_far(state),
        "relations": dict(sorted(state.relations.items())),
        "rejected": len(state.rejected),
        "dangling": sum(state.dangling.values()),
        "extra": state.summary.get("extra", 0),
        "sample": bool(state.attributes.get("sample", False)),
        "error": report.error or state.error or None,
        "owner": {"host": state.owner.host, "pid": state.owner.pid} if state.owner else None,
        "lease": {"held": report.lease.held, "age_seconds": report.lease.age_seconds},
        "started_at": to_timestamp(state.started_at) if state.started_at else None,
        "updated_at": to_timestamp(state.updated_at) if state.updated_at else None,
        "store": report.store,
        "embedder": state.attributes.get("embedder_name", report.embedder),
        "source": state.source or None,
    }


def ingest_document(
    report: StatusReport, *, outcome: str, plan: Mapping[str, int] | None = None
) -> Document:
    """Return the document of `ingest`: that of `status`, and what was done.

    A dry run adds its `plan`: objects by class, relations by "Class.name".
    """
    document = {**status_document(report), "outcome": outcome}
    return document if plan is None else {**document, "plan": dict(plan)}


def run_document(state: RunState, *, is_held: bool | None) -> Document:
    """Return one run of `history`."""
    return {
        "run_id": state.run_id,
        "kind": run_kind(state),
        "status": shown_status(state, is_held=is_held),
        "attempts": state.attempt,
        "started_at": to_timestamp(state.started_at) if state.started_at else None,
        "ended_at": to_timestamp(state.ended_at) if state.ended_at else None,
        "duration_seconds": duration_seconds(state),
        "steps_done": state.steps_done,
        "steps_total": len(state.steps),
        "objects": sum(counts_so_far(state).values()),
        "relations": sum(state.relations.values()),
        "rejected": len(state.rejected),
    }


def validation_document(report: ValidationReport) -> Document:
    """Return the document of `validate`."""
    return {
        "valid": report.valid,
        "ingestion_status": report.ingestion_status,
        "classes": {name: _class_document(found) for name, found in report.classes.items()},
        "relations": {
            name: {"expected": found.expected, "found": found.found}
            for name, found in report.relations.items()
        },
        "skills_indexed": report.skills_indexed,
        "occupations_indexed": report.occupations_indexed,
        "errors": list(report.errors),
    }


def search_document(query: str, hits: Iterable["Hit"]) -> Document:
    """Return the document of `search`."""
    return {
        "query": query,
        "results": [
            {
                "class": hit.class_name,
                "concept_uri": hit.uri,
                "label": hit.label,
                "score": float(hit.score),
            }
            for hit in hits
        ],
    }


def run_kind(state: RunState) -> str:
    """Return what the run is: "load", "repair" or "reset"."""
    return next((kind for kind in (REPAIR, RESET) if state.attributes.get(kind)), LOAD)


def repair_document(report: StatusReport, *, mended: Counts) -> Document:
    """Return the document of `repair`: that of `status`, and how many objects were mended."""
    return {**status_document(report), "outcome": REPAIRED, "mended": dict(sorted(mended.items()))}


def counts_so_far(state: RunState) -> Counts:
    """Return the objects by class, by name, those of the step in progress included."""
    names = sorted({*state.counts, *state.step_counts})
    return {name: state.counts.get(name, 0) + state.step_counts.get(name, 0) for name in names}


def duration_seconds(state: RunState) -> float | None:
    """Return how long the run took, up to its last event if it has not ended."""
    until = state.ended_at or state.updated_at
    if state.started_at is None or until is None:
        return None
    return (until - state.started_at).total_seconds()


def _class_document(found: ClassReport) -> Document:
    return {
        "expected": found.expected,
        "found": found.found,
        "missing": found.missing,
        "extra": found.extra,
        "different": found.different,
        "invisible": found.invisible,
        "missing_keys": list(found.missing_keys)[:KEYS_A_DIFFERENCE],
        "extra_keys": list(found.extra_keys)[:KEYS_A_DIFFERENCE],
        "different_keys": list(found.different_keys)[:KEYS_A_DIFFERENCE],
        "invisible_keys": list(found.invisible_keys)[:KEYS_A_DIFFERENCE],
    }
