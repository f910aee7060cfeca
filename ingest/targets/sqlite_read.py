"""Objects out of the tables, on a snapshot that the caller holds.

Knows no threads. Listings go page by page, so that no snapshot is held for long: an open
one would keep the write-ahead log from being folded back into the file.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from ingest.objects import object_id
from ingest.records import PropertyValue
from ingest.target import Hit, Listed, TargetObject, Vector
from ingest.targets.sqlite_index import rows_by_id
from ingest.targets.sqlite_schema import StoredClass
from schemas import ClassSchema

_HASHES_PER_PAGE = 5_000
_OBJECTS_PER_PAGE = 500
_WITH_VECTOR = "LEFT JOIN vectors USING (row)"
_COUNT = """
SELECT (SELECT count(*) FROM ids WHERE class = ?)
    + (SELECT count(*) FROM objects WHERE row BETWEEN ? AND ?)
"""
_REFERRING = """
SELECT uri, label FROM (
    SELECT property, source FROM referrers WHERE target = ? AND source BETWEEN ? AND ?
    UNION ALL
    SELECT property, source FROM refs WHERE target = ? AND source BETWEEN ? AND ?
)
JOIN objects ON row = source JOIN reference_names ON number = property
WHERE name = ? ORDER BY uri LIMIT ?
"""

References = dict[int, dict[str, tuple[UUID, ...]]]


def count(connection: sqlite3.Connection, held: StoredClass) -> int:
    """Return how many objects the class holds, by the short entries of `ids` where they are there.

    Readiness asks for it with every probe, and the rows themselves fill thirty times the pages.
    """
    return int(connection.execute(_COUNT, (held.number, *held.recent_rows)).fetchone()[0])


def hash_page(
    connection: sqlite3.Connection, held: StoredClass, *, after: int
) -> list[tuple[int, bytes, str]]:
    """Return row, id and content hash of the next objects after row `after`."""
    first, last = held.rows
    return connection.execute(
        "SELECT row, id, content_hash FROM objects WHERE row > ? AND row <= ? ORDER BY row LIMIT ?",
        (max(after, first - 1), last, _HASHES_PER_PAGE),
    ).fetchall()


def listed_page(
    connection: sqlite3.Connection, held: StoredClass, *, names: Sequence[str], after: int
) -> list[tuple[int, Listed]]:
    """Return the next objects after row `after` at a glance, with their rows."""
    first, last = held.rows
    rows = connection.execute(
        "SELECT row, id, uri, content_hash FROM objects WHERE row > ? AND row <= ?"
        " ORDER BY row LIMIT ?",
        (max(after, first - 1), last, _HASHES_PER_PAGE),
    ).fetchall()
    if not rows:
        return []
    counts = {row[0]: dict.fromkeys(names, 0) for row in rows}
    # Joined with their targets: a reference to a row that is gone is none.
    for source, name, count in connection.execute(
        "SELECT source, name, count(*) FROM refs JOIN objects ON row = target"
        " JOIN reference_names ON number = property"
        " WHERE source BETWEEN ? AND ? GROUP BY source, property",
        (rows[0][0], rows[-1][0]),
    ):
        if source in counts:  # else it is what a deleted object left behind
            counts[source][name] = count
    return [
        (
            row,
            Listed(id=UUID(bytes=key), uri=uri, content_hash=content_hash, references=counts[row]),
        )
        for row, key, uri, content_hash in rows
    ]


def ids_by_uri(
    connection: sqlite3.Connection, held: StoredClass, *, uris: Sequence[str]
) -> frozenset[UUID]:
    """Return the ids of the objects of the class that have one of these URIs.

    An object's id is made of its URI, so one index serves both; the URI is looked at all the same.
    """
    keys = [object_id(uri).int for uri in uris]
    rows = rows_by_id(connection, held, keys)
    query = "SELECT id FROM objects WHERE row = ? AND uri = ?"
    sought = zip(uris, map(rows.get, keys), strict=True)
    return frozenset(
        UUID(bytes=key) for uri, row in sought for (key,) in connection.execute(query, (row, uri))
    )


def object_page(
    connection: sqlite3.Connection,
    held: StoredClass,
    *,
    schema: ClassSchema,
    after: int,
    vectors: bool,
) -> list[tuple[int, TargetObject]]:
    """Return the next whole objects after row `after`, with their rows."""
    first, last = held.rows
    rows = connection.execute(
        f"SELECT row, id, properties, {'vector' if vectors else 'NULL'} FROM objects"  # noqa: S608
        f" {_WITH_VECTOR if vectors else ''} WHERE row > ? AND row <= ? ORDER BY row LIMIT ?",
        (max(after, first - 1), last, _OBJECTS_PER_PAGE),
    ).fetchall()
    if not rows:
        return []
    references = _references(connection, first=rows[0][0], last=rows[-1][0])
    return [(row[0], _object(row, references, schema=schema)) for row in rows]


def one_object(
    connection: sqlite3.Connection, held: StoredClass, *, schema: ClassSchema, sought: UUID
) -> TargetObject | None:
    """Return the object by id."""
    place = rows_by_id(connection, held, [sought.int]).get(sought.int)
    if place is None:
        return None
    row = connection.execute(
        f"SELECT row, id, properties, vector FROM objects {_WITH_VECTOR} WHERE row = ?",  # noqa: S608
        (place,),
    ).fetchone()
    return _object(row, _references(connection, first=place, last=place), schema=schema)


def reference_counts(connection: sqlite3.Connection, held: StoredClass) -> Mapping[str, int]:
    """Return the number of references by those properties that have any."""
    rows = connection.execute(
        "SELECT name, count(*) FROM refs JOIN reference_names ON number = property"
        " WHERE source BETWEEN ? AND ? GROUP BY number",
        held.rows,
    )
    return dict(rows)


def referring_objects(
    connection: sqlite3.Connection,
    held: StoredClass,
    *,
    schema: ClassSchema,
    reference: str,
    target: int,
    limit: int,
) -> list[Hit]:
    """Return the objects of the class whose `reference` holds row `target`, by uri."""
    rows = connection.execute(
        _REFERRING, (target, *held.rows, target, *held.recent_rows, reference, limit)
    )
    return [Hit(class_name=schema.name, uri=uri, label=label, score=1.0) for uri, label in rows]


def _references(connection: sqlite3.Connection, *, first: int, last: int) -> References:
    rows = connection.execute(
        "SELECT source, name, id FROM refs JOIN objects ON row = target"
        " JOIN reference_names ON number = property"
        " WHERE source BETWEEN ? AND ? ORDER BY source, property, id",
        (first, last),
    )
    found: References = {}
    for (source, name), links in groupby(rows, key=lambda row: (row[0], row[1])):
        found.setdefault(source, {})[name] = tuple(UUID(bytes=link[2]) for link in links)
    return found


def _object(row: tuple[Any, ...], references: References, *, schema: ClassSchema) -> TargetObject:
    number, key, properties, vector = row
    stored: dict[str, Any] = orjson.loads(properties)
    links = references.get(number, {})
    return TargetObject(
        class_name=schema.name,
        id=UUID(bytes=key),
        properties={
            entry.name: _value(stored.get(entry.name), many=entry.type == "text[]")
            for entry in schema.properties
        },
        references={entry.name: links.get(entry.name, ()) for entry in schema.references},
        vector=None if vector is None else _vector(vector),
    )


def _value(stored: Any, *, many: bool) -> PropertyValue:
    """Return the value; a property that the object was written without is empty."""
    return tuple(stored or ()) if many else str(stored or "")


def _vector(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32, copy=False)
