"""The same rows by plain `executemany`: the least that our tables take.

    python -m tests.bench.sides.embedded_plain RECORDS FILE

The tables of our target (numbers for class and property, vectors apart), its batches and its
durability: write-ahead log, fully synchronous. Rows are made ready before the clock starts, and
come in order; what finds them by id and by what they refer to is made at the end, once, sorted.
No journal, no lease, no look-ups, nothing is checked.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench.sides.reading import Records, batches, read_records

BATCH = 512
TABLES = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    """CREATE TABLE IF NOT EXISTS objects (row INTEGER PRIMARY KEY, class INTEGER NOT NULL,
        id BLOB NOT NULL, uri TEXT NOT NULL, label TEXT NOT NULL,
        content_hash TEXT NOT NULL, properties TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS vectors (row INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS refs (source INTEGER NOT NULL, property INTEGER NOT NULL,
        target INTEGER NOT NULL, PRIMARY KEY (source, property, target)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS ids (class INTEGER NOT NULL, id BLOB NOT NULL,
        row INTEGER NOT NULL, PRIMARY KEY (class, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS referrers (target INTEGER NOT NULL, property INTEGER NOT NULL,
        source INTEGER NOT NULL, PRIMARY KEY (target, property, source)) WITHOUT ROWID""",
)
OBJECT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)"
VECTOR = "INSERT OR REPLACE INTO vectors VALUES (?, ?)"
REFERENCE = "INSERT OR IGNORE INTO refs VALUES (?, ?, ?)"
LOOK_UPS = (
    "INSERT OR IGNORE INTO ids SELECT class, id, row FROM objects ORDER BY class, id",
    """INSERT OR IGNORE INTO referrers SELECT target, property, source FROM refs
        ORDER BY target, property, source""",
)

Row = tuple[Any, ...]
Batch = tuple[list[Row], list[Row], list[Row]]  # objects, vectors, references


def main(folder: Path, file: Path) -> None:
    """Load, and print how long it took."""
    ready = list(_ready(read_records(folder)))
    began = time.monotonic()
    with closing(sqlite3.connect(file)) as connection:
        for statement in TABLES:
            connection.execute(statement)
        _load(connection, ready)
    seconds = time.monotonic() - began
    rows = sum(len(objects) for objects, _, _ in ready)
    print(json.dumps({"load_seconds": seconds, "rows": rows}))


def _load(connection: sqlite3.Connection, ready: Sequence[Batch]) -> None:
    for objects, vectors, references in ready:
        with connection:
            connection.executemany(OBJECT, objects)
            connection.executemany(VECTOR, vectors)
            connection.executemany(REFERENCE, references)
    with connection:
        for statement in LOOK_UPS:
            connection.execute(statement)


def _ready(records: Records) -> Iterator[Batch]:
    """Yield the batches as the rows that they become, numbered as they come."""
    rows_by_id: dict[str, int] = {}
    for line in records.lines:
        rows_by_id.setdefault(line["id"], len(rows_by_id) + 1)
    classes, names = _numbers(line["class"] for line in records.lines), _references(records)
    for places in batches(records, BATCH):
        objects, vectors, references = [], [], []
        for place in places:
            line = records.lines[place]
            row = rows_by_id[line["id"]]
            objects.append((row, classes[line["class"]], *_columns(line)))
            vectors.append((row, records.vectors[place].tobytes()))
            references += [
                (row, names[name], rows_by_id[target])
                for name, targets in line["references"].items()
                for target in targets
            ]
        yield objects, vectors, references


def _numbers(names: Iterator[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names), 1)}


def _references(records: Records) -> dict[str, int]:
    return _numbers(name for line in records.lines for name in line["references"])


def _columns(line: dict[str, Any]) -> Row:
    properties = line["properties"]
    return (
        UUID(line["id"]).bytes,
        properties["conceptUri"],
        properties["preferredLabel"],
        properties["contentHash"],
        json.dumps(properties, ensure_ascii=False, separators=(",", ":")),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
