"""Facts: what the server refuses of an object, how it keeps values, and how it is read back."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter
from weaviate.exceptions import WeaviateInsertManyAllFailedError

from tests.facts.loading import Collection, connected
from tests.facts.raw import THING, create_class, rest
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

WRONG_DIMENSION = "vector dimensions do not match the index dimensions"


@pytest.fixture
def client(clean_weaviate: Weaviate) -> Iterator[httpx.Client]:
    with rest(clean_weaviate) as client:
        create_class(client, THING)
        yield client


@pytest.fixture
async def things(clean_weaviate: Weaviate, client: httpx.Client) -> AsyncIterator[Collection]:
    async with connected(clean_weaviate) as connection:
        yield connection.collections.get("Thing")


def kept(client: httpx.Client, name: str, value: object) -> object:
    """Return what the server makes of a property's value."""
    chosen = str(uuid4())
    sent = {"class": "Thing", "id": chosen, "properties": {name: value}}
    client.post("/v1/objects", json=sent).raise_for_status()
    properties = client.get(f"/v1/objects/Thing/{chosen}").json()["properties"]
    return properties[name]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05.120000Z", "2026-01-02T03:04:05.12Z"),
        ("2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05+02:00"),
    ],
)
def test_a_date_comes_back_without_its_trailing_zeros(
    client: httpx.Client, sent: str, found: str
) -> None:
    assert kept(client, "date", sent) == found


def test_a_date_without_a_zone_is_refused(client: httpx.Client) -> None:
    sent = {"class": "Thing", "properties": {"date": "2026-01-02T03:04:05"}}
    refused = client.post("/v1/objects", json=sent)
    assert refused.status_code == 422
    assert "requires a string with a RFC3339 formatted date" in refused.text


def test_an_integer_beyond_two_to_the_53_is_rounded(client: httpx.Client) -> None:
    assert kept(client, "number", 9_007_199_254_740_992) == 9_007_199_254_740_992
    assert kept(client, "number", 9_007_199_254_740_993) == 9_007_199_254_740_992


def test_a_create_in_a_missing_class_makes_the_class_and_a_replace_does_not(
    clean_weaviate: Weaviate, client: httpx.Client
) -> None:
    chosen = str(uuid4())
    replaced = client.put(
        f"/v1/objects/Dropped/{chosen}",
        json={"class": "Dropped", "id": chosen, "properties": {"text": "heartbeat"}},
    )
    assert replaced.status_code == 404
    assert clean_weaviate.classes() == ["Thing"]

    created = client.post("/v1/objects", json={"class": "Dropped", "properties": {"text": "x"}})
    assert created.status_code == 200
    assert sorted(clean_weaviate.classes()) == ["Dropped", "Thing"]


def test_a_class_can_be_created_again_as_soon_as_it_is_deleted(client: httpx.Client) -> None:
    for _ in range(3):
        assert kept(client, "text", "here") == "here"
        client.delete("/v1/schema/Thing").raise_for_status()
        create_class(client, THING)
        assert client.get("/v1/objects", params={"class": "Thing"}).json()["objects"] == []


async def test_a_wrong_dimension_is_refused_for_its_object_alone(
    things: Collection, client: httpx.Client
) -> None:
    await things.data.insert_many([DataObject(properties={}, vector=[1.0, 0.0])])
    right, wrong = uuid4(), uuid4()

    reply = await things.data.insert_many(
        [
            DataObject(properties={}, uuid=right, vector=[0.0, 1.0]),
            DataObject(properties={}, uuid=wrong, vector=[0.0, 1.0, 0.0]),
        ]
    )

    assert list(reply.errors) == [1]
    assert WRONG_DIMENSION in reply.errors[1].message
    assert client.get(f"/v1/objects/Thing/{right}").status_code == 200
    assert client.get(f"/v1/objects/Thing/{wrong}").status_code == 404


async def test_a_refused_object_may_be_stored_all_the_same(
    things: Collection, client: httpx.Client
) -> None:
    ids = [uuid4(), uuid4()]
    reply = await things.data.insert_many(  # either may set the dimension of the empty class
        [
            DataObject(properties={}, uuid=ids[0], vector=[0.0, 1.0]),
            DataObject(properties={}, uuid=ids[1], vector=[0.0, 1.0, 0.0]),
        ]
    )
    [refused] = reply.errors
    assert "vector lengths don't match" in reply.errors[refused].message
    assert client.get(f"/v1/objects/Thing/{ids[refused]}").status_code == 200


async def test_a_batch_insert_raises_when_every_object_failed(things: Collection) -> None:
    await things.data.insert_many([DataObject(properties={}, vector=[1.0, 0.0])])
    with pytest.raises(WeaviateInsertManyAllFailedError, match=WRONG_DIMENSION):
        await things.data.insert_many([DataObject(properties={}, vector=[1.0, 0.0, 0.0])])


async def test_a_filter_finds_an_object_right_after_its_acknowledgement(
    things: Collection,
) -> None:
    for number in range(100):
        await things.data.insert_many([DataObject(properties={"text": f"number {number}"})])
        found = await things.query.fetch_objects(
            filters=Filter.by_property("text").equal(f"number {number}")
        )
        assert len(found.objects) == 1


async def test_of_one_id_twice_in_a_batch_the_last_wins_without_an_error(
    things: Collection, client: httpx.Client
) -> None:
    chosen = UUID("7e57ab1e-0000-4000-8000-000000000001")
    versions = [DataObject(properties={"text": text}, uuid=chosen) for text in ("one", "two")]
    assert (await things.data.insert_many(versions)).errors == {}
    stored = client.get(f"/v1/objects/Thing/{chosen}").json()
    assert stored["properties"]["text"] == "two"
