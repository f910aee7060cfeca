"""Facts: references written inside an object, and references added one by one.

Every object is written whole, its references inside it, because of these.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from weaviate.classes.data import DataObject, DataReference
from weaviate.collections.classes.batch import BatchObjectReturn
from weaviate.exceptions import WeaviateInsertManyAllFailedError

from tests.facts.loading import Collection, connected
from tests.facts.raw import THING, create_class, rest
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

SOURCE = UUID("7e57ab1e-0000-4000-8000-00000000000a")
TARGET = UUID("7e57ab1e-0000-4000-8000-00000000000b")
ABSENT = UUID("7e57ab1e-0000-4000-8000-00000000000c")


class Things:
    """The class Thing with the reference `other` to itself."""

    def __init__(self, collection: Collection, client: httpx.Client) -> None:
        self.collection = collection
        self._client = client

    async def upsert(self, id: UUID, other: list[UUID] | None = None) -> BatchObjectReturn:
        """Write one object by the client's batch insert."""
        references = None if other is None else {"other": other}
        written = DataObject(properties={"text": "x"}, uuid=id, references=references)
        return await self.collection.data.insert_many([written])

    async def add(self, source: UUID, target: UUID) -> None:
        """Add one reference by itself."""
        added = DataReference(from_uuid=source, from_property="other", to_uuid=target)
        assert not (await self.collection.data.reference_add_many([added])).has_errors

    def others(self, id: UUID) -> list[UUID]:
        """Return the stored references of an object."""
        found = self._client.get(f"/v1/objects/Thing/{id}").raise_for_status().json()
        beacons = found["properties"].get("other", [])
        return [UUID(reference["beacon"].rpartition("/")[2]) for reference in beacons]


@pytest.fixture
async def things(clean_weaviate: Weaviate) -> AsyncIterator[Things]:
    with rest(clean_weaviate) as client:
        create_class(client, THING)
        other = {"name": "other", "dataType": ["Thing"]}
        client.post("/v1/schema/Thing/properties", json=other).raise_for_status()
        async with connected(clean_weaviate) as connection:
            things = Things(connection.collections.get("Thing"), client)
            await things.upsert(TARGET)
            yield things


async def test_the_same_whole_object_twice_does_not_double_its_references(things: Things) -> None:
    for _ in range(3):
        await things.upsert(SOURCE, [TARGET])
    assert things.others(SOURCE) == [TARGET]


async def test_adding_the_same_reference_again_doubles_it(things: Things) -> None:
    await things.upsert(SOURCE)
    for _ in range(3):
        await things.add(SOURCE, TARGET)
    assert things.others(SOURCE) == [TARGET, TARGET, TARGET]


async def test_an_upsert_without_references_wipes_them(things: Things) -> None:
    await things.upsert(SOURCE, [TARGET])
    await things.upsert(SOURCE)
    assert things.others(SOURCE) == []


async def test_a_reference_inside_an_object_to_a_missing_one_is_refused(things: Things) -> None:
    with pytest.raises(WeaviateInsertManyAllFailedError) as refused:
        await things.upsert(SOURCE, [ABSENT])
    assert str(refused.value).endswith(
        "invalid cref: 'cref' Thing:other: "
        "no object with id 7e57ab1e-0000-4000-8000-00000000000c found"
    )


async def test_a_reference_to_an_object_of_the_same_batch_is_refused(things: Things) -> None:
    target_first = [
        DataObject(properties={"text": "target"}, uuid=ABSENT),
        DataObject(properties={"text": "source"}, uuid=SOURCE, references={"other": [ABSENT]}),
    ]
    reply = await things.collection.data.insert_many(target_first)
    assert list(reply.errors) == [1]
    assert "no object with id 7e57ab1e-0000-4000-8000-00000000000c found" in reply.errors[1].message


async def test_adding_a_reference_takes_a_missing_target(things: Things) -> None:
    await things.upsert(SOURCE)
    await things.add(SOURCE, ABSENT)
    assert things.others(SOURCE) == [ABSENT]


async def test_a_reference_to_itself_is_refused_on_the_first_insert_only(things: Things) -> None:
    with pytest.raises(WeaviateInsertManyAllFailedError, match=r"no object with id .* found"):
        await things.upsert(SOURCE, [SOURCE])
    await things.upsert(SOURCE)
    await things.upsert(SOURCE, [SOURCE])
    assert things.others(SOURCE) == [SOURCE]
