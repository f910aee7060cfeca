"""`reset` drops what the pipeline owns, and says so in the history."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.settings import Settings
from ingest.wiring import (
    read_runs,
    read_status,
    reset,
)
from journal import (
    Status,
)
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


async def test_a_reset_with_the_journal_leaves_nothing(settings: Settings, data: str) -> None:
    await load(settings, data)
    dropped = await reset(settings, journal=True, wait_seconds=0)
    assert "events" in dropped
    assert await read_runs(settings) == []
    with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as db:
        for table in ("Metadata", "leases", "objects", "refs"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert await reset(settings, journal=True, wait_seconds=0) == []
    assert (await load(settings, data)).outcome == "ran"


async def test_a_reset_of_nothing_does_nothing(settings: Settings, tmp_path: Path) -> None:
    assert await reset(settings, journal=False, wait_seconds=0) == []
    assert not (tmp_path / "varity.db").exists()
