"""What only the SQLite target promises: its file, its locks, its fence."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import anyio
import numpy as np
import pytest

from ingest.target import Vector, Verdict
from ingest.targets.sqlite import SqliteTarget, open_sqlite_target
from ingest.targets.sqlite_connection import SqliteConnection
from journal.errors import LeaseLost, StoreRefused, StoreUnavailable
from tests.contract.target_builders import (
    SCHEMAS,
    SqliteTargetStore,
    direction,
    drop_all,
    group,
    skill,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "varity.db"


@pytest.fixture
async def target(path: Path) -> AsyncIterator[SqliteTarget]:
    SqliteTargetStore(path).lease(1)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        await target.own(1)
        await target.prepare()
        yield target


async def test_reads_of_a_missing_file_find_nothing_and_make_none(path: Path) -> None:
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        assert await target.existing_classes() == ()
        assert await target.count("Skill") == 0
        assert [each async for each in target.objects("Skill")] == []
    assert list(path.parent.iterdir()) == []


async def test_reads_of_a_file_with_the_journal_alone_find_nothing(path: Path) -> None:
    SqliteTargetStore(path).lease(1)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        assert await target.existing_classes() == ()
        assert await target.read("Skill", skill(1).id) is None


@pytest.mark.parametrize("name", ["missing.db", "no/such/folder/varity.db"])
async def test_a_write_to_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    async with open_sqlite_target(tmp_path / name, pipeline="esco", schemas=SCHEMAS) as target:
        with pytest.raises(StoreRefused, match=f"{name} can not be opened"):
            await target.own(1)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_no_database_is_refused_by_name(path: Path) -> None:
    path.write_text("conceptUri,preferredLabel\n" * 100)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        with pytest.raises(StoreRefused, match=r"varity\.db is not an SQLite database"):
            await target.count("Skill")
        with pytest.raises(StoreRefused, match=r"varity\.db is not an SQLite database"):
            await target.own(1)


async def test_a_file_that_can_not_be_written_is_refused_by_name(path: Path) -> None:
    SqliteTargetStore(path).lease(1)
    connection = SqliteConnection(path, query_only=True)
    with pytest.raises(StoreRefused, match=r"varity\.db can not be written to"):
        await connection.run(lambda there: there.execute("DELETE FROM leases"))
    await connection.close()


async def test_an_error_without_remedy_stays_what_it_is(path: Path) -> None:
    SqliteTargetStore(path).lease(1)
    connection = SqliteConnection(path, query_only=True)
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        await connection.run(lambda there: there.execute("SELEC"))
    await connection.close()


async def test_a_full_disk_makes_the_store_unavailable_and_stores_nothing(
    target: SqliteTarget,
) -> None:
    await target.upsert([skill(1)], timeout_seconds=5)
    await target._writer.run(lambda there: there.execute("PRAGMA max_page_count = 30"))
    many = [skill(number, description="x" * 5_000) for number in range(2, 200)]
    with pytest.raises(StoreUnavailable, match="disk is full"):
        await target.upsert(many, timeout_seconds=5)
    assert await target.count("Skill") == 1

    await target._writer.run(lambda there: there.execute("PRAGMA max_page_count = 100000"))
    await target.upsert(many, timeout_seconds=5)
    assert await target.count("Skill") == 199


async def test_a_file_locked_for_too_long_leaves_the_outcome_unknown(
    target: SqliteTarget, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = await target.upsert([skill(1), skill(2)], timeout_seconds=0.05)
        assert [outcome.verdict for outcome in reply.outcomes] == [Verdict.UNKNOWN] * 2
        assert reply.pushback
        assert "varity.db stays locked" in reply.outcomes[0].reason
        assert await target.count("Skill") == 0  # a reader does not wait for a writer
    reply = await target.upsert([skill(1), skill(2)], timeout_seconds=5)
    assert await target.count("Skill") == 2


async def test_nothing_is_written_without_a_lease(path: Path) -> None:
    sqlite3.connect(path).close()
    path.touch()
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        with pytest.raises(LeaseLost, match="esco"):
            await target.own(1)
    SqliteTargetStore(path).lease(1)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        with pytest.raises(LeaseLost, match="epoch None"):
            await target.prepare()
        with pytest.raises(LeaseLost, match="epoch 3, the highest lease is 1"):
            await target.own(3)


async def test_writing_to_a_class_that_is_not_there_is_refused(path: Path) -> None:
    SqliteTargetStore(path).lease(1)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        await target.own(1)
        with pytest.raises(StoreRefused, match="class Skill is not there"):
            await target.upsert([skill(1)], timeout_seconds=5)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (direction(1, float("nan"), 0), "the vector holds a number that is not finite"),
        (
            np.ones(3, np.float16),
            "the vector is float16 of shape (3,), expected float32, (dim,)",
        ),
        (
            np.ones((3, 1), np.float32),
            "the vector is float32 of shape (3, 1), expected float32, (dim,)",
        ),
        (direction(1, 0), "the vector has 2 dimensions, those of the class have 3"),
    ],
    ids=["not a number", "narrower", "two-dimensional", "shorter"],
)
async def test_one_bad_vector_of_a_request_is_named_and_the_others_are_written(
    target: SqliteTarget, broken: Vector, reason: str
) -> None:
    good = [skill(number, vector=direction(1, 0, number)) for number in range(3)]
    reply = await target.upsert([good[0], skill(7, vector=broken), *good[1:]], timeout_seconds=5)
    assert [outcome.reason for outcome in reply.outcomes] == ["", reason, "", ""]
    stored = {each.uri: each.vector async for each in target.objects("Skill")}
    assert stored.keys() == {each.uri for each in good}
    assert all(np.array_equal(stored[each.uri], each.vector) for each in good)  # type: ignore[arg-type]


async def test_a_cancelled_write_has_a_known_end(target: SqliteTarget, path: Path) -> None:
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group_of_tasks:

            async def cancel() -> None:
                scope.cancel()

            group_of_tasks.start_soon(cancel)
            await target.upsert([skill(number) for number in range(500)], timeout_seconds=5)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")  # no transaction is left open
        (count,) = other.execute("SELECT count(*) FROM objects").fetchone()
        other.execute("ROLLBACK")
    assert count in (0, 500)


async def test_a_dropped_class_leaves_no_row_behind(target: SqliteTarget, path: Path) -> None:
    await target.upsert([group(1)], timeout_seconds=5)
    await target.upsert(
        [skill(1, references={"memberOfSkillGroup": (group(1).id,)})], timeout_seconds=5
    )
    await drop_all(target)
    with closing(sqlite3.connect(path)) as other:
        for table in ("objects", "refs", "classes"):
            assert other.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM leases").fetchone() == (1,)


async def test_an_unchanged_object_keeps_its_row_and_its_references(
    target: SqliteTarget, path: Path
) -> None:
    def rows() -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as other:
            return other.execute("SELECT row, id FROM objects ORDER BY row").fetchall()

    await target.upsert([skill(1), skill(2)], timeout_seconds=5)
    before = rows()
    await target.upsert([skill(2), skill(1)], timeout_seconds=5)
    assert rows() == before
