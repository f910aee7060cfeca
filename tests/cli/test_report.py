"""The JSON documents, key by key: other tools are written against them."""

from dataclasses import replace
from uuid import UUID

import orjson
import pytest

from ingest.report import (
    ClassReport,
    LeaseView,
    RelationReport,
    StatusReport,
    ValidationReport,
    ingest_document,
    run_document,
    search_document,
    status_document,
    validation_document,
)
from ingest.target import Hit
from journal.state import RunState, fold
from tests.cli.builders import (
    RUN,
    SKILLS_CHECKPOINT,
    SKILLS_REJECTED,
    SKILLS_STARTED,
    WHOLE_RUN,
    history,
    started,
)

COMPLETED = fold(history(*WHOLE_RUN))
UNDERWAY = fold(history(started(), SKILLS_STARTED, SKILLS_REJECTED, SKILLS_CHECKPOINT))


def report(state: RunState, lease: LeaseView | None = None, error: str = "") -> StatusReport:
    return StatusReport(
        pipeline="esco",
        store="sqlite:///varity.db",
        embedder="local",
        state=state,
        lease=lease or LeaseView(),
        error=error,
    )


def test_status_of_a_completed_run() -> None:
    assert status_document(report(COMPLETED)) == {
        "pipeline": "esco",
        "status": "completed",
        "run_id": RUN,
        "attempt": 1,
        "epoch": 1,
        "step": None,
        "steps_done": 2,
        "steps_total": 2,
        "progress": "2/2",
        "counts": {"Skill": 4},
        "relations": {"Skill.broaderSkill": 3},
        "rejected": 1,
        "dangling": 1,
        "extra": 5,
        "sample": False,
        "error": None,
        "owner": {"host": "loader", "pid": 4711},
        "lease": {"held": False, "age_seconds": None},
        "started_at": "2026-03-04T12:00:00.000000Z",
        "updated_at": "2026-03-04T12:00:07.000000Z",
        "store": "sqlite:///varity.db",
        "embedder": "hashing",
        "source": "esco-small-en.zip",
    }


def test_status_of_a_run_in_progress_counts_the_step_in_progress() -> None:
    document = status_document(report(UNDERWAY, LeaseView(held=True, age_seconds=1.5)))
    chosen = ("status", "step", "progress", "counts", "rejected", "lease")
    assert {key: document[key] for key in chosen} == {
        "status": "in_progress",
        "step": "skills",
        "progress": "0/2",
        "counts": {"Skill": 2},
        "rejected": 1,
        "lease": {"held": True, "age_seconds": 1.5},
    }


def test_in_progress_without_a_live_lease_reads_interrupted() -> None:
    assert status_document(report(UNDERWAY, LeaseView(held=False)))["status"] == "interrupted"


def test_status_before_the_first_run_says_not_started_and_nulls() -> None:
    assert status_document(report(RunState())) == {
        "pipeline": "esco",
        "status": "not_started",
        "run_id": None,
        "attempt": 0,
        "epoch": 0,
        "step": None,
        "steps_done": 0,
        "steps_total": 0,
        "progress": "0/0",
        "counts": {},
        "relations": {},
        "rejected": 0,
        "dangling": 0,
        "extra": 0,
        "sample": False,
        "error": None,
        "owner": None,
        "lease": {"held": False, "age_seconds": None},
        "started_at": None,
        "updated_at": None,
        "store": "sqlite:///varity.db",
        "embedder": "local",
        "source": None,
    }


def test_a_store_that_can_not_be_read_reads_unknown_with_the_error() -> None:
    document = status_document(report(RunState(), error="no answer"))
    assert (document["status"], document["error"]) == ("unknown", "no answer")


def test_ingest_adds_its_outcome_and_a_dry_run_its_plan() -> None:
    status = status_document(report(COMPLETED))
    assert ingest_document(report(COMPLETED), outcome="ran") == {**status, "outcome": "ran"}
    planned = ingest_document(report(COMPLETED), outcome="dry_run", plan={"Skill": 4})
    assert planned == {**status, "outcome": "dry_run", "plan": {"Skill": 4}}


