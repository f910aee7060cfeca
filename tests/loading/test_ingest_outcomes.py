"""What `ingest` does with what it finds, and what it calls it."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from ingest.decision import Mode
from ingest.records import InputError
from ingest.settings import Settings
from ingest.target import Target
from ingest.wiring import (
    IngestOptions,
    IngestResult,
    ingest,
    read_events,
    read_runs,
    read_status,
    validate,
)
from ingest.wiring.opening import opened_target
from journal import Status
from journal.events import StepStarted
from tests.loading.calls import SAMPLE, TINY, counts, labels, load, relabelled, stopped


async def test_runs_and_then_has_nothing_to_do(settings: Settings, data: str) -> None:
    first = await load(settings, data)
    assert first.outcome == "ran"
    assert first.state.status is Status.COMPLETED
    assert first.source == data
    assert await counts(settings) == TINY
    events = await read_events(settings, None)
    again = await load(settings, data)
    assert again.outcome == "already_completed"
    assert again.state == first.state
    assert await read_events(settings, None) == events


async def test_a_zip_and_its_folder_are_one_input(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", data)
    assert (await load(settings, packed)).outcome == "already_completed"


async def test_without_data_the_sample_is_loaded(settings: Settings) -> None:
    result = await load(settings)
    assert (result.outcome, result.source) == ("ran", "sample")
    assert await counts(settings) == SAMPLE
    assert (await load(settings)).outcome == "already_completed"


async def test_an_interrupted_run_is_resumed_where_it_was(settings: Settings, data: str) -> None:
    await stopped(settings, data, after="skill_groups")
    assert (await read_status(settings)).status == "interrupted"
    result = await load(settings, data)
    assert result.outcome == "resumed"
    assert result.state.attempt == 2
    assert await counts(settings) == TINY
    events, _ = await read_events(settings, None)
    begun = [
        (recorded.epoch, recorded.event.step)
        for recorded, _ in events
        if isinstance(recorded.event, StepStarted)
    ]
    assert begun == [
        (1, "schema"),
        (1, "isco_groups"),
        (1, "skill_groups"),
        (2, "skill_collections"),
        (2, "skills"),
        (2, "occupations"),
        (2, "verify"),
    ]
    assert len(await read_runs(settings)) == 1


async def test_a_resume_without_data_takes_the_recorded_source(
    settings: Settings, data: str
) -> None:
    await stopped(settings, data, after="schema")
    result = await load(settings, mode=Mode.RESUME)
    assert (result.outcome, result.source) == ("resumed", data)


async def test_a_restart_is_a_new_run(settings: Settings, data: str) -> None:
    await stopped(settings, data, after="skills")
    result = await load(settings, data, mode=Mode.RESTART)
    assert result.outcome == "ran"
    assert [run.status for run in await read_runs(settings)] == [Status.COMPLETED, Status.FAILED]
    assert await counts(settings) == TINY


async def test_another_input_is_skipped_unless_forced(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    changed = relabelled(tmp_path)
    skipped = await load(settings, changed)
    assert skipped.outcome == "skipped_other_input"
    assert "--force-reingest" in skipped.message
    assert await labels(settings) == {"glue", "saw", "plane"}
    forced = await load(settings, changed, mode=Mode.FORCE)
    assert forced.outcome == "ran"
    assert await labels(settings) == {"paste", "saw", "plane"}
    assert (await validate(settings, None, deep=True)).valid


@pytest.mark.parametrize(("answer", "outcome"), [(True, "ran"), (False, "skipped_other_input")])
async def test_who_is_asked_decides(
    answer: bool, outcome: str, settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    asked = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return answer

    options = IngestOptions(data=relabelled(tmp_path), interactive=True)
    result = await ingest(settings, options, confirm=confirm)
    assert result.outcome == outcome
    assert asked == [f"Another input is loaded already ({data}). Re-ingest?"]


async def test_another_input_after_an_interrupted_one_is_a_new_run(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await stopped(settings, data, after="skills")
    result = await load(settings, relabelled(tmp_path))
    assert result.outcome == "ran"
    assert "replaces run" in result.message
    assert await labels(settings) == {"paste", "saw", "plane"}


async def test_resume_with_another_input_is_refused(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await stopped(settings, data, after="skills")
    with pytest.raises(InputError, match="was begun with another input"):
        await load(settings, relabelled(tmp_path), mode=Mode.RESUME)


async def test_objects_without_a_journal_are_left_alone(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    forget_journal(settings)
    result = await load(settings, data)
    assert result.outcome == "skipped_existing_data"
    assert "--force-reingest" in result.message
    forced = await load(settings, data, mode=Mode.FORCE)
    assert forced.outcome == "ran"
    assert await counts(settings) == TINY


async def test_objects_that_another_process_loads_meanwhile_are_explained_by_its_journal(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins between the look at the journal and the look at the target, and ends there."""
    others: list[IngestResult] = []

    @asynccontextmanager
    async def opened_late(settings: Settings) -> AsyncIterator[Target]:
        monkeypatch.setattr("ingest.wiring.ingesting.opened_target", opened_target)
        others.append(await load(settings, data))
        async with opened_target(settings) as target:
            yield target

    monkeypatch.setattr("ingest.wiring.ingesting.opened_target", opened_late)
    result = await load(settings, data)
    assert [other.outcome for other in others] == ["ran"]
    assert (result.outcome, result.state) == ("already_completed", others[0].state)


def forget_journal(settings: Settings) -> None:
    """Lose events and leases behind everybody's back."""
    with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as db, db:
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("DELETE FROM Metadata")
        db.execute("DELETE FROM leases")


async def test_a_dry_run_writes_nothing(settings: Settings, data: str, tmp_path: Path) -> None:
    result = await load(settings, data, dry_run=True)
    assert result.outcome == "dry_run"
    assert result.plan is not None
    assert {name: result.plan[name] for name in TINY} == TINY
    assert result.plan["Skill.memberOfSkillGroup"] == 1
    assert (result.plan["rejected"], result.plan["dangling"]) == (0, 0)
    assert not (tmp_path / "varity.db").exists()


async def test_a_dry_run_over_a_loaded_store_says_what_would_be(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    before = await read_events(settings, None)
    result = await load(settings, relabelled(tmp_path), dry_run=True, mode=Mode.FORCE)
    assert (result.outcome, result.message) == ("dry_run", "would be ran")
    assert await read_events(settings, None) == before
    assert await labels(settings) == {"glue", "saw", "plane"}
