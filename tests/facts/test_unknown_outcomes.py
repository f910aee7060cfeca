"""Facts: what became of a create whose answer nobody read, and what a second one is told.

The journal's append stands on these: after an unknown outcome, read the position by id.
"""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import anyio
import httpx
import pytest

from tests.facts.raw import THING, create_class, rest
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

CANCELLED = 30
LANDING_SECONDS = 10


@pytest.fixture
def client(clean_weaviate: Weaviate) -> Iterator[httpx.Client]:
    with rest(clean_weaviate) as client:
        create_class(client, THING)
        yield client


def thing(id: UUID, text: str) -> dict[str, object]:
    return {"class": "Thing", "id": str(id), "properties": {"text": text}}


async def test_a_cancelled_create_may_have_landed_and_reading_by_id_tells(
    client: httpx.Client,
    clean_weaviate: Weaviate,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    sent = [uuid4() for _ in range(CANCELLED)]
    unanswered = [chosen for chosen in sent if not await _answered(clean_weaviate, chosen)]
    assert unanswered, "every answer came within a millisecond"

    landed: list[UUID] = []
    with anyio.move_on_after(LANDING_SECONDS):
        while not landed:
            await anyio.sleep(0.2)
            landed = [chosen for chosen in unanswered if _read(client, chosen) == "sent once"]
    assert landed

    for chosen in landed:
        assert client.post("/v1/objects", json=thing(chosen, "again")).status_code == 422
        assert _read(client, chosen) == "sent once"
    record_testsuite_property("cancelled creates", f"{len(landed)} of {len(unanswered)} landed")


def test_creating_an_id_that_exists_is_refused_even_with_equal_content(
    client: httpx.Client,
) -> None:
    chosen = UUID("7e57ab1e-0000-4000-8000-000000000001")
    assert client.post("/v1/objects", json=thing(chosen, "same")).status_code == 200

    refused = client.post("/v1/objects", json=thing(chosen, "same"))

    assert refused.status_code == 422
    assert refused.json() == {
        "error": [{"message": "id '7e57ab1e-0000-4000-8000-000000000001' already exists"}]
    }


def test_reading_an_absent_object_or_class_answers_404(client: httpx.Client) -> None:
    absent = client.get(f"/v1/objects/Thing/{uuid4()}", params={"consistency_level": "QUORUM"})
    assert absent.status_code == 404
    assert client.get(f"/v1/objects/NoSuchClass/{uuid4()}").status_code == 404


async def _answered(server: Weaviate, chosen: UUID) -> bool:
    """Send a create and cancel it about when the server has read it."""
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/v1/.well-known/live")  # the connection stands before the clock runs
        with anyio.move_on_after(0.001):
            await client.post("/v1/objects", json=thing(chosen, "sent once"))
            return True
    return False


def _read(client: httpx.Client, chosen: UUID) -> str | None:
    found = client.get(f"/v1/objects/Thing/{chosen}")
    return None if found.status_code == 404 else str(found.json()["properties"]["text"])
