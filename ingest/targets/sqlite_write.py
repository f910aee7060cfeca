"""Whole objects into the tables, inside a transaction that the caller holds.

Knows no threads and no leases. Nothing here reads back more than row numbers.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson

from ingest.target import REFERS_TO_NOTHING, Outcome, TargetObject, Verdict
from ingest.targets.admission import date_names, refusal
from ingest.targets.sqlite_schema import StoredClass, reference_numbers
from schemas import ClassSchema

# Far below the least limit on variables that any build of SQLite has (999).
_IDS_PER_QUERY = 500
_ID_LIST = ",".join("?" * _IDS_PER_QUERY)
_ROWS_BY_ID = f"SELECT id, row FROM objects WHERE class = ? AND id IN ({_ID_LIST})"  # noqa: S608 - question marks only

_LAST_ROWS = (
    "SELECT max(row) FROM objects WHERE row BETWEEN ? AND ?",
    "SELECT max(source) FROM refs WHERE source BETWEEN ? AND ?",
    "SELECT max(target) FROM refs WHERE target BETWEEN ? AND ?",
)
_LINKS = "SELECT property, target FROM refs WHERE source = ?"
_UPDATE = """
UPDATE objects SET uri = ?, label = ?, content_hash = ?, vector = ?, properties = ? WHERE row = ?
"""

_ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)

# An id is a number here: `UUID.int` is an attribute, `UUID.bytes` is computed at each use, and
# a load looks at every reference twice.
Rows = Mapping[int, int]
Link = tuple[int, int]  # number of the reference property, row of the object referred to


@dataclass(frozen=True, slots=True)
class _Accepted:
    """An object that will be stored, and what it refers to."""

    whole: TargetObject
    links: list[Link]


def write_whole(
    connection: sqlite3.Connection,
    objects: Sequence[TargetObject],
    *,
    held: StoredClass,
    schema: ClassSchema,
    targets: Mapping[str, StoredClass],
) -> tuple[Outcome, ...]:
    """Write the objects whole into `held`; `targets` are the classes that they may refer to."""
    admit = _Admission(connection, objects, held=held, schema=schema, targets=targets)
    outcomes = tuple(admit(offered) for offered in objects)
    _store(connection, admit.accepted, held=held)
    connection.execute(
        "UPDATE classes SET version = version + 1, dimension = ? WHERE number = ?",
        (admit.dimension, held.number),
    )
    return outcomes


def rows_by_id(connection: sqlite3.Connection, held: StoredClass, ids: Iterable[int]) -> Rows:
    """Return the row numbers of those of the ids (`UUID.int`) that are there."""
    found: dict[int, int] = {}
    for some in _portions(ids):
        for key, row in connection.execute(_ROWS_BY_ID, (held.number, *some)):
            found[int.from_bytes(key, "big")] = row
    return found


class _Admission:
    """Decides on one request, object by object, against what was there before it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        objects: Sequence[TargetObject],
        *,
        held: StoredClass,
        schema: ClassSchema,
        targets: Mapping[str, StoredClass],
    ) -> None:
        self.accepted: list[_Accepted] = []
        self.dimension = held.dimension
        self._dates = date_names(schema)
        self._numbers = reference_numbers(connection)
        self._rows: dict[str, Rows] = {}
        for entry in schema.references:
            aimed = {id_.int for one in objects for id_ in one.references.get(entry.name, ())}
            there = targets.get(entry.target)
            self._rows[entry.name] = rows_by_id(connection, there, aimed) if there else {}

    def __call__(self, offered: TargetObject) -> Outcome:
        """Return the verdict; what is acknowledged is added to `accepted`."""
        reason = refusal(offered, dates=self._dates, dimension=self.dimension)
        if reason:
            return Outcome(verdict=Verdict.REFUSED, reason=reason)
        links: list[Link] = []
        for name, ids in offered.references.items():
            rows, number = self._rows[name], self._numbers[name]
            try:
                links += [(number, rows[id_.int]) for id_ in ids]
            except KeyError:
                reason = f"{name} {REFERS_TO_NOTHING}"
                return Outcome(verdict=Verdict.UNKNOWN, reason=reason)
        self.accepted.append(_Accepted(offered, links))
        if offered.vector is not None:
            self.dimension = len(offered.vector)
        return _ACKNOWLEDGED


def _store(
    connection: sqlite3.Connection, accepted: Sequence[_Accepted], *, held: StoredClass
) -> None:
    known = rows_by_id(connection, held, (each.whole.id.int for each in accepted))
    free_row = _first_free_row(connection, held)
    fresh, changed, gone, new = [], [], [], []
    for each in accepted:
        row = known.get(each.whole.id.int)
        wanted = set(each.links)
        if row is None:
            row, free_row = free_row, free_row + 1
            fresh.append((row, held.number, each.whole.id.bytes, *_columns(each.whole)))
        else:
            changed.append((*_columns(each.whole), row))
            present = set(connection.execute(_LINKS, (row,)))
            gone += [(row, *link) for link in present - wanted]
            wanted -= present
        new += [(row, *link) for link in wanted]
    connection.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", fresh)
    connection.executemany(_UPDATE, changed)
    connection.executemany(
        "DELETE FROM refs WHERE source = ? AND property = ? AND target = ?", gone
    )
    connection.executemany("INSERT INTO refs VALUES (?, ?, ?)", sorted(new))


def _columns(stored: TargetObject) -> tuple[str, str, str, bytes | None, str]:
    vector = stored.vector
    return (
        stored.uri,
        str(stored.properties["preferredLabel"]),
        stored.content_hash,
        None if vector is None else vector.astype("<f4", copy=False).tobytes(),
        orjson.dumps(dict(stored.properties)).decode(),
    )


def _first_free_row(connection: sqlite3.Connection, held: StoredClass) -> int:
    """Return the first row that no object of the class has, and no reference comes from or aims at.

    Who deletes objects behind our back leaves their references: they must never be another's.
    """
    last = max(connection.execute(query, held.rows).fetchone()[0] or -1 for query in _LAST_ROWS)
    return max(held.rows[0], int(last) + 1)


def _portions(ids: Iterable[int]) -> Iterator[list[bytes | None]]:
    """Yield the ids in lists of one length, the last filled up: one statement serves all."""
    keys = iter(ids)
    while some := [key.to_bytes(16, "big") for key in islice(keys, _IDS_PER_QUERY)]:
        yield [*some, *[None] * (_IDS_PER_QUERY - len(some))]
