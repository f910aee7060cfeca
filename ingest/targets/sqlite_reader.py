"""The reading half of the SQLite target: what it answers without owning anything.

Knows the classes' names and prefix, and that a missing file or class reads as nothing.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from ingest.target import Hit, Listed, TargetObject, Vector
from ingest.targets import sqlite_read
from ingest.targets.sqlite_connection import SqliteConnection
from ingest.targets.sqlite_index import rows_by_id
from ingest.targets.sqlite_schema import StoredClass, stored_class
from ingest.targets.sqlite_search import SearchCache
from schemas import ClassSchema

T = TypeVar("T")


class SqliteReader:
    """The reads of `Target` over a database file, on a connection of their own."""

    def __init__(
        self, path: Path, *, pipeline: str, prefix: str = "", schemas: Sequence[ClassSchema]
    ) -> None:
        self._pipeline = pipeline
        self._prefix = prefix
        self._schemas = {schema.name: schema for schema in schemas}
        self._reader = SqliteConnection(path, query_only=True)
        self._cache = SearchCache()

    async def existing_classes(self) -> tuple[str, ...]:
        """Return the names of those of our classes that are there."""

        def there(connection: sqlite3.Connection) -> tuple[str, ...]:
            return tuple(name for name in self._schemas if self._class(connection, name))

        return await self._reader.read(there, absent=())

    async def foreign_classes(self) -> tuple[str, ...]:
        """Return the names of those that belong to others."""

        def there(connection: sqlite3.Connection) -> tuple[str, ...]:
            return tuple(
                name
                for name in self._schemas
                if stored_class(connection, self._prefix + name)
                and not self._class(connection, name)
            )

        return await self._reader.read(there, absent=())

    async def count(self, class_name: str) -> int:
        """Return how many objects the class holds."""
        return await self._read(class_name, sqlite_read.count, absent=0)

    async def hashes(self, class_name: str) -> AsyncIterator[tuple[UUID, str]]:
        """Yield id and content hash of every object, in the order of their first write."""
        after = -1
        nothing: list[tuple[int, bytes, str]] = []
        while page := await self._read(
            class_name, partial(sqlite_read.hash_page, after=after), absent=nothing
        ):
            for _, key, content_hash in page:
                yield UUID(bytes=key), content_hash
            after = page[-1][0]

    async def listing(self, class_name: str) -> AsyncIterator[Listed]:
        """Yield every object at a glance, in the order of their first write."""
        after, names = -1, [entry.name for entry in self._schemas[class_name].references]
        nothing: list[tuple[int, Listed]] = []
        while page := await self._read(
            class_name,
            partial(sqlite_read.listed_page, names=names, after=after),
            absent=nothing,
        ):
            for _, listed in page:
                yield listed
            after = page[-1][0]

    async def objects(
        self, class_name: str, *, vectors: bool = True
    ) -> AsyncIterator[TargetObject]:
        """Yield every object whole, in the order of their first write."""
        after, schema = -1, self._schemas[class_name]
        nothing: list[tuple[int, TargetObject]] = []
        while page := await self._read(
            class_name,
            partial(sqlite_read.object_page, schema=schema, after=after, vectors=vectors),
            absent=nothing,
        ):
            for _, stored in page:
                yield stored
            after = page[-1][0]

    async def read(self, class_name: str, object_id: UUID) -> TargetObject | None:
        """Return the object, whole, by id."""
        one = partial(sqlite_read.one_object, schema=self._schemas[class_name], sought=object_id)
        return await self._read(class_name, one, absent=None)

    async def reference_counts(self, class_name: str) -> Mapping[str, int]:
        """Return the number of references, by reference property."""
        nothing: Mapping[str, int] = {}
        counted = await self._read(class_name, sqlite_read.reference_counts, absent=nothing)
        return {
            entry.name: counted.get(entry.name, 0) for entry in self._schemas[class_name].references
        }

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether a look-up by `conceptUri` finds an object."""
        return bool(await self.filtered(class_name, [uri]))

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return the objects that look-ups by `conceptUri` find."""
        found = partial(sqlite_read.ids_by_uri, uris=uris)
        return await self._read(class_name, found, absent=frozenset())

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the nearest objects by cosine."""
        nearest = partial(self._cache.nearest_ids, vector=vector, limit=limit)
        return await self._read(class_name, nearest, absent=frozenset())

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether no object is nearer to the sought vector than the object itself."""
        finds = partial(self._cache.finds_itself, sought=sought)
        return await self._read(sought.class_name, finds, absent=False)

    async def referring(
        self, class_name: str, reference: str, object_id: UUID, *, limit: int
    ) -> Sequence[Hit]:
        """Return the objects whose `reference` holds `object_id`, by uri."""
        schema = self._schemas[class_name]

        def referring(connection: sqlite3.Connection, held: StoredClass) -> list[Hit]:
            aimed = next(entry.target for entry in schema.references if entry.name == reference)
            target_class = self._class(connection, aimed)
            if target_class is None:
                return []
            rows = rows_by_id(connection, target_class, [object_id.int])
            if not rows:
                return []
            return sqlite_read.referring_objects(
                connection,
                held,
                schema=schema,
                reference=reference,
                target=rows[object_id.int],
                limit=limit,
            )

        return await self._read(class_name, referring, absent=[])

    async def search(self, class_name: str, vector: Vector, *, limit: int) -> Sequence[Hit]:
        """Return the nearest objects by cosine, over all of them (no approximate index)."""
        nearest = partial(
            self._cache.nearest, schema=self._schemas[class_name], vector=vector, limit=limit
        )
        return await self._read(class_name, nearest, absent=[])

    async def search_text(self, class_name: str, words: str, *, limit: int) -> Sequence[Hit]:
        """Return the best keyword matches by BM25."""
        matches = partial(
            self._cache.best_matches, schema=self._schemas[class_name], words=words, limit=limit
        )
        return await self._read(class_name, matches, absent=[])

    async def _read(
        self, class_name: str, work: Callable[[sqlite3.Connection, StoredClass], T], *, absent: T
    ) -> T:
        def read(connection: sqlite3.Connection) -> T:
            held = self._class(connection, class_name)
            return absent if held is None else work(connection, held)

        return await self._reader.read(read, absent=absent)

    def _class(self, connection: sqlite3.Connection, class_name: str) -> StoredClass | None:
        held = stored_class(connection, self._prefix + class_name)
        return held if held is not None and held.pipeline == self._pipeline else None
