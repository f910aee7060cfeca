"""Facts: of several who create the same thing at once, how many are told that they won.

The lease stands on these: a collection is won by exactly one, an object is not.
"""

from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from tests.facts.raw import THING, create_class, race, rest, winners
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

LEASE = "VarityLease_x_1"
COLLECTION_RACES = 8
OBJECT_RACES = 500  # about one in thirteen has two winners


@pytest.fixture
def client(clean_weaviate: Weaviate) -> Iterator[httpx.Client]:
    with rest(clean_weaviate) as client:
        yield client


def test_creating_a_collection_is_won_by_exactly_one(
    client: httpx.Client, clean_weaviate: Weaviate
) -> None:
    for number in range(COLLECTION_RACES):
        name = f"VarityLease_x_{number}"
        starters = [{"class": name, "description": f"starter {n}"} for n in range(8)]
        answers = race(clean_weaviate, "/v1/schema", starters)

        assert winners(answers) == 1
        losers = [answer for answer in answers if answer[0] != 200]
        assert all(status == 422 and "already exists" in text for status, text in losers)
        won = [status for status, _ in answers].index(200)
        assert client.get(f"/v1/schema/{name}").json()["description"] == f"starter {won}"


def test_a_lease_name_that_was_dropped_is_won_again(
    client: httpx.Client, clean_weaviate: Weaviate
) -> None:
    starters = [{"class": LEASE, "description": f"starter {n}"} for n in range(2)]
    assert winners(race(clean_weaviate, "/v1/schema", starters)) == 1
    assert winners(race(clean_weaviate, "/v1/schema", starters)) == 0

    assert client.delete(f"/v1/schema/{LEASE}").status_code == 200

    assert winners(race(clean_weaviate, "/v1/schema", starters)) == 1


def test_creating_an_object_with_a_chosen_id_is_won_by_several(
    client: httpx.Client,
    clean_weaviate: Weaviate,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    create_class(client, THING)
    for number in range(1, OBJECT_RACES + 1):
        chosen = str(uuid4())
        starters = [
            {"class": "Thing", "id": chosen, "properties": {"text": f"starter {n}"}}
            for n in range(16)
        ]
        won = winners(race(clean_weaviate, "/v1/objects", starters))
        assert won >= 1
        if won > 1:
            record_testsuite_property("object create", f"{won} winners in race {number}")
            return
    pytest.fail(f"{OBJECT_RACES} races of 16 had one winner each: is it exclusive now?")
