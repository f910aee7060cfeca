"""Rows into a table, many with each statement.

Knows no table. Of a short row, a statement of its own is half of what it costs to store it.
"""

import sqlite3
from collections.abc import Iterable
from itertools import islice

# Far below the least limit on variables that any build of SQLite has (999).
_MOST_VALUES = 300


def insert(
    connection: sqlite3.Connection, into: str, *, columns: int, values: Iterable[object]
) -> int:
    """Insert `values`, row after row, and return how many rows were; `into` names the table."""
    row = f"({','.join('?' * columns)})"
    rows = _MOST_VALUES // columns
    many, left, inserted = f"{into} VALUES {','.join([row] * rows)}", iter(values), 0
    while len(some := tuple(islice(left, rows * columns))) == rows * columns:
        inserted += connection.execute(many, some).rowcount
    rest = zip(*[iter(some)] * columns, strict=True)
    return inserted + connection.executemany(f"{into} VALUES {row}", rest).rowcount
