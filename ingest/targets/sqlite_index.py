"""What finds rows by id and by what they refer to: `ids`, `referrers`, and the rows in neither.

Knows no threads and no leases. Entries of both come in random order: made along with its object,
each would touch a page of its own, and a load would slow down with all that is there already
(`docs/decisions/0011-late-look-up-tables-in-sqlite.md`). So recent rows are found in memory by
who writes them, and by reading them by everybody else, until `catch_up` enters them, many at
once and sorted.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from ingest.targets.sqlite_schema import StoredClass

# What a class may have of each before they are entered: some megabytes of memory, and about a
# second in which nobody else can write.
MOST_RECENT_ROWS = 1 << 15
MOST_RECENT_REFERENCES = 1 << 18
# Of the rows that were entered or looked up, so many of a class are remembered: some megabytes.
# Batches refer to the same objects again and again (a skill that many occupations need).
MOST_REMEMBERED = 1 << 14

# Far below the least limit on variables that any build of SQLite has (999).
_KEYS_PER_QUERY = 500
_KEY_LIST = ",".join("?" * _KEYS_PER_QUERY)
_INDEXED = f"SELECT id, row FROM ids WHERE class = ? AND id IN ({_KEY_LIST})"  # noqa: S608 - question marks only
_RECENT = f"SELECT id, row FROM objects WHERE row BETWEEN ? AND ? AND id IN ({_KEY_LIST})"  # noqa: S608 - question marks only
_LINKS = f"SELECT source, property, target FROM refs WHERE source IN ({_KEY_LIST})"  # noqa: S608 - question marks only

# An id is a number here: `UUID.int` is an attribute, `UUID.bytes` is computed at each use, and
# a load looks at every reference twice.
Rows = Mapping[int, int]
Link = tuple[int, int, int]  # row of the source, number of the property, row of the target


@dataclass(slots=True, kw_only=True)
class Recent:
    """Rows of one state of a class, by id: all the recent ones, and some that are remembered.

    `recent` counts the former, `references` what starts there.
    """

    state: tuple[int, int, int]
    rows: dict[int, int]
    recent: int
    references: int

    @property
    def is_full(self) -> bool:
        """Whether it is time to enter the recent ones into the look-up tables."""
        return self.recent >= MOST_RECENT_ROWS or self.references >= MOST_RECENT_REFERENCES

    def remember(self, looked_up: Rows, *, asked: set[int]) -> None:
        """Keep what the look-up tables said; where that is too much, forget what is oldest."""
        excess = len(self.rows) - self.recent + len(looked_up) - MOST_REMEMBERED
        if excess > 0:
            _, _, indexed = self.state
            others = [key for key, row in self.rows.items() if row < indexed and key not in asked]
            forgotten = set(others[: max(excess, len(others) // 2)])
            # A new one: the answer to what was asked before, in the same request, stays whole.
            self.rows = {key: row for key, row in self.rows.items() if key not in forgotten}
        self.rows |= looked_up


@dataclass(slots=True)
class RecentRows:
    """What the one writer remembers of the classes' recent rows, by full name.

    Good for as long as nobody else wrote to the class: whatever did changed its version.
    """

    _kept: dict[str, Recent] = field(default_factory=dict)

    def of(self, connection: sqlite3.Connection, held: StoredClass) -> Recent:
        """Return the recent rows of the class, read anew where they are not known."""
        kept = self._kept.get(held.name)
        if kept is None or kept.state != _state(held):
            kept = self._kept[held.name] = _read(connection, held)
        return kept

    def wrote(self, held: StoredClass, *, rows: Rows, references: int) -> None:
        """Note what was added to the class, which is now as `held` says."""
        kept = self._kept[held.name]
        kept.state = _state(held)
        kept.rows |= rows
        kept.recent += len(rows)
        kept.references += references

    def entered(self, held: StoredClass) -> None:
        """Note that the look-up tables have all rows of the class, which was as `held` says."""
        kept = self._kept.pop(held.name, None)
        if kept is not None and kept.state == _state(held):
            newest = list(islice(reversed(kept.rows.items()), MOST_REMEMBERED))
            after = _state(replace(held, indexed=held.next_row))
            rows = dict(reversed(newest))
            self._kept[held.name] = Recent(state=after, rows=rows, recent=0, references=0)

    def are_full(self, class_name: str) -> bool:
        """Whether it is time to enter the rows of the class, by full name."""
        kept = self._kept.get(class_name)
        return kept is not None and kept.is_full

    def clear(self) -> None:
        """Forget everything: what a failed transaction wrote is not there."""
        self._kept.clear()


def rows_by_id(connection: sqlite3.Connection, held: StoredClass, ids: Collection[int]) -> Rows:
    """Return the row numbers of those of the ids (`UUID.int`) that are there."""
    found = _selected(connection, _INDEXED, (held.number,), ids)
    if held.indexed < held.next_row and len(found) < len(ids):
        others = [key for key in ids if key not in found]
        found |= _selected(connection, _RECENT, held.recent_rows, others)
    return found


def rows_by_id_while_writing(
    connection: sqlite3.Connection, held: StoredClass, ids: set[int], *, recent: Recent
) -> Rows:
    """Return the same as `rows_by_id` and more, without reading what is in memory."""
    others = ids.difference(recent.rows)
    if others and held.indexed > held.rows[0]:
        looked_up = _selected(connection, _INDEXED, (held.number,), others)
        recent.remember(looked_up, asked=ids)
    return recent.rows


def links_of(connection: sqlite3.Connection, rows: Iterable[int]) -> set[Link]:
    """Return the references that start at these rows."""
    found: set[Link] = set()
    for some in _portions(rows):
        found.update(connection.execute(_LINKS, some))
    return found


def catch_up(connection: sqlite3.Connection, held: StoredClass) -> None:
    """Enter the recent rows into the look-up tables; sorted, which is ten times as fast."""
    connection.execute(
        "INSERT INTO ids SELECT class, id, row FROM objects WHERE row BETWEEN ? AND ? ORDER BY id",
        held.recent_rows,
    )
    connection.execute(
        "INSERT INTO referrers SELECT target, property, source FROM refs"
        " WHERE source BETWEEN ? AND ? ORDER BY target, property, source",
        held.recent_rows,
    )
    connection.execute("UPDATE classes SET indexed = taken WHERE number = ?", (held.number,))


def _state(held: StoredClass) -> tuple[int, int, int]:
    return held.number, held.version, held.indexed


def _read(connection: sqlite3.Connection, held: StoredClass) -> Recent:
    objects = connection.execute(
        "SELECT id, row FROM objects WHERE row BETWEEN ? AND ?", held.recent_rows
    )
    rows = {int.from_bytes(key, "big"): row for key, row in objects}
    (references,) = connection.execute(
        "SELECT count(*) FROM refs WHERE source BETWEEN ? AND ?", held.recent_rows
    ).fetchone()
    return Recent(state=_state(held), rows=rows, recent=len(rows), references=references)


def _selected(
    connection: sqlite3.Connection, query: str, fixed: tuple[int, ...], ids: Iterable[int]
) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _portions(key.to_bytes(16, "big") for key in ids):
        for key, row in connection.execute(query, (*fixed, *some)):
            found[int.from_bytes(key, "big")] = row
    return found


def _portions(keys: Iterable[bytes | int]) -> Iterator[list[bytes | int | None]]:
    """Yield the keys in lists of one length, the last filled up: one statement serves all."""
    left = iter(keys)
    while some := list(islice(left, _KEYS_PER_QUERY)):
        yield [*some, *[None] * (_KEYS_PER_QUERY - len(some))]
