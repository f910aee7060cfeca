"""Events and leases in a SQLite file, which is enough for one machine and needs no set-up.

Fences truly: an event is inserted only while its epoch is the highest, in one transaction.
Triggers refuse UPDATE and DELETE of events, so that no program changes them by mistake.
"""

import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import orjson

from journal.clock import wall_seconds
from journal.codec import from_row, is_legacy, owner_from, owner_to, to_row
from journal.errors import CorruptJournal, LeaseLost, StoreRefused, StoreUnavailable
from journal.events import Owner, Recorded
from journal.store import Heartbeat, LeaseRecord, LegacyRow

T = TypeVar("T")

_COLUMNS = (
    "metaType",
    "status",
    "timestamp",
    "version",
    "details",
    "pipeline",
    "runId",
    "epoch",
    "seq",
    "event",
    "step",
)
_PLACES = ", ".join(f":{column}" for column in _COLUMNS)
_NAMES = ", ".join(_COLUMNS)

_TABLES = (
    """create table if not exists Metadata (
        metaType text not null, status text not null, timestamp text not null,
        version text not null, details text not null, pipeline text, runId text,
        epoch integer, seq integer, event text, step text,
        unique (pipeline, epoch, seq)
    )""",
    """create table if not exists leases (
        pipeline text not null, epoch integer not null, owner text not null,
        beat integer, released integer not null default 0, beaten_at real,
        primary key (pipeline, epoch)
    ) without rowid""",
)
_LEASE_COLUMNS = ("pipeline", "epoch", "owner", "beat", "released", "beaten_at")
_REFUSE_UPDATE = """create trigger if not exists events_are_not_updated before update on Metadata
begin select raise(abort, 'events are immutable'); end"""
_REFUSE_DELETE = """create trigger if not exists events_are_not_deleted before delete on Metadata
begin select raise(abort, 'events are immutable'); end"""
# "insert or replace" removes a row without asking the trigger above.
_REFUSE_REPLACE = """create trigger if not exists events_are_not_replaced before insert on Metadata
when exists (select 1 from Metadata
    where pipeline = new.pipeline and epoch = new.epoch and seq = new.seq)
begin select raise(abort, 'events are immutable'); end"""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REFUSED = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database; name another file",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it or name another file",
    sqlite3.SQLITE_READONLY: "can not be written; check its rights and its folder's",
    sqlite3.SQLITE_CANTOPEN: "can not be opened; check that its folder exists and its rights",
    sqlite3.SQLITE_PERM: "can not be opened; check its rights",
}
# What SQLite says where a table of one of our names has other columns.
_ALIEN = re.compile(r"no such (column|table)|table \w+ has")


