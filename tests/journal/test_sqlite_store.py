"""What only SQLite promises: fencing inside the write, immutable rows, and each way to fail."""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path

import anyio
import pytest

from journal import CorruptJournal, LeaseLost, StoreRefused, StoreUnavailable, open_store
from journal.codec import to_row
from journal.stores.sqlite import SqliteStore
from tests.journal.builders import FAILED, done, logged, owner, recorded, started

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "varity.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A prepared store that gives up on a lock at once."""
    store = SqliteStore(path, busy_seconds=0.05)
    await store.prepare()
    yield store
    await store.aclose()


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of ours, seen without the superuser's rights: root may write everywhere."""
    folder = Path(tempfile.mkdtemp(prefix="varity-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


# --- immutable, fenced, durable ----------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update Metadata set details = '{}'",
        "update Metadata set status = 'completed' where seq = 1",
        "delete from Metadata",
        "insert or replace into Metadata select * from Metadata where seq = 1",
    ],
)
async def test_events_can_be_neither_changed_nor_removed(
    store: SqliteStore, path: Path, statement: str
) -> None:
    events = logged(1, started(), FAILED)
    for event in events:
        await store.append(event)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="events are immutable"),
    ):
        connection.execute(statement)
    assert await store.read_epoch("esco", 1) == events


async def test_the_triggers_stand_again_after_an_erasure(store: SqliteStore, path: Path) -> None:
    await store.append(recorded(1, 1, started()))
    await store.erase("esco", epoch=1, check=lambda: None)
    await store.append(recorded(1, 1, started()))
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="events are immutable"),
    ):
        connection.execute("delete from Metadata")


async def test_whoever_lost_the_lease_erases_nothing(store: SqliteStore) -> None:
    await store.append(recorded(1, 1, started()))
    await store.create_lease("esco", 2, owner())
    with pytest.raises(LeaseLost):
        await store.erase("esco", epoch=1, check=lambda: None)
    assert await store.read_epoch("esco", 1) == [recorded(1, 1, started())]


async def test_the_epoch_is_checked_inside_the_write(path: Path) -> None:
    """Another process takes the next epoch between our last look and our write."""
    async with open_store(f"sqlite:///{path}") as zombie, open_store(f"sqlite:///{path}") as other:
        await zombie.prepare()
        await zombie.create_lease("esco", 1, owner("zombie"))
        await zombie.append(recorded(1, 1, started()))
        assert await zombie.highest_epoch("esco") == 1
        await other.create_lease("esco", 2, owner("other"))
        with pytest.raises(LeaseLost, match="esco/1:2: another process owns epoch 2"):
            await zombie.append(recorded(1, 2, FAILED))
        await other.create_lease("esco2", 9, owner("other"))  # another pipeline fences nobody
        await other.append(recorded(2, 1, started(2)))
        assert await other.read_epoch("esco", 1) == [recorded(1, 1, started())]


async def test_between_the_look_at_the_epoch_and_the_write_nobody_takes_over(
    store: SqliteStore, path: Path
) -> None:
    said: list[str] = []
    with closing(sqlite3.connect(path, timeout=0, check_same_thread=False)) as other:

        def intrude(statement: str) -> None:
            if statement.startswith("insert into Metadata"):
                try:
                    with other:
                        other.execute(
                            "insert into leases (pipeline, epoch, owner) values ('esco', 2, '')"
                        )
                    said.append("taken over")
                except sqlite3.OperationalError as error:
                    said.append(str(error))

        assert store._connection is not None
        store._connection.set_trace_callback(intrude)
        with suppress(StoreUnavailable):
            await store.append(recorded(1, 1, started()))
    assert set(said) == {"database is locked"}


async def test_an_append_is_one_transaction_in_a_durable_log(store: SqliteStore) -> None:
    connection = store._connection
    assert connection is not None
    assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert connection.execute("pragma synchronous").fetchone()[0] == 2  # full
    await store.append(recorded(1, 1, started()))
    assert not connection.in_transaction


