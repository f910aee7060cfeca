"""Our SQLite target at its port, with given ids and vectors; load, load again, query.

A load ends each class as the loader does, with a flush: the look-up tables are part of it.

python -m tests.bench.sides.embedded_ours load|query RECORDS FILE
"""

import json
import sys
import time
from itertools import groupby
from pathlib import Path
from uuid import UUID

import anyio
import numpy as np

from ingest.collecting import collect_seldom
from ingest.esco_classes import esco_schemas
from ingest.target import Reply, TargetObject, Verdict
from ingest.targets.sqlite import SqliteTarget, open_sqlite_target
from journal.stores.sqlite import SqliteStore
from schemas import load_schema
from tests.bench.peers.reading import percentiles
from tests.bench.sides.events import OWNER, PIPELINE
from tests.bench.sides.reading import Records, batches, read_records

BATCH = 512
REQUEST_SECONDS = 60
TOP = 10
CLASS = "Skill"


async def main(what: str, folder: Path, file: Path) -> None:
    """Load the records or ask the queries, and print how long it took."""
    collect_seldom()  # as the command does
    async with open_sqlite_target(file, pipeline=PIPELINE, schemas=esco_schemas()) as target:
        if what == "query":
            print(json.dumps(await _asked(target, folder)))
            return
        classes = _classes(read_records(folder))
        began = time.monotonic()
        if not file.exists():
            await _make(file, target)
        await target.own(1)
        for sent in classes:
            for batch in sent:
                _check(await target.upsert(batch, timeout_seconds=REQUEST_SECONDS))
            _check(await target.flush(sent[-1], timeout_seconds=REQUEST_SECONDS))
        seconds = time.monotonic() - began
    rows = sum(len(batch) for sent in classes for batch in sent)
    print(json.dumps({"load_seconds": seconds, "rows": rows}))


async def _make(file: Path, target: SqliteTarget) -> None:
    store = SqliteStore(file)
    await store.prepare()
    await store.create_lease(PIPELINE, 1, OWNER)
    await store.aclose()
    await target.own(1)
    await target.prepare()


def _check(reply: Reply) -> None:
    assert all(one.verdict is Verdict.ACKNOWLEDGED for one in reply.outcomes)


def _classes(records: Records) -> list[list[list[TargetObject]]]:
    """Return the batches of each class, as the loader would send them."""
    sent = ([_object(records, row) for row in rows] for rows in batches(records, BATCH))
    by_class = groupby(sent, key=lambda batch: batch[0].class_name)
    return [list(of_class) for _, of_class in by_class]


def _object(records: Records, row: int) -> TargetObject:
    line = records.lines[row]
    held = {entry.name: () for entry in load_schema(line["class"]).references}
    return TargetObject(
        class_name=line["class"],
        id=UUID(line["id"]),
        properties={
            name: tuple(value) if isinstance(value, list) else value
            for name, value in line["properties"].items()
        },
        references=held
        | {name: tuple(map(UUID, targets)) for name, targets in line["references"].items()},
        vector=records.vectors[row],
    )


async def _asked(target: SqliteTarget, folder: Path) -> dict[str, float]:
    queries = np.load(folder / "queries.npy")
    took = []
    for query in queries:
        began = time.perf_counter()
        hits = await target.search(CLASS, query, limit=TOP)
        took.append(time.perf_counter() - began)
        assert len(hits) == TOP
    return percentiles(took[1:], first_seconds=took[0])


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
