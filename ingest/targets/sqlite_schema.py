"""The classes of the SQLite target, and who may write to them.

Knows nothing of objects' contents, threads or search. Objects of class n have the row
numbers from n * 2^40 on, so that a class is one stretch of each table: listing it reads its
pages and no others, and a load only ever appends. What can not be appended stands in
`sqlite_index`.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ingest.targets.shape import completed_shape
from ingest.targets.sqlite_tables import TABLES
from journal.errors import LeaseLost, StoreRefused
from schemas import ClassSchema, PropertySchema, ReferenceSchema

ROWS_PER_CLASS = 1 << 40

_CLASS = """
SELECT number, pipeline, dimension, version, taken, indexed FROM classes WHERE name = ?
"""
# Both are columns of it only where vectors do not stand apart yet.
_EARLIER_COLUMNS = """
SELECT count(*) FROM pragma_table_info('objects') WHERE name IN ('content_hash', 'vector')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClass:
    """One class as it is in the file. `version` grows with every write to its objects.

    `next_row` is the first row that no object ever had. The rows from `indexed` on are not in
    the look-up tables yet.
    """

    number: int
    name: str
    pipeline: str
    dimension: int | None
    version: int
    next_row: int
    indexed: int

    @property
    def rows(self) -> tuple[int, int]:
        """The first and the last row number of the class, both inclusive."""
        return self.number * ROWS_PER_CLASS, (self.number + 1) * ROWS_PER_CLASS - 1

    @property
    def recent_rows(self) -> tuple[int, int]:
        """The first and the last row that is not in the look-up tables yet, both inclusive."""
        return self.indexed, self.next_row - 1


def stored_class(connection: sqlite3.Connection, name: str) -> StoredClass | None:
    """Return the class by its full name, None if it is not there."""
    if not has_table(connection, "classes"):
        return None
    try:
        row = connection.execute(_CLASS, (name,)).fetchone()
    except sqlite3.OperationalError:
        check_shape(connection)  # only now: this is asked for with every read
        raise
    if row is None:
        return None
    number, pipeline, dimension, version, taken, indexed = row
    return StoredClass(
        number=number,
        name=name,
        pipeline=pipeline,
        dimension=dimension,
        version=version,
        next_row=number * ROWS_PER_CLASS + taken,
        indexed=number * ROWS_PER_CLASS + indexed,
    )


def check_shape(connection: sqlite3.Connection) -> None:
    """Refuse a file whose objects an earlier version wrote, with their vectors inside.

    Raises:
        StoreRefused: it is to be removed, or another one named.
    """
    if connection.execute(_EARLIER_COLUMNS).fetchone() == (2,):
        (file,) = connection.execute("SELECT file FROM pragma_database_list").fetchone()
        raise StoreRefused(
            f"{file} was made by an earlier version, whose tables this one can not use; remove it "
            "and ingest again, or name another file"
        )


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the file has the table."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def reference_numbers(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the numbers that stand for the reference properties in the table of references."""
    return dict(connection.execute("SELECT name, number FROM reference_names"))


def check_epoch(connection: sqlite3.Connection, *, pipeline: str, epoch: int | None) -> None:
    """Refuse to go on unless `epoch` is the highest that the journal has granted.

    Called inside a write transaction: nobody can be granted a higher one before it ends.
    """
    highest = None
    if has_table(connection, "leases"):
        query = "SELECT max(epoch) FROM leases WHERE pipeline = ?"
        (highest,) = connection.execute(query, (pipeline,)).fetchone()
    if epoch is None or highest != epoch:
        raise LeaseLost(
            f"pipeline {pipeline}: this process writes under epoch {epoch}, the highest lease is "
            f"{highest}; the owner of that one goes on"
        )


def prepare_classes(
    connection: sqlite3.Connection, *, pipeline: str, schemas: Mapping[str, ClassSchema]
) -> None:
    """Create the tables, and the classes by their full names; complete half-made ones."""
    check_shape(connection)
    for statement in TABLES:  # not `executescript`: it would commit
        connection.execute(statement)
    for name, schema in schemas.items():
        there = connection.execute(
            "SELECT pipeline, definition FROM classes WHERE name = ?", (name,)
        ).fetchone()
        if there is not None:
            _check_owner(name, owner=there[0], pipeline=pipeline)
            completed_shape(name, _schema(there[1]), schema)
        connection.execute(
            "INSERT INTO classes(name, pipeline, definition) VALUES (?, ?, ?)"
            " ON CONFLICT(name) DO UPDATE SET definition = excluded.definition",
            (name, pipeline, orjson.dumps(schema).decode()),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO reference_names(name) VALUES (?)",
            ((entry.name,) for entry in schema.references),
        )


def drop_class(connection: sqlite3.Connection, name: str, *, pipeline: str) -> None:
    """Drop the class if it belongs to the pipeline, with all that is in it."""
    dropped = stored_class(connection, name)
    if dropped is None or dropped.pipeline != pipeline:
        return
    # First what the triggers would otherwise look for row by row, in random order.
    connection.execute("DELETE FROM referrers WHERE target BETWEEN ? AND ?", dropped.rows)
    connection.execute("DELETE FROM refs WHERE source BETWEEN ? AND ?", dropped.rows)
    connection.execute("DELETE FROM refs WHERE target BETWEEN ? AND ?", dropped.rows)
    connection.execute("DELETE FROM vectors WHERE row BETWEEN ? AND ?", dropped.rows)
    connection.execute("DELETE FROM ids WHERE class = ?", (dropped.number,))
    connection.execute("DELETE FROM objects WHERE row BETWEEN ? AND ?", dropped.rows)
    connection.execute("DELETE FROM classes WHERE number = ?", (dropped.number,))


def _check_owner(name: str, *, owner: str, pipeline: str) -> None:
    if owner != pipeline:
        raise StoreRefused(
            f"class {name} belongs to pipeline {owner}, not to {pipeline}; choose another prefix"
        )


def _schema(definition: str) -> ClassSchema:
    document: dict[str, Any] = orjson.loads(definition)
    return ClassSchema(
        name=document["name"],
        description=document["description"],
        properties=tuple(PropertySchema(**entry) for entry in document["properties"]),
        references=tuple(ReferenceSchema(**entry) for entry in document["references"]),
    )
