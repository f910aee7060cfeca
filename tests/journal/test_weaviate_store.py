"""What only a real Weaviate can show: half-made classes, lost answers, a killed server."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from journal import (
    CorruptJournal,
    LeaseLost,
    Recorded,
    Settings,
    Status,
    StoreRefused,
    StoreUnavailable,
    execute,
    open_store,
    read_runs,
)
from journal.codec import event_id
from journal.lease import claim
from journal.stores.weaviate import WeaviateStore
from tests.journal.builders import FAILED, logged, owner, recorded, started
from tests.journal.loopback import Relay
from tests.journal.pipelines import Load
from tests.server import Weaviate, WeaviateServer

pytestmark = pytest.mark.weaviate

LEGACY_CLASS = {
    "class": "Metadata",
    "vectorizer": "none",
    "properties": [
        {"name": "metaType", "dataType": ["text"]},
        {"name": "status", "dataType": ["text"]},
        {"name": "timestamp", "dataType": ["text"]},
        {"name": "extra", "dataType": ["number"]},
    ],
}


def schema(server: Weaviate, name: str) -> dict[str, str]:
    """Return the class's properties with their types."""
    found = httpx.get(f"{server.url}/v1/schema/{name}", timeout=15).raise_for_status().json()
    return {entry["name"]: entry["dataType"][0] for entry in found["properties"]}


def create(server: Weaviate, **changes: object) -> None:
    """Create the legacy class, or one like it."""
    body = {**LEGACY_CLASS, **changes}
    httpx.post(f"{server.url}/v1/schema", json=body, timeout=15).raise_for_status()


@pytest.fixture
async def relay(clean_weaviate: Weaviate) -> AsyncIterator[Relay]:
    """The server, behind a line on which answers can be lost."""
    async with Relay(clean_weaviate.url).open() as relay:
        yield relay


# --- the class Metadata ------------------------------------------------------------------------


async def test_a_class_of_before_events_gets_what_it_lacks_and_keeps_its_rows(
    clean_weaviate: Weaviate,
) -> None:
    create(clean_weaviate)
    row = {"metaType": "ingestion_status", "status": "completed", "timestamp": "2025-01-31"}
    httpx.post(
        f"{clean_weaviate.url}/v1/objects",
        json={"class": "Metadata", "properties": row},
        timeout=15,
    ).raise_for_status()

    async with open_store(clean_weaviate.url) as store:
        await store.prepare()
        event = recorded(1, 1, started())
        await store.append(event)
        await store.append(event)
        assert await store.read_epoch("esco", 1) == [event]
        [legacy] = [row async for row in store.read_all("esco") if not isinstance(row, Recorded)]
        assert (legacy.status, legacy.timestamp, legacy.details) == ("completed", "2025-01-31", "")
    assert schema(clean_weaviate, "Metadata") == {
        "metaType": "text",
        "status": "text",
        "timestamp": "text",
        "extra": "number",
        "version": "text",
        "details": "text",
        "pipeline": "text",
        "runId": "text",
        "epoch": "int",
        "seq": "int",
        "event": "text",
        "step": "text",
    }


async def test_a_class_with_another_type_is_refused_and_left_as_it_is(
    clean_weaviate: Weaviate,
) -> None:
    properties = [{"name": "epoch", "dataType": ["text"]}]
    create(clean_weaviate, properties=properties)
    async with open_store(clean_weaviate.url) as store:
        with pytest.raises(StoreRefused, match="whose epoch is text, not int; rename or drop"):
            await store.prepare()


async def test_an_event_that_the_server_does_not_take_is_refused(clean_weaviate: Weaviate) -> None:
    create(clean_weaviate, properties=[{"name": "epoch", "dataType": ["text"]}])
    async with open_store(clean_weaviate.url) as store:
        with pytest.raises(StoreRefused, match="refuses an event"):
            await store.append(recorded(1, 1, started()))