def test_one_run_of_the_history() -> None:
    assert run_document(COMPLETED, is_held=None) == {
        "run_id": RUN,
        "kind": "load",
        "status": "completed",
        "attempts": 1,
        "started_at": "2026-03-04T12:00:00.000000Z",
        "ended_at": "2026-03-04T12:00:07.000000Z",
        "duration_seconds": 7.0,
        "steps_done": 2,
        "steps_total": 2,
        "objects": 4,
        "relations": 3,
        "rejected": 1,
    }


def test_a_run_that_has_not_ended_lasts_until_its_last_event() -> None:
    document = run_document(UNDERWAY, is_held=True)
    assert (document["ended_at"], document["duration_seconds"]) == (None, 3.0)


SOUND = ValidationReport(
    ingestion_status="completed",
    classes={
        "Skill": ClassReport(expected=4, found=4),
        "Occupation": ClassReport(expected=2, found=2),
    },
    relations={"Skill.broaderSkill": RelationReport(expected=3, found=3)},
)


def test_validation_of_a_sound_target() -> None:
    kinds = ("missing", "extra", "different", "invisible")
    nothing = dict.fromkeys(kinds, 0)
    keys: dict[str, list[str]] = {f"{kind}_keys": [] for kind in kinds}
    assert validation_document(SOUND) == {
        "valid": True,
        "ingestion_status": "completed",
        "classes": {
            "Skill": {"expected": 4, "found": 4, **nothing, **keys},
            "Occupation": {"expected": 2, "found": 2, **nothing, **keys},
        },
        "relations": {"Skill.broaderSkill": {"expected": 3, "found": 3}},
        "skills_indexed": 4,
        "occupations_indexed": 2,
        "errors": [],
    }


@pytest.mark.parametrize(
    ("skill", "references", "valid"),
    [
        (ClassReport(expected=4, found=4), 3, True),
        (ClassReport(expected=4, found=3, missing=1), 3, False),
        (ClassReport(expected=4, found=4, different=1), 3, False),
        (ClassReport(expected=4, found=4, invisible=1), 3, False),
        (ClassReport(expected=4, found=5, extra=1), 3, True),
        (ClassReport(expected=4, found=5, extra=1), 4, True),
        (ClassReport(expected=4, found=5, extra=1), 2, False),
        (ClassReport(expected=4, found=4), 2, False),
        (ClassReport(expected=4, found=4), 6, False),
    ],
)
def test_only_extra_objects_and_their_references_are_no_faults(
    skill: ClassReport, references: int, valid: bool
) -> None:
    counted = {"Skill.broaderSkill": RelationReport(expected=3, found=references)}
    assert replace(SOUND, classes={"Skill": skill}, relations=counted).valid is valid


def test_nothing_but_a_completed_run_without_errors_is_valid() -> None:
    assert not replace(SOUND, ingestion_status="failed").valid
    assert not replace(SOUND, errors=["digest of Skill differs"]).valid


def test_at_most_twenty_keys_are_shown_of_a_difference() -> None:
    many = ClassReport(expected=30, found=0, missing=30, missing_keys=[str(n) for n in range(30)])
    document = validation_document(replace(SOUND, classes={"Skill": many}))
    assert document["classes"]["Skill"]["missing"] == 30
    assert document["classes"]["Skill"]["missing_keys"] == [str(n) for n in range(20)]


def test_search_results_are_plain_numbers_and_texts() -> None:
    hit = Hit(class_name="Skill", uri="http://x/1", label="weld", score=0.5)
    assert search_document("welding", [hit]) == {
        "query": "welding",
        "results": [{"class": "Skill", "concept_uri": "http://x/1", "label": "weld", "score": 0.5}],
    }


def test_every_document_is_json() -> None:
    documents = [
        status_document(report(UNDERWAY)),
        run_document(COMPLETED, is_held=None),
        validation_document(SOUND),
        search_document("x", [Hit(class_name="S", uri="u", label=str(UUID(int=0)), score=1)]),
    ]
    assert orjson.loads(orjson.dumps(documents)) == documents
