"""Calls of `repair` on a real file: what it refuses, whom it waits for, what comes after it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from ingest.decision import Mode
from ingest.records import InputError
from ingest.repair import NotRepairable
from ingest.settings import Settings
from ingest.targets.sqlite import SqliteTarget
from ingest.wiring import (
    Listeners,
    RepairOptions,
    RepairResult,
    read_runs,
    read_status,
    repair,
    reset,
    validate,
    validate_data,
)
from journal import LeaseHeld, Recorded, RunState, Status, Stopped, StopSwitch, StoreUnavailable
from journal.events import StepCompleted, StepStarted
from tests.loading.calls import LABEL, TINY, labels, load, relabelled, stopped


async def mended(settings: Settings, **options: object) -> RepairResult:
    return await repair(settings, RepairOptions(**options))  # type: ignore[arg-type]


def execute(settings: Settings, statement: str) -> None:
    """Change the file behind everybody's back."""
    with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as db:
        db.execute(statement)
        db.commit()


def remove_a_skill(settings: Settings) -> None:
    execute(settings, f"DELETE FROM objects WHERE label = '{LABEL}'")


async def cut_short(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a repair that failed behind, with an object still missing."""

    async def fail(target: SqliteTarget, *arguments: object, **options: object) -> None:
        raise StoreUnavailable("the disk went away")

    remove_a_skill(settings)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteTarget, "upsert", fail)
        with pytest.raises(StoreUnavailable):
            await mended(settings)
    assert (await read_status(settings)).state.steps == ("repair",)


async def test_a_missing_object_comes_back_and_the_next_load_has_nothing_to_do(
    settings: Settings, data: str
) -> None:
    await load(settings, data)
    remove_a_skill(settings)
    assert not (await validate(settings, None, False)).valid

    result = await mended(settings)

    assert result.mended["Skill"] >= 1
    assert LABEL in await labels(settings)
    assert (await validate(settings, None, True)).valid
    again = await load(settings, data)
    assert (again.outcome, again.state.run_id) == ("already_completed", result.state.run_id)
    status = await read_status(settings)
    assert (status.status, dict(status.state.counts)) == ("completed", TINY)


async def test_after_a_repair_validation_does_without_the_input(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    await mended(settings)
    Path(data).rename(tmp_path / "elsewhere")
    assert (await validate(settings, None, False)).valid
    remove_a_skill(settings)
    assert not (await validate(settings, None, False)).valid


async def test_a_load_forced_after_a_repair_trusts_no_hash(settings: Settings, data: str) -> None:
    await load(settings, data)
    await mended(settings)
    forced = await load(settings, data, mode=Mode.FORCE)
    assert (forced.outcome, forced.state.trusted) == ("ran", False)


async def test_nothing_is_repaired_that_was_never_loaded(settings: Settings, data: str) -> None:
    with pytest.raises(NotRepairable, match="not_started"):
        await mended(settings)
    await stopped(settings, data, after="skills")
    with pytest.raises(NotRepairable, match=r"interrupted, .* varity-journal ingest --resume"):
        await mended(settings)
    await load(settings, data)
    await reset(settings, journal=False, wait_seconds=0)
    with pytest.raises(NotRepairable, match="not_started"):
        await mended(settings)


async def test_another_input_than_the_one_that_was_loaded_is_refused(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    with pytest.raises(InputError, match=r"is not what run .* loaded"):
        await mended(settings, data=relabelled(tmp_path))
    assert len(await read_runs(settings)) == 1


async def test_an_input_that_is_gone_is_asked_for(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    moved = Path(data).rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is not there any more; name DATA"):
        await mended(settings)
    assert (await mended(settings, data=str(moved))).state.status is Status.COMPLETED


async def test_a_sample_is_repaired_without_naming_it(settings: Settings) -> None:
    await load(settings)
    execute(settings, "DELETE FROM objects WHERE row IN (SELECT max(row) FROM objects)")
    assert sum((await mended(settings)).mended.values()) == 1
    assert (await validate(settings, None, True)).valid


async def test_what_another_embedder_filled_is_mended_by_that_one(
    settings: Settings, data: str
) -> None:
    await load(settings, data)
    remove_a_skill(settings)
    await mended(replace(settings, embedder="local"))
    assert (await validate(settings, None, True)).valid


# --- cut short ------------------------------------------------------------------------------------


async def test_a_repair_that_failed_goes_on_with_the_next(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, data)
    await cut_short(settings, monkeypatch)
    result = await mended(settings)
    assert (result.state.status, result.state.attempt) == (Status.COMPLETED, 2)
    assert (await validate(settings, None, True)).valid
    assert [len(run.steps) for run in await read_runs(settings)] == [1, 7]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RESUME, Mode.RESTART, Mode.FORCE])
async def test_a_load_after_a_repair_that_failed_is_a_new_run_that_trusts_nothing(
    mode: Mode, settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, data)
    await cut_short(settings, monkeypatch)
    result = await load(settings, data, mode=mode)
    assert (result.outcome, result.state.attempt, result.state.trusted) == ("ran", 1, False)
    assert (await validate(settings, None, True)).valid
    assert [run.status for run in await read_runs(settings)] == [
        Status.COMPLETED,
        Status.FAILED,  # superseded
        Status.COMPLETED,
    ]


async def test_a_repair_is_stopped_and_resumed(settings: Settings, data: str) -> None:
    await load(settings, data)
    remove_a_skill(settings)
    stop = StopSwitch()

    def listener(recorded: Recorded, state: RunState) -> None:
        if isinstance(recorded.event, StepStarted):
            stop.set(15)

    with pytest.raises(Stopped):
        await repair(settings, RepairOptions(), stop=stop, listeners=Listeners(listener=listener))
    assert (await read_status(settings)).status == "interrupted"
    assert (await mended(settings)).state.attempt == 2


async def test_a_deep_repair_does_not_go_on_with_one_that_was_not(
    settings: Settings, data: str
) -> None:
    """What that one's step had completed would never be looked at closely."""
    await load(settings, data)
    relabelled_skill = "json_set(properties, '$.preferredLabel', 'mine')"
    execute(settings, f"UPDATE objects SET properties = {relabelled_skill} WHERE label = '{LABEL}'")
    stop = StopSwitch()

    def listener(recorded: Recorded, state: RunState) -> None:
        if isinstance(recorded.event, StepCompleted):
            stop.set(15)

    with pytest.raises(Stopped):
        await repair(settings, RepairOptions(), stop=stop, listeners=Listeners(listener=listener))
    assert (await read_status(settings)).state.steps_done == 1
    result = await mended(settings, deep=True)
    assert (result.state.attempt, dict(result.mended)) == (1, {"Skill": 1})
    assert (await validate(settings, None, True)).valid


# --- one at a time --------------------------------------------------------------------------------


async def test_a_repair_and_a_load_never_work_at_once(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, data)
    remove_a_skill(settings)
    upsert = SqliteTarget.upsert
    refused: list[str] = []

    async def beside_others(target: SqliteTarget, *arguments: object, **options: object) -> object:
        monkeypatch.setattr(SqliteTarget, "upsert", upsert)
        for other in (mended(settings), load(settings, data, mode=Mode.FORCE)):
            with pytest.raises(LeaseHeld) as held:
                await other
            refused.append(str(held.value))
        return await upsert(target, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(SqliteTarget, "upsert", beside_others)
    await mended(settings)
    assert len(refused) == 2
    assert (await validate(settings, None, True)).valid


async def test_a_repair_that_may_wait_begins_when_the_other_has_ended(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.wiring.repairing.POLL_SECONDS", 0.01)
    await load(settings, data)
    remove_a_skill(settings)
    upsert = SqliteTarget.upsert
    waits: list[str] = []
    has_waited = anyio.Event()

    def on_wait(reason: str) -> None:
        waits.append(reason)
        has_waited.set()

    async def until_awaited(target: SqliteTarget, *arguments: object, **options: object) -> object:
        monkeypatch.setattr(SqliteTarget, "upsert", upsert)
        tasks.start_soon(wait_for_it)
        with anyio.fail_after(60):
            await has_waited.wait()
        return await upsert(target, *arguments, **options)  # type: ignore[arg-type]

    async def wait_for_it() -> None:
        await repair(settings, RepairOptions(wait_seconds=60), listeners=Listeners(on_wait=on_wait))

    async with anyio.create_task_group() as tasks:
        monkeypatch.setattr(SqliteTarget, "upsert", until_awaited)
        await mended(settings)
    assert "is held by" in waits[0]
    runs = await read_runs(settings)
    assert [run.status for run in runs] == [Status.COMPLETED] * 3
    assert runs[0].summary["mended"] == 0


# --- from Python ----------------------------------------------------------------------------------


def test_from_python_the_journal_is_asked_first(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    valid, document = validate_data(settings=settings)
    assert not valid
    assert document["ingestion_status"] == "not_started"
    assert document["classes"] == {}
    anyio.run(load, settings, data)
    monkeypatch.setenv("VARITY_STORE", settings.store)
    monkeypatch.setenv("VARITY_EMBEDDER", "hashing")
    valid, document = validate_data()
    assert valid
    assert document["skills_indexed"] == TINY["Skill"]
    remove_a_skill(settings)
    valid, document = validate_data(data, deep=True)
    assert not valid
    assert document["classes"]["Skill"]["missing"] == 1
    assert document["skills_indexed"] == TINY["Skill"] - 1
