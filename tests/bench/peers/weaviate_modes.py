"""The client's own ways to load: fixed-size batches, the stream, and `insert_many` in tasks.

    python -m tests.bench.peers.weaviate_modes fixed_size|stream|insert_many RECORDS PORT GRPC_PORT

The classes are there already. Objects go first and references after them, because a reference
to what is not there yet is refused inside an object and taken by `add_reference`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import weaviate
from weaviate.classes.data import DataObject, DataReference

from tests.bench.peers.reading import Line, Vectors, by_class, filled, records

BATCH, TASKS = 200, 4


def main() -> None:
    """Load by the mode, and print how long objects and references took."""
    mode, folder = sys.argv[1], Path(sys.argv[2])
    lines, vectors = records(folder)
    address = {"host": "127.0.0.1", "port": int(sys.argv[3]), "grpc_port": int(sys.argv[4])}
    if mode == "insert_many":
        objects_seconds, references_seconds = asyncio.run(_insert_many(lines, vectors, address))
    else:
        objects_seconds, references_seconds = _batched(mode, lines, vectors, address)
    said = {
        "objects": len(lines),
        "references": sum(1 for _ in _references(lines)),
        "objects_seconds": objects_seconds,
        "references_seconds": references_seconds,
        "load_seconds": objects_seconds + references_seconds,
        "objects_per_second": len(lines) / objects_seconds,
    }
    print(json.dumps(said))


def _batched(
    mode: str, lines: list[Line], vectors: Vectors, address: dict[str, Any]
) -> tuple[float, float]:
    with weaviate.connect_to_local(**address) as client:

        def batch() -> Any:
            if mode == "stream":
                return client.batch.stream()
            return client.batch.fixed_size(batch_size=BATCH, concurrent_requests=TASKS)

        began = time.monotonic()
        with batch() as objects:
            for line, vector in zip(lines, vectors, strict=True):
                objects.add_object(
                    collection=line["class"],
                    properties=filled(line),
                    uuid=line["id"],
                    vector=vector.tolist(),
                )
        halfway = time.monotonic()
        with batch() as references:
            for line, name, target in _references(lines):
                references.add_reference(
                    from_uuid=line["id"],
                    from_collection=line["class"],
                    from_property=name,
                    to=target,
                )
        ended = time.monotonic()
        failed = len(client.batch.failed_objects) + len(client.batch.failed_references)
        assert not failed, f"{failed} failed"
    return halfway - began, ended - halfway


async def _insert_many(
    lines: list[Line], vectors: Vectors, address: dict[str, Any]
) -> tuple[float, float]:
    async with weaviate.use_async_with_local(**address) as client:
        limit = asyncio.Semaphore(TASKS)

        async def insert(name: str, rows: list[int]) -> None:
            async with limit:
                made = [
                    DataObject(
                        properties=filled(lines[row]),
                        uuid=lines[row]["id"],
                        vector=vectors[row].tolist(),
                    )
                    for row in rows
                ]
                done = await client.collections.use(name).data.insert_many(made)
                assert not done.errors, done.errors

        async def refer(name: str, added: list[Any]) -> None:
            async with limit:
                done = await client.collections.use(name).data.reference_add_many(added)
                assert not done.errors, done.errors

        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for name, rows in by_class(lines):
                for part in _parts(rows):
                    tasks.create_task(insert(name, part))
        halfway = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for name, rows in by_class(lines):
                added = [
                    DataReference(from_property=held, from_uuid=line["id"], to_uuid=target)
                    for line, held, target in _references([lines[row] for row in rows])
                ]
                for part in _parts(added):
                    tasks.create_task(refer(name, part))
        return halfway - began, time.monotonic() - halfway


def _references(lines: list[Line]) -> Iterator[tuple[Line, str, str]]:
    for line in lines:
        for name, targets in line["references"].items():
            for target in targets:
                yield line, name, target


def _parts(whole: list[Any]) -> Iterator[list[Any]]:
    return (whole[at : at + BATCH] for at in range(0, len(whole), BATCH))


if __name__ == "__main__":
    main()
