"""sqlite-vec: a virtual table a class beside a table of the properties; `executemany`.

    python -m tests.bench.peers.sqlite_vec_local load|query RECORDS FOLDER

A virtual table knows no "insert or replace": a second load deletes first what is there.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pysqlite3 as sqlite3  # type: ignore[import-not-found]  # Python's own may load no extension
import sqlite_vec  # type: ignore[import-not-found]

from tests.bench.peers.reading import by_class, percentiles, queries, records

TOP, CLASS = 10, "Skill"
THERE = "SELECT 1 FROM sqlite_master WHERE name = ?"
ASKED = f"SELECT rowid, distance FROM {CLASS}_vectors WHERE embedding MATCH ? AND k = {TOP}"


def main() -> None:
    """Load or ask, and print how long it took."""
    what, folder, place = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    place.mkdir(exist_ok=True)
    with _connection(place / "vec.db") as connection:
        print(json.dumps((_asked if what == "query" else _loaded)(connection, folder)))


@contextmanager
def _connection(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        connection.enable_load_extension(True)
        sqlite_vec.load(connection)
        connection.enable_load_extension(False)
        connection.execute("PRAGMA journal_mode = WAL")
        yield connection


def _loaded(connection: sqlite3.Connection, folder: Path) -> dict[str, float]:
    lines, vectors = records(folder)
    began = time.monotonic()
    for name, rows in by_class(lines):
        is_there = bool(connection.execute(THERE, (f"{name}_vectors",)).fetchone())
        dim = vectors.shape[1]
        connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {name}_vectors"
            f" USING vec0(embedding float[{dim}] distance_metric=cosine)"
        )
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name}"
            " (row INTEGER PRIMARY KEY, id TEXT UNIQUE, properties TEXT)"
        )
        told = [(row, lines[row]["id"], json.dumps(lines[row]["properties"])) for row in rows]
        with connection:
            if is_there:
                connection.executemany(
                    f"DELETE FROM {name}_vectors WHERE rowid = ?", [(row,) for row in rows]
                )
            connection.executemany(f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)", told)
            connection.executemany(
                f"INSERT INTO {name}_vectors (rowid, embedding) VALUES (?, ?)",
                [(row, vectors[row].tobytes()) for row in rows],
            )
    return {"load_seconds": time.monotonic() - began, "rows": len(lines)}


def _asked(connection: sqlite3.Connection, folder: Path) -> dict[str, float]:
    took = []
    for query in queries(folder):
        began = time.perf_counter()
        found = connection.execute(ASKED, (query.tobytes(),)).fetchall()
        took.append(time.perf_counter() - began)
        assert len(found) == TOP
    return percentiles(took[1:], first_seconds=took[0])


if __name__ == "__main__":
    main()
