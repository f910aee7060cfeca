"""The same rows by plain `executemany`: the least that SQLite itself takes.

    python -m tests.bench.sides.embedded_plain RECORDS FILE

Same columns, indexes and durability as our target: properties as JSON, the vector as a BLOB,
references as rows, found from both ends; write-ahead log, synchronous.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench.sides.reading import Records, read_records

BATCH = 512
TABLES = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    """CREATE TABLE IF NOT EXISTS objects (row INTEGER PRIMARY KEY, class TEXT NOT NULL,
        id BLOB NOT NULL UNIQUE, uri TEXT NOT NULL, label TEXT NOT NULL,
        content_hash TEXT NOT NULL, vector BLOB, properties TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS refs (source INTEGER NOT NULL, property TEXT NOT NULL,
        target INTEGER NOT NULL, PRIMARY KEY (source, property, target)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_target ON refs (target, property)",
)
OBJECT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
REFERENCE = "INSERT OR REPLACE INTO refs VALUES (?, ?, ?)"

Row = tuple[Any, ...]


def main() -> None:
    """Load, and print how long it took."""
    batches = list(_batches(read_records(Path(sys.argv[1]))))
    began = time.monotonic()
    with closing(sqlite3.connect(sys.argv[2])) as connection:
        for statement in TABLES:
            connection.execute(statement)
        for objects, references in batches:
            with connection:
                connection.executemany(OBJECT, objects)
                connection.executemany(REFERENCE, references)
    seconds = time.monotonic() - began
    print(json.dumps({"load_seconds": seconds, "rows": sum(len(rows) for rows, _ in batches)}))


def _batches(records: Records) -> Iterator[tuple[list[Row], list[Row]]]:
    numbers = {line["id"]: row for row, line in enumerate(records.lines)}
    for first in range(0, len(records.lines), BATCH):
        rows = range(first, min(first + BATCH, len(records.lines)))
        yield (
            [_object(records, row, numbers) for row in rows],
            [
                (numbers[records.lines[row]["id"]], name, numbers[target])
                for row in rows
                for name, targets in records.lines[row]["references"].items()
                for target in targets
            ],
        )


def _object(records: Records, row: int, numbers: dict[str, int]) -> Row:
    line = records.lines[row]
    properties = line["properties"]
    return (
        numbers[line["id"]],
        line["class"],
        UUID(line["id"]).bytes,
        properties["conceptUri"],
        properties["preferredLabel"],
        properties["contentHash"],
        records.vectors[row].tobytes(),
        json.dumps(properties, ensure_ascii=False),
    )


if __name__ == "__main__":
    main()