async def test_the_plain_query_of_old_finds_the_newest_status(clean_weaviate: Weaviate) -> None:
    async with open_store(clean_weaviate.url) as store:
        await execute(Load().pipeline(), store)
    query = (
        '{Get{Metadata(where:{path:["metaType"],operator:Equal,valueText:"ingestion_status"}'
        ' sort:{path:["timestamp"],order:desc} limit:1){status event}}}'
    )
    answer = httpx.post(f"{clean_weaviate.url}/v1/graphql", json={"query": query}, timeout=15)
    assert answer.json()["data"]["Get"]["Metadata"] == [
        {"status": "completed", "event": "completed"}
    ]


# --- lost answers ------------------------------------------------------------------------------


async def test_an_append_whose_answer_was_lost_is_found_to_have_landed(relay: Relay) -> None:
    async with open_store(relay.url, request_seconds=0.7) as store:
        await store.prepare()
        relay.swallows = lambda head: head.startswith("POST /v1/objects")
        event = recorded(1, 1, started())
        await store.append(event)  # it looks for itself, and finds it
        assert await store.read_epoch("esco", 1) == [event]


async def test_an_append_of_which_nothing_can_be_learnt_is_completed_by_the_next(
    relay: Relay,
) -> None:
    async with open_store(relay.url, request_seconds=0.7) as store:
        await store.prepare()
        relay.swallows = lambda _: True
        with anyio.fail_after(10), pytest.raises(StoreUnavailable):
            await store.append(recorded(1, 1, started()))
        relay.swallows = lambda _: False
        with pytest.raises(CorruptJournal, match="esco/1:1 is taken by another content"):
            await store.append(recorded(1, 1, FAILED))
        await store.append(recorded(1, 1, started()))
        assert await store.read_epoch("esco", 1) == [recorded(1, 1, started())]


async def test_a_cancelled_append_may_have_landed_and_can_be_sent_again(
    relay: Relay, clean_weaviate: Weaviate
) -> None:
    event = recorded(1, 1, started())
    async with open_store(relay.url) as store, open_store(clean_weaviate.url) as other:
        await store.prepare()
        relay.swallows = lambda head: head.startswith("POST /v1/objects")
        task = asyncio.get_running_loop().create_task(store.append(event))
        with anyio.fail_after(20):
            while not await other.read_epoch("esco", 1):
                await anyio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        relay.swallows = lambda _: False
        await store.append(event)
        assert await store.read_epoch("esco", 1) == [event]


async def test_a_lease_whose_answer_was_lost_belongs_to_who_is_named_in_it(relay: Relay) -> None:
    async with open_store(relay.url, request_seconds=2) as store:
        relay.swallows = lambda head: head.startswith("POST /v1/schema")
        assert await store.create_lease("esco", 1, owner("me")) == owner("me")
        assert await store.create_lease("esco", 1, owner("late")) == owner("me")


async def test_a_claim_of_which_nothing_can_be_learnt_is_unavailable(relay: Relay) -> None:
    async with open_store(relay.url, request_seconds=0.7) as store:
        relay.swallows = lambda _: True
        with anyio.fail_after(10), pytest.raises(StoreUnavailable):
            await store.create_lease("esco", 1, owner("me"))
        relay.swallows = lambda _: False
        assert (await store.create_lease("esco", 1, owner("me"))).id == "me"


async def test_a_collection_that_names_no_owner_is_refused(clean_weaviate: Weaviate) -> None:
    create(clean_weaviate, **{"class": "VarityLease_esco_1"})
    async with open_store(clean_weaviate.url) as store:
        assert await store.leases("esco") == []
        with pytest.raises(StoreRefused, match="VarityLease_esco_1 that names no owner; drop it"):
            await store.create_lease("esco", 1, owner())


# --- runs --------------------------------------------------------------------------------------


