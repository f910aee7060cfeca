"""Whole objects into the tables, inside a transaction that the caller holds.

Knows no threads and no leases. Nothing here reads back more than row numbers. What can be
done before the transaction is done by `encoded`: while one batch is written, the next is made
ready.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from operator import attrgetter
from uuid import UUID

import orjson

from ingest.target import REFERS_TO_NOTHING, Outcome, TargetObject, Verdict
from ingest.targets.admission import (
    date_names,
    dimension_refusal,
    refusal_unread,
    text_refusal,
    vectors_fit,
)
from ingest.targets.sqlite_index import (
    RecentRows,
    Rows,
    links_of,
    rows_by_id_while_writing,
)
from ingest.targets.sqlite_insert import insert
from ingest.targets.sqlite_schema import ROWS_PER_CLASS, StoredClass, reference_numbers
from schemas import ClassSchema

_NO_VECTOR = "DELETE FROM vectors WHERE row = ?"
_REFERENCE = "INSERT OR IGNORE INTO refs"
_REFERRER = "INSERT OR IGNORE INTO referrers VALUES (?, ?, ?)"
_NO_REFERENCE = "DELETE FROM refs WHERE source = ? AND property = ? AND target = ?"

_NUMBER = attrgetter("int")
_ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One object as its columns, from `id` on; `reason` is why it can not be stored, or ""."""

    whole: TargetObject
    columns: tuple[bytes, str, str, str, str]
    vector: bytes | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the objects go: their class, its schema and the classes that they may refer to."""

    held: StoredClass
    schema: ClassSchema
    targets: Mapping[str, StoredClass]


def encoded(objects: Sequence[TargetObject], *, schema: ClassSchema) -> list[Encoded]:
    """Return the objects as they will stand in the tables."""
    dates = date_names(schema)
    vectors = [offered.vector for offered in objects if offered.vector is not None]
    fit = vectors_fit(vectors)
    return [_encoded(offered, dates, vector_fits=fit) for offered in objects]


def write_whole(
    connection: sqlite3.Connection, objects: Sequence[Encoded], place: Place, recent: RecentRows
) -> tuple[Outcome, ...]:
    """Write the objects whole; `recent` learns of their rows, whether or not this commits."""
    batch = _Batch(connection, objects, place, recent)
    outcomes = tuple(batch.admitted(offered) for offered in objects)
    references = batch.store(connection)
    after = replace(
        place.held,
        dimension=batch.dimension,
        version=place.held.version + 1,
        next_row=place.held.next_row + len(batch.new_rows),
    )
    connection.execute(
        "UPDATE classes SET version = ?, dimension = ?, taken = ? WHERE number = ?",
        (after.version, after.dimension, after.next_row % ROWS_PER_CLASS, after.number),
    )
    recent.wrote(after, rows=batch.new_rows, references=references)
    return outcomes


@dataclass(slots=True)
class _Accepted:
    """What will be stored, by row: of one object twice in a request, the last is left.

    The references of an object are what its rows in their table hold, one after the other.
    """

    objects: dict[int, Encoded] = field(default_factory=dict)
    links: dict[int, list[int]] = field(default_factory=dict)

    def store(self, connection: sqlite3.Connection, into: str, *, number: int) -> None:
        """Write the objects of class `number` and the vectors of those that have one."""
        rows = ((row, number, *each.columns) for row, each in self.objects.items())
        insert(connection, f"{into} objects", columns=7, values=chain.from_iterable(rows))
        vectors = (
            (row, each.vector) for row, each in self.objects.items() if each.vector is not None
        )
        insert(connection, f"{into} vectors", columns=2, values=chain.from_iterable(vectors))

    def all_links(self) -> Iterator[int]:
        """Yield what the references of all are in their table, one after the other."""
        return chain.from_iterable(self.links.values())


class _Batch:
    """One request: decided on object by object, against what was there before it, then stored."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        objects: Sequence[Encoded],
        place: Place,
        recent: RecentRows,
    ) -> None:
        self.dimension = place.held.dimension
        self.new_rows: dict[int, int] = {}
        self._held = place.held
        self._numbers = reference_numbers(connection)
        self._new, self._changed = _Accepted(), _Accepted()

        def found(there: StoredClass, ids: Iterable[UUID]) -> Rows:
            kept, asked = recent.of(connection, there), set(map(_NUMBER, ids))
            return rows_by_id_while_writing(connection, there, asked, recent=kept)

        self._known = found(place.held, (each.whole.id for each in objects))
        self._rows: dict[str, Rows] = {}
        for target, names in _names_by_target(place.schema).items():
            there, aimed = place.targets.get(target), _referred_to(objects, names)
            self._rows |= dict.fromkeys(names, found(there, aimed) if there else {})

    def admitted(self, offered: Encoded) -> Outcome:
        """Return the verdict; what is acknowledged will be stored."""
        reason, vector = offered.reason, offered.whole.vector
        if not reason and vector is not None:
            reason = dimension_refusal(len(vector), self.dimension)
        if reason:
            return Outcome(verdict=Verdict.REFUSED, reason=reason)
        key, next_row = offered.whole.id.int, self._held.next_row + len(self.new_rows)
        row = self._known.get(key, self.new_rows.get(key, next_row))
        links: list[int] = []
        for name, ids in offered.whole.references.items():
            if not ids:
                continue
            number, rows = self._numbers[name], self._rows[name]
            targets = map(rows.__getitem__, map(_NUMBER, ids))
            try:
                links += chain.from_iterable(zip(repeat(row), repeat(number), targets))
            except KeyError:
                reason = f"{name} {REFERS_TO_NOTHING}"
                return Outcome(verdict=Verdict.UNKNOWN, reason=reason)
        self._accept(offered, row, links)
        return _ACKNOWLEDGED

    def store(self, connection: sqlite3.Connection) -> int:
        """Write what was acknowledged; return how many references start at recent rows anew."""
        # Without REPLACE: a row that no object ever had is taken once, or the transaction fails.
        self._new.store(connection, "INSERT INTO", number=self._held.number)
        links = self._new.all_links()
        added = insert(connection, _REFERENCE, columns=3, values=links)
        return added + self._store_changed(connection)

    def _accept(self, offered: Encoded, row: int, links: list[int]) -> None:
        accepted = self._changed
        if row >= self._held.next_row:
            accepted = self._new
            self.new_rows[offered.whole.id.int] = row
        accepted.objects[row] = offered
        accepted.links[row] = links
        if offered.vector is not None:
            self.dimension = len(offered.vector) // 4

    def _store_changed(self, connection: sqlite3.Connection) -> int:
        changed = self._changed
        changed.store(connection, "INSERT OR REPLACE INTO", number=self._held.number)
        bare = [(row,) for row, each in changed.objects.items() if each.vector is None]
        connection.executemany(_NO_VECTOR, bare)
        held = changed.all_links()
        wanted = set(zip(held, held, held, strict=True))
        present = links_of(connection, changed.objects)
        new = sorted(wanted - present)
        connection.executemany(_NO_REFERENCE, sorted(present - wanted))
        insert(connection, _REFERENCE, columns=3, values=chain.from_iterable(new))
        indexed = [link[::-1] for link in new if link[0] < self._held.indexed]
        connection.executemany(_REFERRER, indexed)
        return len(new) - len(indexed)


def _names_by_target(schema: ClassSchema) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for entry in schema.references:
        names.setdefault(entry.target, []).append(entry.name)
    return names


def _referred_to(objects: Sequence[Encoded], names: Sequence[str]) -> Iterator[UUID]:
    """Yield what the objects refer to under these names."""
    held = (each.whole.references for each in objects)
    return chain.from_iterable(of_one.get(name, ()) for of_one in held for name in names)


def _encoded(offered: TargetObject, dates: tuple[str, ...], *, vector_fits: bool) -> Encoded:
    reason, text = refusal_unread(offered, dates=dates, vector_fits=vector_fits), ""
    if not reason:
        try:
            text = orjson.dumps(dict(offered.properties)).decode()
        except TypeError:
            reason = text_refusal(offered.properties)
    vector = offered.vector
    return Encoded(
        whole=offered,
        columns=(
            offered.id.bytes,
            offered.uri,
            str(offered.properties["preferredLabel"]),
            offered.content_hash,
            text,
        ),
        vector=None if vector is None else vector.astype("<f4", copy=False).tobytes(),
        reason=reason,
    )
