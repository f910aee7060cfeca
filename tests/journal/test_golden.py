"""Logs of real runs, frozen as they were recorded, and the states that a person reads in them.

Each file in `golden/` holds the rows that a run of the engine left in a SQLite journal, format
version 1. The late events of `taken_over` were added by hand: SQLite would have refused them,
Weaviate does not. They are never recorded anew: a version that can not read them any more can
not read its users' journals either.
"""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from journal import Recorded, RunState, Status, fold_runs
from journal.codec import from_row, is_legacy, to_row
from journal.events import Suspect
from journal.fencing import fenced
from journal.state import unsettled
from tests.journal.builders import owner

GOLDEN = Path(__file__).parent / "golden"
BEGIN = datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a log."""
    return [orjson.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines()]


def events(name: str) -> list[Recorded]:
    """Return the events of a log."""
    return [from_row(row) for row in rows(name) if not is_legacy(row)]


def after(seconds: float) -> datetime:
    """Return the time so long after the first event."""
    return BEGIN + timedelta(seconds=seconds)


def state(**said: Any) -> RunState:
    """Return what every one of these runs has in common, and what is said of this one."""
    common: dict[str, Any] = {
        "pipeline": "esco",
        "run_id": "run-1",
        "epoch": 1,
        "attempt": 1,
        "source": "esco-small-en.zip",
        "fingerprint": "sha256:11aa",
        "steps": ("schema", "skills", "verify"),
        "window": 4,
        "owner": owner("alpha"),
        "versions": {"program": "0.1.0", "esco": "1.2.0"},
        "attributes": {"language": "en", "sample": False},
        "started_at": BEGIN,
    }
    return RunState(**{**common, **said})


WHOLE: dict[str, Any] = {
    "status": Status.COMPLETED,
    "steps_done": 3,
    "counts": {"Skill": 9},
    "relations": {"Skill.broaderSkill": 4},
    "dangling": {"Skill.broaderSkill": 1},
    "digests": {"Skill": "sha256:5e"},
    "summary": {
        "total_skills": 9,
        "total_relations": 4,
        "completion_time": "2026-11-23T12:00:09Z",
    },
}
IN_SKILLS: dict[str, Any] = {
    "steps_done": 1,
    "step": "skills",
    "settled": 4,
    "step_counts": {"Skill": 4},
}
FAILURE = "StepFailed: skills: the target holds another pipeline's class"

EXPECTED: dict[str, list[RunState]] = {
    "cold": [state(**WHOLE, seq=10, updated_at=after(6.75), ended_at=after(6.75))],
    "killed_and_resumed": [
        state(
            **WHOLE,
            epoch=2,
            seq=7,
            attempt=2,
            owner=owner("beta"),
            updated_at=after(9),
            ended_at=after(9),
        )
    ],
    "failed": [
        state(
            **IN_SKILLS,
            seq=6,
            status=Status.FAILED,
            error=FAILURE,
            updated_at=after(3.75),
            ended_at=after(3.75),
        )
    ],
    "interrupted": [
        state(
            **{**IN_SKILLS, "settled": 6, "step_counts": {"Skill": 6}},
            seq=7,
            status=Status.INTERRUPTED,
            updated_at=after(4.5),
            ended_at=after(4.5),
        )
    ],
    "taken_over": [
        state(
            **WHOLE,
            epoch=3,
            seq=6,
            attempt=2,
            owner=owner("beta"),
            updated_at=after(8.25),
            ended_at=after(8.25),
        )
    ],
    "rejected": [
        state(
            **{
                **WHOLE,
                "counts": {"Skill": 7},
                "summary": {**WHOLE["summary"], "total_skills": 7},
            },
            seq=12,
            rejected=frozenset({("skills", "http://data.europa.eu/esco/skill/2"), ("skills", "")}),
            updated_at=after(8.25),
            ended_at=after(8.25),
        )
    ],
    "superseded": [
        state(
            **IN_SKILLS,
            seq=6,
            status=Status.FAILED,
            error="superseded by run run-2",
            updated_at=after(3.75),
            ended_at=after(3.75),
        ),
        state(
            **WHOLE,
            run_id="run-2",
            fingerprint="sha256:22bb",
            epoch=2,
            seq=10,
            owner=owner("beta"),
            started_at=after(4.5),
            updated_at=after(11.25),
            ended_at=after(11.25),
        ),
    ],
    "legacy_rows": [
        state(
            **IN_SKILLS,
            seq=6,
            status=Status.FAILED,
            error=FAILURE,
            updated_at=after(3.75),
            ended_at=after(3.75),
        )
    ],
}


def test_every_recorded_log_has_its_states() -> None:
    assert {path.stem for path in GOLDEN.glob("*.jsonl")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_log_folds_to_what_a_person_reads_in_it(name: str) -> None:
    found = fold_runs(events(name))
    # The suspects of the attempts are checked below, by name.
    assert [_without_suspects(run) for run in found] == EXPECTED[name]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_log_in_any_order_with_repetitions_folds_to_the_same(
    name: str, seed: int
) -> None:
    chance = random.Random(seed)
    log = events(name)
    shuffled = [*log, *chance.choices(log, k=5)]
    chance.shuffle(shuffled)
    assert fold_runs(shuffled) == fold_runs(log)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_row_is_still_written_byte_for_byte(name: str) -> None:
    written = [row for row in rows(name) if not is_legacy(row)]
    assert [to_row(from_row(row)) for row in written] == written


def test_the_late_events_of_the_taken_over_run_are_fenced() -> None:
    assert fenced(events("taken_over")) == {(1, 7), (1, 8), (2, 1)}


def test_what_the_next_attempt_of_each_must_write_twice() -> None:
    window = {"step": "skills", "window": 4, "fingerprint": "sha256:11aa"}
    assert unsettled(fold_runs(events("failed"))[-1]) == (Suspect(settled=4, **window),)  # type: ignore[arg-type]
    assert unsettled(fold_runs(events("interrupted"))[-1]) == (Suspect(settled=6, **window),)  # type: ignore[arg-type]
    assert unsettled(fold_runs(events("cold"))[-1]) == ()


def test_the_rows_of_before_events_are_told_by_their_missing_name() -> None:
    found = [row for row in rows("legacy_rows") if is_legacy(row)]
    assert [row["status"] for row in found] == ["in_progress", "completed"]


def _without_suspects(run: RunState) -> RunState:
    return replace(run, suspects=())