class SqliteStore:
    """A store in one file. Nothing is created before `prepare`; a missing file reads as empty."""

    def __init__(self, path: Path, *, busy_seconds: float = 10.0) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._limiter = anyio.CapacityLimiter(1)  # a connection serves one thread at a time
        self._in_use = threading.Lock()  # even one that asyncio's own cancellation left behind

    @property
    def url(self) -> str:
        """How to name the store to a person."""
        return f"sqlite:///{self._path}"

    async def prepare(self) -> None:
        """Create the file and its tables; see the port.

        Raises:
            StoreRefused: the file has a table of ours with other columns.
        """

        def prepare() -> None:
            with self._translated():
                connection = self._open(create=True)
                for table, columns in (("Metadata", _COLUMNS), ("leases", _LEASE_COLUMNS)):
                    self._check_shape(connection, table, columns, may_lack=True)
                connection.execute("pragma journal_mode = wal")  # stays in the file for good
            with self._transaction() as connection:
                for table in _TABLES:
                    connection.execute(table)
                self._check_shape(connection, "Metadata", _COLUMNS)
                self._check_shape(connection, "leases", _LEASE_COLUMNS)
                for trigger in (_REFUSE_UPDATE, _REFUSE_DELETE, _REFUSE_REPLACE):
                    connection.execute(trigger)

        await self._run(prepare)

    async def append(self, recorded: Recorded) -> None:
        """Insert one event while its epoch is the highest; see the port."""
        await self._run(partial(self._append, recorded))

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Return the epoch's events until the first absence."""
        rows = await self._select(
            f"select {_NAMES} from Metadata where pipeline = ? and epoch = ? order by seq",  # noqa: S608
            (pipeline, epoch),
        )
        logged = [from_row(row) for row in rows]
        return [event for place, event in enumerate(logged, 1) if event.seq == place]

    async def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """Yield every event, and the rows of programs before events."""
        rows = await self._select(
            f"select {_NAMES} from Metadata"  # noqa: S608
            " where pipeline = ? or coalesce(event, '') = '' order by epoch, seq",
            (pipeline,),
        )
        for row in rows:
            if is_legacy(row):
                yield LegacyRow(
                    status=row["status"], timestamp=row["timestamp"], details=row["details"]
                )
            else:
                yield from_row(row)

    async def highest_epoch(self, pipeline: str) -> int:
        """Return the highest epoch of leases and events."""
        rows = await self._select(
            "select max(epoch) as epoch from (select epoch from Metadata where pipeline = ?"
            " union all select epoch from leases where pipeline = ?)"
            " where typeof(epoch) = 'integer'",  # an event of another epoch can not be read
            (pipeline, pipeline),
        )
        return int(rows[0]["epoch"] or 0) if rows else 0

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """Return the leases, lowest epoch first."""
        rows = await self._select(
            "select epoch, owner from leases where pipeline = ? order by epoch", (pipeline,)
        )
        return [
            LeaseRecord(epoch=row["epoch"], owner=owner)
            for row in rows
            if (owner := _owner(row["owner"])) is not None
        ]

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim the epoch by its primary key; return who owns it."""

        def create() -> Owner:
            with self._transaction() as connection:
                connection.execute(
                    "insert into leases (pipeline, epoch, owner) values (?, ?, ?)"
                    " on conflict do nothing",
                    (pipeline, epoch, owner_to(owner)),
                )
                row = connection.execute(
                    "select owner from leases where pipeline = ? and epoch = ?", (pipeline, epoch)
                ).fetchone()
                winner = _owner(row["owner"])
                if winner is None:
                    raise StoreRefused(
                        f"{self._path} has a lease {pipeline}/{epoch} that names no owner; drop it"
                    )
                return winner

        return await self._run(create)

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write the heartbeat of an existing lease."""

        changed = await self._change(
            "update leases set beat = ?, released = ?, beaten_at = ?"
            " where pipeline = ? and epoch = ?",
            (beat, released, wall_seconds(), pipeline, epoch),
        )
        if changed == 0:
            raise LeaseLost(f"{pipeline}: the lease of epoch {epoch} was removed")

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Return the last heartbeat."""
        rows = await self._select(
            "select beat, released, beaten_at from leases"
            " where pipeline = ? and epoch = ? and beat is not null",
            (pipeline, epoch),
        )
        if not rows:
            return None
        return Heartbeat(
            beat=rows[0]["beat"],
            released=bool(rows[0]["released"]),
            age_seconds=_age(rows[0]["beaten_at"]),
        )

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """Remove a lease."""
        await self._change("delete from leases where pipeline = ? and epoch = ?", (pipeline, epoch))

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """Remove the pipeline's events: the triggers stand aside within one transaction.

        Raises:
            LeaseLost: another process owns a higher epoch.
        """
        check()

        def erase() -> None:
            if not self._is_prepared():
                return
            with self._transaction() as connection:
                _check_epoch(connection, pipeline, epoch, f"the journal of {pipeline}")
                connection.execute("drop trigger if exists events_are_not_deleted")
                connection.execute("delete from Metadata where pipeline = ?", (pipeline,))
                connection.execute(_REFUSE_DELETE)

        await self._run(erase)

    async def aclose(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with anyio.CancelScope(shield=True):
                await self._run(connection.close)

    def _append(self, recorded: Recorded) -> None:
        row = to_row(recorded)
        where = f"event {recorded.pipeline}/{recorded.epoch}:{recorded.seq}"
        with self._transaction() as connection:
            known = connection.execute(
                f"select {_NAMES} from Metadata"  # noqa: S608
                " where pipeline = :pipeline and epoch = :epoch and seq = :seq",
                row,
            ).fetchone()
            if known is not None:
                if dict(known) != row:
                    raise CorruptJournal(f"{where} is taken by another content")
                return
            _check_epoch(connection, recorded.pipeline, recorded.epoch, where)
            connection.execute(f"insert into Metadata ({_NAMES}) values ({_PLACES})", row)  # noqa: S608

    async def _select(self, query: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
        def select() -> list[dict[str, Any]]:
            if not self._is_prepared():
                return []
            with (
                self._translated(),
                closing(self._open(create=False).execute(query, parameters)) as cursor,
            ):
                return [dict(row) for row in cursor]

        return await self._run(select)

    async def _change(self, statement: str, parameters: tuple[Any, ...]) -> int:
        """Return how many rows the statement changed: none where nothing was prepared."""

        def change() -> int:
            if not self._is_prepared():
                return 0
            with self._transaction() as connection:
                return connection.execute(statement, parameters).rowcount

        return await self._run(change)

    def _check_shape(
        self,
        connection: sqlite3.Connection,
        table: str,
        columns: Sequence[str],
        *,
        may_lack: bool = False,
    ) -> None:
        found = [row["name"] for row in connection.execute(f"pragma table_info({table})")]
        if not set(columns) <= set(found) and not (may_lack and not found):
            raise StoreRefused(
                f"{self._path} has a table {table} of another shape; name another file"
            )

    def _is_prepared(self) -> bool:
        """Whether there is a file with our tables; creates none."""
        with self._translated():
            if self._connection is None and not self._path.exists():
                return False
            present = self._open(create=False).execute(
                "select count(*) from sqlite_master where name in ('Metadata', 'leases')"
            )
            return int(present.fetchone()[0]) == 2

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            connection = self._open(create=True)
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("rollback")
                raise

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if self._connection is None:
            if self._path.exists() and not self._path.is_file():
                raise StoreRefused(
                    f"{self._path} can not be opened: it is no plain file; name another"
                )
            connection = sqlite3.connect(
                f"file:{_quoted(self._path)}?mode={'rwc' if create else 'rw'}",
                uri=True,
                isolation_level=None,
                timeout=self._busy_seconds,
                check_same_thread=False,
            )
            connection.row_factory = sqlite3.Row
            # FULL: an acknowledged event survives the loss of power.
            connection.execute("pragma synchronous = full")
            self._connection = connection
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreRefused(f"{self._path} {_REFUSED[sqlite3.SQLITE_CANTOPEN]}") from error
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _REFUSED:
                raise StoreRefused(f"{self._path} {_REFUSED[code]}") from error
            if code == sqlite3.SQLITE_ERROR and _ALIEN.match(str(error)):
                raise StoreRefused(
                    f"{self._path} has tables of another program; name another file"
                ) from error
            if code in _BUSY:
                raise StoreUnavailable(
                    f"{self._path} was locked by another process for {self._busy_seconds:g} s;"
                    " try again when it is done"
                ) from error
            raise StoreUnavailable(
                f"{self._path} does not answer ({error}); free space or mend it, then resume"
            ) from error

    async def _run(self, work: Callable[[], T]) -> T:
        def alone() -> T:
            with self._in_use:
                return work()

        return await anyio.to_thread.run_sync(alone, limiter=self._limiter)


def _owner(text: str) -> Owner | None:
    """Return the owner that a lease names, None where it names none."""
    try:
        return owner_from(orjson.loads(text))
    except (KeyError, TypeError, ValueError):
        return None


def _age(beaten_at: Any) -> float | None:
    """Return the seconds since the heartbeat, for display only; None where nobody can tell."""
    return max(0.0, wall_seconds() - beaten_at) if isinstance(beaten_at, int | float) else None


def _quoted(path: Path) -> str:
    """Return the path for a `file:` URI, whose query and fragment marks must not show."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _check_epoch(connection: sqlite3.Connection, pipeline: str, epoch: int, where: str) -> None:
    """Raise if a higher epoch was won; within the transaction that it is to guard."""
    highest = connection.execute(
        "select max(epoch) from leases where pipeline = ?", (pipeline,)
    ).fetchone()[0]
    if highest is not None and highest > epoch:
        raise LeaseLost(f"{where}: another process owns epoch {highest}")