async def test_a_row_is_readable_without_this_program(store: SqliteStore, path: Path) -> None:
    for event in logged(1, started(), *done("schema")):
        await store.append(event)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "select metaType, status, timestamp, version, pipeline, runId, epoch, seq, event, step"
            " from Metadata order by epoch, seq"
        ).fetchall()
    assert rows[1] == (
        "ingestion_status",
        "in_progress",
        "2026-11-23T13:00:02.000000Z",
        "1",
        "esco",
        "run-1",
        1,
        2,
        "step_started",
        "schema",
    )


async def test_a_refused_append_leaves_no_transaction_open(store: SqliteStore) -> None:
    await store.append(recorded(1, 1, started()))
    with pytest.raises(CorruptJournal):
        await store.append(recorded(1, 1, FAILED))
    await store.append(recorded(1, 2, FAILED))
    assert await store.highest_epoch("esco") == 1


async def test_a_call_that_asyncio_cancelled_is_waited_for_by_the_next(path: Path) -> None:
    """Its thread goes on, and two threads in one connection would share a transaction."""
    store = SqliteStore(path, busy_seconds=10)
    await store.prepare()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        async with anyio.create_task_group() as tasks:
            for seq in range(1, 9):
                cancelled = asyncio.get_running_loop().create_task(
                    store.append(recorded(1, seq, started()))
                )
                await asyncio.sleep(0.02)  # its thread waits for the lock
                cancelled.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await cancelled
            for seq in range(9, 13):
                tasks.start_soon(store.append, recorded(1, seq, started()))
            await asyncio.sleep(0.02)
            other.execute("commit")
    for seq in range(1, 13):  # those given up landed, or land now
        await store.append(recorded(1, seq, started()))
    assert len(await store.read_epoch("esco", 1)) == 12
    await store.aclose()


# --- the ways to fail --------------------------------------------------------------------------


async def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_bytes(b"this is a text file, long enough to have a header" * 30)
    store = SqliteStore(path)
    with pytest.raises(StoreRefused, match=r"varity\.db is no SQLite database; name another file"):
        await store.highest_epoch("esco")
    with pytest.raises(StoreRefused, match="is no SQLite database"):
        await store.prepare()
    await store.aclose()
    assert path.read_bytes().startswith(b"this is a text file")


async def test_a_folder_that_is_not_there_is_said_and_not_created(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "none" / "varity.db")
    assert await store.highest_epoch("esco") == 0
    with pytest.raises(StoreRefused, match=r"none/varity\.db can not be opened; check that its"):
        await store.prepare()
    assert not (tmp_path / "none").exists()


async def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreRefused, match="can not be opened"):
        await store.prepare()


async def test_a_file_that_may_not_be_written_is_read_and_says_so_when_written(
    unprivileged: Path,
) -> None:
    path = unprivileged / "varity.db"
    async with open_store(f"sqlite:///{path}") as store:
        await store.prepare()
        await store.append(recorded(1, 1, started()))
    path.chmod(0o444)
    async with open_store(f"sqlite:///{path}") as store:
        assert await store.read_epoch("esco", 1) == [recorded(1, 1, started())]
        with pytest.raises(StoreRefused, match=r"varity\.db can not be written; check its rights"):
            await store.append(recorded(1, 2, FAILED))
        with pytest.raises(StoreRefused, match="can not be written"):
            await store.create_lease("esco", 2, owner())


async def test_a_folder_that_may_not_be_entered_is_said(unprivileged: Path) -> None:
    (unprivileged / "locked").mkdir(mode=0o000)
    store = SqliteStore(unprivileged / "locked" / "varity.db")
    with pytest.raises(StoreRefused, match=r"varity\.db can not be opened; check"):
        await store.highest_epoch("esco")
    with pytest.raises(StoreRefused, match="can not be opened"):
        await store.prepare()


