"""Facts: the vector index is a graph, and may hold an object that no way leads to.

No fault is needed for it: each neighbour has links enough and gives up the one to it. So an object
that no search finds is not always torn, and writing it anew alone may be in vain.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from uuid import UUID

import numpy as np
import pytest
from weaviate.classes.data import DataObject

from tests.facts.loading import (
    CLASS,
    Collection,
    Properties,
    connected,
    create_class,
    number_to_id,
    send,
)
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

OBJECTS, DIMENSIONS, CLUSTER = 1_000, 32, 50
ENTRIES = range(0, OBJECTS, OBJECTS // 5)
NEIGHBOURS = (2, 4, 4, 8)  # as the program does it
GRAPHS = 4
# The fewest links that there can be, so that a thousand objects show what a million do by default.
FEW_LINKS = {
    "class": CLASS,
    "vectorizer": "none",
    "vectorIndexType": "hnsw",
    "vectorIndexConfig": {"maxConnections": 4, "efConstruction": 8},
    "properties": [{"name": "label", "dataType": ["text"], "tokenization": "field"}],
}


def _vectors() -> list[list[float]]:
    """Return close clusters, and one object that lies far from everything for each of them."""
    chance = np.random.default_rng(1)
    centers = chance.standard_normal((OBJECTS // CLUSTER, DIMENSIONS))
    vectors = np.repeat(centers, CLUSTER, axis=0)
    vectors += 0.05 * chance.standard_normal(vectors.shape)
    vectors[::CLUSTER] = chance.standard_normal(centers.shape)
    return [[float(part) for part in vector] for vector in vectors]


VECTORS = _vectors()
NUMBERS: dict[UUID, int] = {number_to_id(number): number for number in range(OBJECTS)}


@pytest.fixture
async def collection(clean_weaviate: Weaviate) -> AsyncIterator[Collection]:
    create_class(clean_weaviate, FEW_LINKS)
    async with connected(clean_weaviate) as client:
        yield client.collections.get(CLASS)


async def test_an_acknowledged_object_may_be_led_to_by_none_until_its_neighbours_are_written_anew(
    clean_weaviate: Weaviate,
    collection: Collection,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    counts: list[tuple[int, int, int]] = []
    for _ in range(GRAPHS):
        await _write(collection, range(OBJECTS), with_vector=True)
        first = await _unreached(collection)
        assert first, "every object was led to"

        await _write_anew(collection, first)
        alone = left = await _unreached(collection)
        for neighbours in NEIGHBOURS:
            near = {key for number in left for key in await _near(collection, number, neighbours)}
            await _write_anew(collection, near - left)
            await _write_anew(collection, left)
            left = await _unreached(collection)
        counts.append((len(first), len(alone), len(left)))
        if not left:
            break
        # With so few links a whole cluster may lose the last one to it by what is written anew.
        clean_weaviate.wipe()
        create_class(clean_weaviate, FEW_LINKS)
    assert counts[-1][-1] == 0, counts

    record_testsuite_property("led to by none, written anew alone, after neighbours", str(counts))


async def _write_anew(collection: Collection, numbers: Iterable[int]) -> None:
    """Blank, then whole: an equal vector would not be indexed anew."""
    listed = sorted(numbers)
    await _write(collection, listed, with_vector=False)
    await _write(collection, listed, with_vector=True)


async def _write(collection: Collection, numbers: Sequence[int], *, with_vector: bool) -> None:
    await send(
        collection,
        [
            DataObject[Properties, None](
                properties={},
                uuid=number_to_id(number),
                vector=VECTORS[number] if with_vector else None,
            )
            for number in numbers
        ],
    )


async def _unreached(collection: Collection) -> set[int]:
    """Return what no search finds that asks for as many objects as there are."""
    found: set[int] = set()
    for entry in ENTRIES:
        found |= set(await _near(collection, entry, OBJECTS))
    return set(range(OBJECTS)) - found


async def _near(collection: Collection, number: int, limit: int) -> list[int]:
    reply = await collection.query.near_vector(VECTORS[number], limit=limit)
    return [NUMBERS[each.uuid] for each in reply.objects]
