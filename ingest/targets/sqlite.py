"""The embedded target: objects, references and vectors in one SQLite file, beside the journal.

Knows the order of things (connection, transaction, lease, tables); the tables themselves
stand in `sqlite_schema`, `sqlite_write`, `sqlite_read` and `sqlite_search`. It fences: every
write transaction checks that its epoch is the journal's highest. Two connections: a long read
never keeps a write waiting.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from anyio import CancelScope, to_thread

from ingest.target import Outcome, Reply, TargetObject, Verdict
from ingest.targets.sqlite_connection import (
    BUSY_SECONDS,
    DatabaseLocked,
    SqliteConnection,
    transaction,
)
from ingest.targets.sqlite_index import RecentRows, catch_up, rows_by_id
from ingest.targets.sqlite_reader import SqliteReader
from ingest.targets.sqlite_schema import StoredClass, check_epoch, drop_class, prepare_classes
from ingest.targets.sqlite_write import Encoded, Place, encoded, write_whole
from journal.errors import StoreRefused
from schemas import ClassSchema

T = TypeVar("T")

_ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)


@asynccontextmanager
async def open_sqlite_target(
    path: Path | str, *, pipeline: str, prefix: str = "", schemas: Sequence[ClassSchema]
) -> AsyncIterator["SqliteTarget"]:
    """Open the target in the database file `path`, which the journal's store creates.

    Where there is no file, reads find nothing, and leave it so.
    """
    target = SqliteTarget(Path(path), pipeline=pipeline, prefix=prefix, schemas=schemas)
    try:
        yield target
    finally:
        with CancelScope(shield=True):
            await target.aclose()


class SqliteTarget(SqliteReader):
    """`Target` over a database file: `SqliteReader` and the writes."""

    tears = False

    def __init__(
        self, path: Path, *, pipeline: str, prefix: str = "", schemas: Sequence[ClassSchema]
    ) -> None:
        super().__init__(path, pipeline=pipeline, prefix=prefix, schemas=schemas)
        self._epoch: int | None = None
        self._writer = SqliteConnection(path, query_only=False)
        self._recent = RecentRows()

    async def own(self, epoch: int) -> None:
        """Write under `epoch` from now on.

        Raises:
            LeaseLost: it is not the highest epoch of the journal in the same file.
        """
        self._epoch = epoch
        await self._write(lambda connection: None)

    async def prepare(self) -> None:
        """Create the classes, complete half-made ones."""
        schemas = {self._prefix + name: schema for name, schema in self._schemas.items()}
        await self._write(partial(prepare_classes, pipeline=self._pipeline, schemas=schemas))

    async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
        """Drop the class, if it belongs to this pipeline, in one transaction."""
        name = self._prefix + class_name
        await self._write(lambda there: drop_class(there, name, pipeline=self._pipeline))

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write each object whole, in one transaction; it waits so long for other writers."""
        if not objects:
            return Reply(outcomes=())
        name = objects[0].class_name
        ready = await to_thread.run_sync(partial(encoded, objects, schema=self._schemas[name]))
        return await self._send(partial(self._upsert, ready, name), name, objects, timeout_seconds)

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Enter the last rows into the look-up tables; the rows themselves are in the file."""
        if not objects:
            return Reply(outcomes=())
        name, outcomes = objects[0].class_name, (_ACKNOWLEDGED,) * len(objects)

        def enter(connection: sqlite3.Connection) -> tuple[Outcome, ...]:
            self._catch_up(name, connection)
            return outcomes

        return await self._send(enter, name, objects, timeout_seconds)

    async def incarnation(self) -> str:
        """Return "": no index of it is ever behind its rows."""
        return ""

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object unless its id exists."""

        name = created.class_name
        ready = encoded([created], schema=self._schemas[name])

        def create(connection: sqlite3.Connection) -> tuple[Outcome, ...]:
            held = self._class_to_write(connection, name)
            if rows_by_id(connection, held, [created.id.int]):
                return (_ACKNOWLEDGED,)
            return self._upsert(ready, name, connection)

        return await self._send(create, name, [created], timeout_seconds)

    async def disconnect(self) -> None:
        """Close both connections; the next call opens them again."""
        await self._writer.close()
        await self._reader.close()
        self._recent.clear()

    async def aclose(self) -> None:
        """Close both connections and forget what was kept in memory."""
        await self.disconnect()
        self._cache.clear()

    # --- transactions ------------------------------------------------------------------------

    async def _write(
        self, work: Callable[[sqlite3.Connection], T], *, busy_seconds: float = BUSY_SECONDS
    ) -> T:
        def write(connection: sqlite3.Connection) -> T:
            connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
            try:
                with transaction(connection):
                    check_epoch(connection, pipeline=self._pipeline, epoch=self._epoch)
                    return work(connection)
            except BaseException:
                self._recent.clear()
                raise

        return await self._writer.run(write)

    async def _send(
        self,
        work: Callable[[sqlite3.Connection], tuple[Outcome, ...]],
        class_name: str,
        objects: Sequence[TargetObject],
        timeout_seconds: float,
    ) -> Reply:
        try:
            if self._recent.are_full(self._prefix + class_name):
                catch_up = partial(self._catch_up, class_name)
                await self._write(catch_up, busy_seconds=timeout_seconds)
            return Reply(outcomes=await self._write(work, busy_seconds=timeout_seconds))
        except DatabaseLocked as error:
            unknown = Outcome(verdict=Verdict.UNKNOWN, reason=str(error))
            return Reply(outcomes=(unknown,) * len(objects), pushback=True)

    def _upsert(
        self, objects: Sequence[Encoded], class_name: str, connection: sqlite3.Connection
    ) -> tuple[Outcome, ...]:
        schema = self._schemas[class_name]
        aimed = {entry.target for entry in schema.references}
        targets = {name: held for name in aimed if (held := self._class(connection, name))}
        held = self._class_to_write(connection, class_name)
        place = Place(held=held, schema=schema, targets=targets)
        return write_whole(connection, objects, place, self._recent)

    def _catch_up(self, class_name: str, connection: sqlite3.Connection) -> None:
        held = self._class_to_write(connection, class_name)
        if held.indexed < held.next_row:
            catch_up(connection, held)
            self._recent.entered(held)

    def _class_to_write(self, connection: sqlite3.Connection, class_name: str) -> StoredClass:
        held = self._class(connection, class_name)
        if held is None:
            name = self._prefix + class_name
            raise StoreRefused(f"class {name} is not there; prepare the target first")
        return held