async def test_a_lock_of_another_process_is_waited_for_and_then_said(
    store: SqliteStore, path: Path
) -> None:
    await store.append(recorded(1, 1, started()))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(
            StoreUnavailable, match=r"varity\.db was locked by another process for 0\.05 s"
        ):
            await store.append(recorded(1, 2, FAILED))
        assert len(await store.read_epoch("esco", 1)) == 1  # readers are not held up
        other.execute("rollback")
    await store.append(recorded(1, 2, FAILED))


async def test_a_short_lock_is_waited_out(path: Path) -> None:
    async with open_store(f"sqlite:///{path}", request_seconds=10) as store:
        await store.prepare()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(store.append, recorded(1, 1, started()))
                await anyio.sleep(0.05)
                other.execute("commit")
        assert await store.highest_epoch("esco") == 1


async def test_a_damaged_file_is_said(store: SqliteStore, path: Path) -> None:
    for event in logged(1, started(), *done("schema"), *done("skills")):
        await store.append(event)
    await store.aclose()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    damaged = SqliteStore(path)
    with pytest.raises(StoreRefused, match=r"varity\.db is damaged; restore it"):
        await damaged.read_epoch("esco", 1)
    await damaged.aclose()


async def test_a_full_disk_is_resumed_from_when_there_is_space(store: SqliteStore) -> None:
    assert store._connection is not None
    pages = store._connection.execute("pragma page_count").fetchone()[0]
    store._connection.execute(f"pragma max_page_count = {pages}")  # what a full disk looks like
    large = recorded(1, 1, started(source="x" * 100_000))
    with pytest.raises(StoreUnavailable, match=r"full.*; free space or mend it, then resume"):
        await store.append(large)
    store._connection.execute("pragma max_page_count = 100000")
    await store.append(large)
    assert await store.read_epoch("esco", 1) == [large]


@pytest.mark.parametrize(
    "foreign",
    [
        "create table Metadata (status text)",
        "create view Metadata as select 1 as status",
        "create table leases (name text)",
    ],
)
async def test_a_table_of_another_shape_is_refused_before_anything_is_written(
    path: Path, foreign: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(foreign)
    async with open_store(f"sqlite:///{path}") as store:
        for _ in range(2):  # the first refusal leaves nothing behind that spoils the second
            with pytest.raises(StoreRefused, match=r"varity\.db has a table .* of another shape"):
                await store.prepare()


async def test_a_row_that_no_version_writes_is_corrupt(store: SqliteStore, path: Path) -> None:
    row = {**to_row(recorded(1, 1, started())), "details": "not JSON"}
    with closing(sqlite3.connect(path)) as connection, connection:
        places = ", ".join(f":{column}" for column in row)
        connection.execute(f"insert into Metadata ({', '.join(row)}) values ({places})", row)
    with pytest.raises(CorruptJournal, match="event esco/1:1 can not be read"):
        await store.read_epoch("esco", 1)


async def test_a_file_shared_with_other_tables_is_prepared_beside_them(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table objects (id text)")
    async with open_store(f"sqlite:///{path}") as store:
        assert await store.highest_epoch("esco") == 0
        await store.prepare()
        await store.append(recorded(1, 1, started()))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from objects").fetchone() == (0,)


@pytest.mark.parametrize("name", ["a?b.db", "a#b.db", "a%20b.db", "a b.db", "ä.db", "mode=ro&x.db"])
async def test_any_file_name_is_that_file(tmp_path: Path, name: str) -> None:
    async with open_store(f"sqlite:///{tmp_path / name}") as store:
        await store.prepare()
        await store.append(recorded(1, 1, started()))
    assert name in {found.name for found in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///",
        "sqlite:",
        "sqlite://",
        "sqlite:varity.db",
        "postgres://host/db",
        "varity.db",
        "",
    ],
)
async def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused, match=r"sqlite:///"):
        async with open_store(url):
            raise AssertionError


async def test_a_relative_path_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_store("sqlite:///here.db") as store:
        await store.prepare()
    assert (tmp_path / "here.db").exists()