async def test_the_winner_of_a_dropped_name_stands_down_for_the_higher_epoch(
    clean_weaviate: Weaviate,
) -> None:
    class OnceOld(WeaviateStore):
        has_looked = False

        async def highest_epoch(self, pipeline: str) -> int:
            if self.has_looked:
                return await super().highest_epoch(pipeline)
            self.has_looked = True
            return 0

    from journal.clock import system_clock
    from journal.errors import LeaseHeld

    async with open_store(clean_weaviate.url) as other:
        await other.prepare()
        await other.create_lease("esco", 2, owner("higher"))
        await other.append(recorded(2, 1, started()))
    store = OnceOld(clean_weaviate.url, request_seconds=10)
    with pytest.raises(LeaseHeld, match=r"host-higher .* holds epoch 2"):
        await claim(store, "esco", owner("late"), system_clock())
    assert await store.read_epoch("esco", 1) == []
    await store.aclose()


async def test_a_run_is_taken_over_from_an_owner_that_still_writes(
    clean_weaviate: Weaviate,
) -> None:
    """Weaviate can not fence: the zombie's events land, and do not count."""
    async with open_store(clean_weaviate.url) as store:
        await store.prepare()
        await store.create_lease("esco", 1, owner("zombie", ttl_seconds=0.1))
        load = Load()
        begun = started(source="numbers", steps=("first", "second", "third"), window=4)
        zombie = logged(1, begun, FAILED)
        await store.append(zombie[0])
        report = await execute(
            load.pipeline(), store, wait_seconds=30, settings=Settings(ttl_seconds=6)
        )
        await store.append(zombie[1])
        with pytest.raises(LeaseLost):
            await store.drop_lease("esco", 1)
            await store.beat("esco", 1, 5)
        [state] = await read_runs(store, "esco")
    assert (state.status, state.attempt) == (Status.COMPLETED, 2)
    assert report.state == state


async def test_a_killed_server_keeps_every_acknowledged_event(
    own_weaviate: WeaviateServer,
) -> None:
    acknowledged: list[Recorded] = []
    async with open_store(own_weaviate.url, request_seconds=5) as store:
        await store.prepare()
        await store.create_lease("esco", 1, owner("me"))
        await store.beat("esco", 1, 3)

        async def write(epoch: int) -> None:
            for seq in range(1, 400):
                event = recorded(epoch, seq, started(epoch))
                try:
                    await store.append(event)
                except StoreUnavailable:
                    return
                acknowledged.append(event)

        async with anyio.create_task_group() as tasks:
            for epoch in range(1, 7):
                tasks.start_soon(write, epoch)
            while len(acknowledged) < 150:
                await anyio.sleep(0.01)
            await anyio.to_thread.run_sync(own_weaviate.kill)
        own_weaviate.start()

        for epoch in range(1, 7):
            mine = [event for event in acknowledged if event.epoch == epoch]
            found = await store.read_epoch("esco", epoch)
            assert found[: len(mine)] == mine
            assert len(found) <= len(mine) + 1  # the one in flight landed, or not
            await store.append(recorded(epoch, len(mine) + 1, started(epoch)))  # either way
        assert (await store.leases("esco"))[0].owner == owner("me")
        heartbeat = await store.heartbeat("esco", 1)
        assert heartbeat is not None
        assert heartbeat.beat == 3


@pytest.mark.parametrize("change", [{"epoch": 9000}, {"seq": None}])
async def test_an_event_that_says_another_place_of_itself_is_erased_as_well(
    clean_weaviate: Weaviate, change: dict[str, object]
) -> None:
    """Else a journal that was edited could not be erased, and nobody could begin anew."""
    events = logged(1, started(), FAILED)
    async with open_store(clean_weaviate.url) as store:
        await store.prepare()
        for event in events:
            await store.append(event)
        path = f"{clean_weaviate.url}/v1/objects/Metadata/{event_id('esco', 1, 2)}"
        stored = httpx.get(path, timeout=15).raise_for_status().json()
        stored["properties"] |= change
        httpx.put(path, json=stored, timeout=15).raise_for_status()
        await store.erase("esco", epoch=2, check=lambda: None)
    listed = httpx.get(f"{clean_weaviate.url}/v1/objects?class=Metadata", timeout=15)
    assert listed.raise_for_status().json()["objects"] == []
