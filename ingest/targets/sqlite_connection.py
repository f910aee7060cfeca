"""One connection to the database file: opened late, used by one thread at a time.

Knows how SQLite fails and what to do about it; nothing of classes or objects. Errors of the
driver are translated here, once.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

from anyio import CapacityLimiter, to_thread

from journal.errors import JournalError, StoreRefused, StoreUnavailable

T = TypeVar("T")

BUSY_SECONDS = 10.0

_REFUSALS = {
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; name another file",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it, or remove it and ingest again",
    sqlite3.SQLITE_READONLY: "can not be written to; check the rights of the file and its folder",
    sqlite3.SQLITE_PERM: "can not be accessed; check the rights of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "can not be opened; check that its folder exists and the rights",
}
_OUTAGES = {
    sqlite3.SQLITE_FULL: "can not grow, the disk is full; free some space and resume",
    sqlite3.SQLITE_IOERR: "can not be read or written, the disk reports an error; resume later",
}
# What SQLite says where a table of one of our names has other columns.
_ALIEN = re.compile(r"no such (column|table)|table \w+ has")


class DatabaseLocked(StoreUnavailable):
    """Another process kept the file locked for too long; nothing was written."""


class SqliteConnection:
    """A connection that never creates the file, and is made when it is first needed."""

    def __init__(self, path: Path, *, query_only: bool) -> None:
        self._path = path
        self._query_only = query_only
        self._limiter = CapacityLimiter(1)
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a worker thread; a cancelled caller waits for its end."""
        return await to_thread.run_sync(self._run, work, limiter=self._limiter)

    async def read(self, work: Callable[[sqlite3.Connection], T], *, absent: T) -> T:
        """Run `work` on one snapshot; return `absent` where there is no file."""

        def snapshot(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")

        def read() -> T:
            return self._run(snapshot) if self._is_there() else absent

        return await to_thread.run_sync(read, limiter=self._limiter)

    async def close(self) -> None:
        """Close the connection after what runs on it; the next use opens another."""
        await to_thread.run_sync(self._close, limiter=self._limiter)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with _translated(self._path):
            if self._connection is None:
                self._connection = self._opened()
            return work(self._connection)

    def _is_there(self) -> bool:
        with _translated(self._path):
            return self._connection is not None or self._path.exists()

    def _opened(self) -> sqlite3.Connection:
        # mode=rw: a file that is not there must not come to be by looking at it.
        uri = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        try:
            if self._query_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock; what fails leaves nothing behind."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk rolls back by itself, and a second time would hide why.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        _raise_ours(path, error)
    except OSError as error:  # a name that no file can have
        raise StoreRefused(f"{path} {_REFUSALS[sqlite3.SQLITE_CANTOPEN]}") from error


def _raise_ours(path: Path, error: sqlite3.Error) -> NoReturn:
    """Raise the error of ours whose remedy fits; one without remedy is a bug and stays."""
    # The low byte is the kind; a few errors of the driver itself carry no code.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    ours: JournalError
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        ours = DatabaseLocked(f"{path} stays locked by another process; end it, or resume later")
    elif code in _REFUSALS:
        ours = StoreRefused(f"{path} {_REFUSALS[code]}")
    elif code in _OUTAGES:
        ours = StoreUnavailable(f"{path} {_OUTAGES[code]}")
    elif code == sqlite3.SQLITE_ERROR and _ALIEN.match(str(error)):
        ours = StoreRefused(f"{path} has tables of another program; name another file")
    else:
        raise error
    raise ours from error
