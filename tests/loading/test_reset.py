"""`reset` drops what the pipeline owns, and says so in the history."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.decision import Mode
from ingest.settings import Settings
from ingest.targets.sqlite import SqliteTarget
from ingest.wiring import (
    read_runs,
    read_status,
    reset,
)
from journal import LeaseHeld, Status, StoreRefused, StoreUnavailable
from journal.stores.sqlite import SqliteStore
from tests.loading.calls import TINY, counts, labels, load, relabelled


async def test_after_a_reset_a_load_is_a_cold_start_and_history_shows_both(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    await load(settings, data)
    dropped = await reset(settings, journal=False, wait_seconds=0)
    assert dropped == list(TINY)
    assert await counts(settings) == {}
    assert (await read_status(settings)).status == "not_started"
    assert (await load(settings, relabelled(tmp_path))).outcome == "ran"
    runs = await read_runs(settings)
    assert [run.steps for run in runs][1] == ("reset",)
    assert [run.status for run in runs] == [Status.COMPLETED] * 3
    assert await labels(settings) == {"paste", "saw", "plane"}


async def test_a_reset_with_the_journal_leaves_its_own_lease_alone(
    settings: Settings, data: str
) -> None:
    await load(settings, data)
    dropped = await reset(settings, journal=True, wait_seconds=0)
    assert "events" in dropped
    assert await read_runs(settings) == []
    with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as db:
        for table in ("Metadata", "objects", "refs"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        # Its epoch is never given away again, so a former owner that wakes up finds it taken.
        assert db.execute("SELECT epoch, released FROM leases").fetchall() == [(3, 1)]
    assert await reset(settings, journal=True, wait_seconds=0) == []
    assert (await load(settings, data)).outcome == "ran"


async def test_a_reset_of_nothing_does_nothing(settings: Settings, tmp_path: Path) -> None:
    assert await reset(settings, journal=False, wait_seconds=0) == []
    assert not (tmp_path / "varity.db").exists()


async def test_a_reset_that_is_cut_short_leaves_its_drop_to_the_next_load(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two embedders' vectors, or a sample and real data, would lie side by side."""
    await load(settings, None)
    sample = await counts(settings)

    async def fail(target: SqliteTarget, class_name: str, *, timeout_seconds: float) -> None:
        raise StoreUnavailable("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteTarget, "drop", fail)
        with pytest.raises(StoreUnavailable):
            await reset(settings, journal=False, wait_seconds=0)
    assert await counts(settings) == sample

    assert (await load(settings, data)).outcome == "ran"
    assert await counts(settings) == TINY


async def test_a_reset_names_the_class_that_is_not_its_own(
    settings: Settings, data: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Else nothing says why the next load is refused."""
    await load(settings, data)
    with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as db, db:
        db.execute("UPDATE classes SET pipeline = 'other' WHERE name = 'Skill'")
    with caplog.at_level(logging.WARNING):
        dropped = await reset(settings, journal=False, wait_seconds=0)
    assert "Skill" not in dropped
    assert "the class Skill does not belong to the pipeline esco and stays" in caplog.text


async def test_nobody_begins_while_the_journal_is_erased(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, data)
    erase = SqliteStore.erase

    async def erase_beside_a_load(store: SqliteStore, pipeline: str, **under: Any) -> None:
        with pytest.raises(LeaseHeld):
            await load(settings, data, mode=Mode.FORCE)
        await erase(store, pipeline, **under)

    monkeypatch.setattr(SqliteStore, "erase", erase_beside_a_load)
    await reset(settings, journal=True, wait_seconds=0)
    assert (await load(settings, data)).outcome == "ran"
    assert [run.status for run in await read_runs(settings)] == [Status.COMPLETED]


async def test_events_that_can_not_be_erased_say_that_the_classes_are_gone(
    settings: Settings, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that completed would vouch for them, and the next load would be skipped."""
    await load(settings, data)

    async def refuse(store: SqliteStore, pipeline: str, **under: Any) -> None:
        raise StoreRefused("no right to delete events")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "erase", refuse)
        with pytest.raises(StoreRefused):
            await reset(settings, journal=True, wait_seconds=0)
    assert await counts(settings) == {}
    assert (await read_status(settings)).status == "not_started"
    assert (await load(settings, data)).outcome == "ran"
    assert await counts(settings) == TINY
