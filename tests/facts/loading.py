"""A plain load of numbered objects, the kind that any script would do, and what it left behind.

Run as a program it is the load that a test kills: `python -m tests.facts.loading HOST PORT GRPC`.
It knows nothing of our own code.
"""

import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid5

import anyio
import httpx
import numpy as np
import weaviate
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Timeout
from weaviate.collections import CollectionAsync

from tests.server import Weaviate

CLASS = "Torn"
OBJECTS = 2_000
BATCH = 250
IN_FLIGHT = 4
DIMENSIONS = 384
SEARCHES_AT_ONCE = 8

Properties = dict[str, str]
Collection = CollectionAsync[Properties, None]

SCHEMA = {
    "class": CLASS,
    "vectorizer": "none",
    "vectorIndexType": "hnsw",
    # So thorough a search of so few objects is exact: what it misses is not in the index.
    "vectorIndexConfig": {"ef": 500, "efConstruction": 128},
    "properties": [{"name": "label", "dataType": ["text"], "tokenization": "field"}],
}


def number_to_id(number: int) -> UUID:
    """Return the id of the numbered object."""
    return uuid5(UUID(int=0), str(number))


def number_to_vector(number: int) -> list[float]:
    """Return the numbered object's vector; no two are alike."""
    vector = np.random.default_rng(number).standard_normal(DIMENSIONS)
    return [float(part) for part in vector]


def whole(number: int) -> DataObject[Properties, None]:
    """Return the numbered object as it is meant to be."""
    return DataObject(
        properties={"label": f"label {number}"},
        uuid=number_to_id(number),
        vector=number_to_vector(number),
    )


def blank(number: int) -> DataObject[Properties, None]:
    """Return the numbered object without its vector."""
    return DataObject(properties={"label": f"label {number}"}, uuid=number_to_id(number))


@asynccontextmanager
async def connected(
    server: Weaviate, *, insert_seconds: float = 60
) -> AsyncIterator[weaviate.WeaviateAsyncClient]:
    """Open the official client, with a deadline for inserts."""
    client = weaviate.use_async_with_local(
        host=server.host,
        port=server.port,
        grpc_port=server.grpc_port,
        additional_config=AdditionalConfig(timeout=Timeout(insert=insert_seconds)),
    )
    async with client:
        yield client


def create_class(server: Weaviate, schema: Mapping[str, object]) -> None:
    """Create a class by REST."""
    httpx.post(f"{server.url}/v1/schema", json=schema, timeout=30).raise_for_status()


async def send(collection: Collection, objects: Sequence[DataObject[Properties, None]]) -> None:
    """Send the objects in batches, several at once; every one must be acknowledged."""
    starts = iter(range(0, len(objects), BATCH))

    async def sender() -> None:
        for start in starts:
            reply = await collection.data.insert_many(objects[start : start + BATCH])
            assert reply.errors == {}

    async with anyio.create_task_group() as senders:
        for _ in range(IN_FLIGHT):
            senders.start_soon(sender)


async def stored(collection: Collection) -> set[int]:
    """Return the numbers of all stored objects, listed by cursor."""
    numbers = {number_to_id(number): number for number in range(OBJECTS)}
    return {numbers[found.uuid] async for found in collection.iterator()}


async def invisible(collection: Collection, numbers: Iterable[int]) -> set[int]:
    """Return which objects a search for their own vector does not find."""
    unseen: set[int] = set()
    left = iter(sorted(numbers))

    async def searcher() -> None:
        for number in left:
            reply = await collection.query.near_vector(number_to_vector(number), limit=1)
            if [found.uuid for found in reply.objects] != [number_to_id(number)]:
                unseen.add(number)

    async with anyio.create_task_group() as searchers:
        for _ in range(SEARCHES_AT_ONCE):
            searchers.start_soon(searcher)
    return unseen


async def main() -> None:
    """Load everything; print a line when the first requests are on their way."""
    host, port, grpc_port = sys.argv[1:]
    objects = [whole(number) for number in range(OBJECTS)]
    async with connected(Weaviate(f"http://{host}:{port}", int(grpc_port))) as client:
        print("loading", flush=True)
        await send(client.collections.get(CLASS), objects)


if __name__ == "__main__":
    anyio.run(main)
