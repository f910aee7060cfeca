"""Rows go in whole, in their order and counted, however many one statement takes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain

import pytest

from ingest.targets.sqlite_insert import insert


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)")
        yield connection


def rows(count: int) -> list[tuple[int, str, bytes]]:
    return [(row, f"text {row}", bytes([row % 256])) for row in range(count)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 350])
def test_every_row_is_inserted_once_and_counted(connection: sqlite3.Connection, count: int) -> None:
    wanted = rows(count)
    values = chain.from_iterable(wanted)
    assert insert(connection, "INSERT INTO t", columns=3, values=values) == count
    assert connection.execute("SELECT * FROM t ORDER BY a").fetchall() == wanted


@pytest.mark.parametrize("there", [0, 50, 120])
def test_what_is_ignored_is_not_counted(connection: sqlite3.Connection, there: int) -> None:
    connection.execute("INSERT INTO t VALUES (?, 'before', NULL)", (there,))
    values = chain.from_iterable(rows(130))
    assert insert(connection, "INSERT OR IGNORE INTO t", columns=3, values=values) == 129
    assert connection.execute("SELECT b FROM t WHERE a = ?", (there,)).fetchone() == ("before",)


@pytest.mark.parametrize("there", [50, 120])
def test_a_row_that_is_there_already_is_an_error(
    connection: sqlite3.Connection, there: int
) -> None:
    connection.execute("INSERT INTO t VALUES (?, 'before', NULL)", (there,))
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, "INSERT INTO t", columns=3, values=chain.from_iterable(rows(130)))


def test_many_rows_take_few_statements(connection: sqlite3.Connection) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    insert(connection, "INSERT INTO t", columns=3, values=chain.from_iterable(rows(1_000)))
    assert len(statements) == 10


def test_half_a_row_is_an_error(connection: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="shorter"):
        insert(connection, "INSERT INTO t", columns=3, values=[1, "text", b"", 2])
