"""Search by vector and by words, in memory, over one snapshot of a class.

Knows the tables and no threads: its one user calls it from one thread at a time. What a class
held is kept until its version in the file changes.

The word index is not in the file: written along with the objects it cost half of the load's
speed (17,000 real objects: 0.55 s without, 1.0 s with it); made at the first search it costs
that once per process, and a reader writes nothing.
"""

import re
import sqlite3
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import orjson

from ingest.records import PropertyValue
from ingest.target import Hit, TargetObject, Vector
from ingest.targets.nearest import Neighbours, neighbours
from ingest.targets.sqlite_schema import StoredClass
from journal.errors import StoreRefused
from schemas import ClassSchema

# A word is what the tokenizer of the index takes for one; the rest of a query is noise.
_WORD = re.compile(r"[^\W_]+")
_LABEL_WEIGHT, _TEXT_WEIGHT = 2.0, 1.0


@dataclass(slots=True)
class _Kept:
    """What is in memory of one state of a class."""

    number: int
    version: int
    neighbours: Neighbours | None = None
    words: sqlite3.Connection | None = None


@dataclass(slots=True)
class SearchCache:
    """The searchable part of the classes, by full name."""

    _kept: dict[str, _Kept] = field(default_factory=dict)

    def nearest(
        self,
        connection: sqlite3.Connection,
        held: StoredClass,
        *,
        schema: ClassSchema,
        vector: Vector,
        limit: int,
    ) -> list[Hit]:
        """Return the nearest objects by cosine, best first, ties by uri."""
        if held.dimension is None:
            return []
        if len(vector) != held.dimension:
            raise StoreRefused(
                f"class {held.name}: the query has {len(vector)} dimensions, the stored vectors "
                f"have {held.dimension}; search with the embedder that filled the class"
            )
        among = self._neighbours(connection, held)
        return [
            Hit(
                class_name=schema.name,
                uri=among.uris[position],
                label=among.labels[position],
                score=cosine,
            )
            for position, cosine in among.nearest(vector, limit=limit)
        ]

    def nearest_ids(
        self, connection: sqlite3.Connection, held: StoredClass, *, vector: Vector, limit: int
    ) -> frozenset[UUID]:
        """Return the ids of the nearest objects by cosine."""
        if held.dimension != len(vector):
            return frozenset()
        among = self._neighbours(connection, held)
        ids = list(among.positions)
        near = among.nearest(vector, limit=limit)
        return frozenset(UUID(bytes=ids[position]) for position, _ in near)

    def finds_itself(
        self, connection: sqlite3.Connection, held: StoredClass, *, sought: TargetObject
    ) -> bool:
        """Whether the object's own vector finds it."""
        if sought.vector is None or held.dimension != len(sought.vector):
            return False
        return self._neighbours(connection, held).finds_itself(sought.id.bytes, sought.vector)

    def best_matches(
        self,
        connection: sqlite3.Connection,
        held: StoredClass,
        *,
        schema: ClassSchema,
        words: str,
        limit: int,
    ) -> list[Hit]:
        """Return the objects that match any of the words, best first by BM25."""
        sought = " OR ".join(f'"{word}"' for word in _WORD.findall(words))
        if not sought:
            return []
        rows = self._words(connection, held, schema).execute(
            "SELECT uri, label, -bm25(words, 0, ?, ?) AS score FROM words WHERE words MATCH ?"
            " ORDER BY score DESC, uri LIMIT ?",
            (_LABEL_WEIGHT, _TEXT_WEIGHT, sought, limit),
        )
        return [
            Hit(class_name=schema.name, uri=uri, label=label, score=score)
            for uri, label, score in rows
        ]

    def clear(self) -> None:
        """Forget everything."""
        for kept in self._kept.values():
            if kept.words is not None:
                kept.words.close()
        self._kept.clear()

    def _neighbours(self, connection: sqlite3.Connection, held: StoredClass) -> Neighbours:
        kept = self._current(held)
        if kept.neighbours is None:
            kept.neighbours = _read_neighbours(connection, held)
        return kept.neighbours

    def _words(
        self, connection: sqlite3.Connection, held: StoredClass, schema: ClassSchema
    ) -> sqlite3.Connection:
        kept = self._current(held)
        if kept.words is None:
            kept.words = _read_words(connection, held, schema)
        return kept.words

    def _current(self, held: StoredClass) -> _Kept:
        kept = self._kept.get(held.name)
        if kept is None or (kept.number, kept.version) != (held.number, held.version):
            if kept is not None and kept.words is not None:
                kept.words.close()
            kept = self._kept[held.name] = _Kept(number=held.number, version=held.version)
        return kept


def _read_neighbours(connection: sqlite3.Connection, held: StoredClass) -> Neighbours:
    rows = connection.execute(
        "SELECT id, uri, label, vector FROM objects JOIN vectors USING (row)"
        " WHERE row BETWEEN ? AND ? ORDER BY row",
        held.rows,
    ).fetchall()
    flat = np.frombuffer(b"".join(row[3] for row in rows), dtype="<f4")
    return neighbours(
        ids=[row[0] for row in rows],
        uris=[row[1] for row in rows],
        labels=[row[2] for row in rows],
        vectors=flat.reshape(len(rows), held.dimension or 0).astype(np.float32, copy=False),
    )


def _read_words(
    connection: sqlite3.Connection, held: StoredClass, schema: ClassSchema
) -> sqlite3.Connection:
    names = [
        entry.name
        for entry in schema.properties
        if entry.searchable and entry.name != "preferredLabel"
    ]
    rows = connection.execute(
        "SELECT uri, label, properties FROM objects WHERE row BETWEEN ? AND ?", held.rows
    )
    index = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    index.execute(
        "CREATE VIRTUAL TABLE words USING fts5"
        "(uri UNINDEXED, label, text, tokenize = 'unicode61 remove_diacritics 2')"
    )
    index.execute("BEGIN")
    index.executemany(
        "INSERT INTO words VALUES (?, ?, ?)",
        ((uri, label, _text(properties, names)) for uri, label, properties in rows),
    )
    index.execute("COMMIT")
    return index


def _text(properties: str, names: list[str]) -> str:
    values: dict[str, PropertyValue] = orjson.loads(properties)
    texts = (values.get(name, "") for name in names)
    return "\n".join(text if isinstance(text, str) else "\n".join(text) for text in texts)
