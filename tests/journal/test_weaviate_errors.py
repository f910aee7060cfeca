"""What becomes of servers that are away, silent, wrong or unwilling; against stand-ins."""

import re
import socket
from collections.abc import Awaitable, Callable

import anyio
import orjson
import pytest

from journal import Store, StoreRefused, StoreUnavailable, open_store
from journal.codec import event_id, owner_to, to_row
from tests.journal.builders import owner, recorded, started
from tests.journal.loopback import answering, closed_port

SECRET = "s3cret-key"

CALLS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "prepare": lambda store: store.prepare(),
    "append": lambda store: store.append(recorded(1, 1, started())),
    "read_epoch": lambda store: store.read_epoch("esco", 1),
    "read_all": lambda store: _all(store),
    "highest_epoch": lambda store: store.highest_epoch("esco"),
    "leases": lambda store: store.leases("esco"),
    "create_lease": lambda store: store.create_lease("esco", 1, owner()),
    "beat": lambda store: store.beat("esco", 1, 1),
    "heartbeat": lambda store: store.heartbeat("esco", 1),
    "drop_lease": lambda store: store.drop_lease("esco", 1),
    "erase": lambda store: store.erase("esco", epoch=1, check=lambda: None),
}


async def _all(store: Store) -> list[object]:
    return [row async for row in store.read_all("esco")]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_a_server_that_is_down_is_unavailable(
    call: Callable[[Store], Awaitable[object]],
) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    async with open_store(url, request_seconds=5) as store:
        with anyio.fail_after(30), pytest.raises(StoreUnavailable, match=f"^{url} can not be"):
            await call(store)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_a_server_that_never_answers_is_unavailable_within_its_time_outs(
    call: Callable[[Store], Awaitable[object]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with open_store(url, request_seconds=0.1) as store:
            # Of several at once the first that times out closes the connections of the others.
            says = r"within 0\.1 s|can not be reached \(ReadError\)"
            with anyio.fail_after(30), pytest.raises(StoreUnavailable, match=says):
                await call(store)


async def test_calls_at_once_to_a_silent_server_are_all_unavailable_and_none_hangs() -> None:
    """One that times out closes the connections of the others."""
    outcomes: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with open_store(url, request_seconds=0.3) as store:

            async def call(number: int) -> None:
                await anyio.sleep(0.02 * number)
                try:
                    await store.beat("esco", 1, 1)
                except StoreUnavailable:
                    outcomes.append("unavailable")

            with anyio.fail_after(30):
                async with anyio.create_task_group() as tasks:
                    for number in range(24):  # more than there are connections
                        tasks.start_soon(call, number)
    assert outcomes == ["unavailable"] * 24


async def test_a_server_that_comes_back_is_used_again() -> None:
    is_silent = True
    async with answering(lambda _: None if is_silent else (200, '{"classes": []}')) as url:  # noqa: SIM117
        async with open_store(url, request_seconds=0.2) as store:
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    await store.leases("esco")
            is_silent = False
            assert await store.leases("esco") == []


NOT_WEAVIATE = {
    "a web page": "<html>It works!</html>",
    "nothing": "",
    "an object": "{}",
    "a list": "[]",
    "a text": '"ok"',
    "null": "null",
    "a number": "1",
    "another schema": '{"classes": 7, "objects": 7, "properties": 7}',
}


READ_FROM = [
    "prepare",
    "append",
    "read_epoch",
    "read_all",
    "highest_epoch",
    "leases",
    "create_lease",
    "heartbeat",
    "erase",
]


@pytest.mark.parametrize("call", READ_FROM)
@pytest.mark.parametrize("body", NOT_WEAVIATE.values(), ids=NOT_WEAVIATE.keys())
async def test_an_address_where_no_weaviate_is_is_refused(body: str, call: str) -> None:
    async with answering(lambda _: (200, body)) as url, open_store(url) as store:
        with anyio.fail_after(30), pytest.raises(StoreRefused, match="is it a Weaviate server"):
            await CALLS[call](store)


class Garbling:
    """A proxy whose answers to writes no Weaviate gives; `shows` is what stands behind it."""

    def __init__(self, status: int, body: str, shows: str) -> None:
        self._garbled = status, body
        self._shows = shows
        self.asked: list[str] = []

    def __call__(self, head: str) -> tuple[int, str]:
        """Answer one request."""
        self.asked.append(re.split(r"\?| HTTP", head)[0])
        if head.startswith("POST"):
            return self._garbled
        if "/ready " in head:
            return 200, ""
        if head.startswith("GET /v1/nodes"):
            return 200, '{"nodes": [{}]}'
        return (200, self._shows) if self._shows else (404, "")


GARBLED = [*((200, body) for body in NOT_WEAVIATE.values()), (422, "<html>no</html>")]
EVENT = recorded(1, 1, started())
EVENT_PATH = f"GET /v1/objects/Metadata/{event_id('esco', 1, 1)}"


@pytest.mark.parametrize(("status", "body"), GARBLED)
async def test_an_event_whose_answer_can_not_be_read_is_read_back(status: int, body: str) -> None:
    shown = orjson.dumps({"properties": to_row(EVENT)}).decode()
    proxy = Garbling(status, body, shown)
    async with answering(proxy) as url, open_store(url) as store:
        await store.append(EVENT)
    assert proxy.asked == ["POST /v1/objects", EVENT_PATH]


@pytest.mark.parametrize(("status", "body"), GARBLED)
async def test_one_that_is_not_there_then_is_unknown_and_not_refused(
    status: int, body: str
) -> None:
    """It may still arrive; whoever appends sends the same bytes again."""
    proxy = Garbling(status, body, "")
    async with answering(proxy) as url, open_store(url) as store:
        with pytest.raises(StoreUnavailable, match="is it a Weaviate server"):
            await store.append(EVENT)
    assert EVENT_PATH in proxy.asked


@pytest.mark.parametrize(("status", "body"), GARBLED)
async def test_a_lease_whose_answer_can_not_be_read_is_his_whom_it_names(
    status: int, body: str
) -> None:
    other = owner("b")
    shown = {"class": "VarityLease_esco_1", "description": owner_to(other)}
    proxy = Garbling(status, body, orjson.dumps(shown).decode())
    async with answering(proxy) as url, open_store(url) as store:
        assert await store.create_lease("esco", 1, owner("a")) == other


CLASSES = {
    "properties that are a number": {"properties": 7},
    "a property that is a number": {"properties": [7]},
    "a property without a name": {"properties": [{"dataType": ["int"]}]},
    "a name that is a number": {"properties": [{"name": 7, "dataType": ["int"]}]},
    "a property without a type": {"properties": [{"name": "epoch"}]},
    "a type that is a text": {"properties": [{"name": "epoch", "dataType": "int"}]},
    "a type that is empty": {"properties": [{"name": "epoch", "dataType": []}]},
    "a type that is an object": {"properties": [{"name": "epoch", "dataType": [{}]}]},
}


@pytest.mark.parametrize("found", CLASSES.values(), ids=CLASSES.keys())
async def test_a_class_that_can_not_be_read_is_refused(found: dict[str, object]) -> None:
    body = orjson.dumps({"class": "Metadata", **found}).decode()
    async with answering(lambda _: (200, body)) as url, open_store(url) as store:
        with pytest.raises(StoreRefused):
            await store.prepare()


HEARTBEATS = {
    "a beat that is a list": {"properties": {"beat": [1]}, "lastUpdateTimeUnix": 0},
    "a time that is a text": {"properties": {"beat": 1}, "lastUpdateTimeUnix": "z"},
    "a time that is null": {"properties": {"beat": 1}, "lastUpdateTimeUnix": None},
}


@pytest.mark.parametrize("found", HEARTBEATS.values(), ids=HEARTBEATS.keys())
async def test_a_heartbeat_with_what_is_no_number_in_it_is_one_all_the_same(
    found: dict[str, object],
) -> None:
    body = orjson.dumps(found).decode()
    async with answering(lambda _: (200, body)) as url, open_store(url) as store:
        assert await store.heartbeat("esco", 1) is not None


@pytest.mark.parametrize("body", ["<html>Not Found</html>", "Not Found"])
async def test_a_web_server_without_such_a_page_is_refused(body: str) -> None:
    async with answering(lambda _: (404, body)) as url, open_store(url) as store:
        for call in ("highest_epoch", "prepare", "append", "read_epoch", "leases"):
            with pytest.raises(StoreRefused):
                await CALLS[call](store)


REASON = '{"error": [{"message": "store is read-only due to: resource pressure"}]}'
ANSWERS: dict[int, tuple[type[Exception], str]] = {
    400: (StoreRefused, "answered 400 to GET /v1/schema: store is read-only"),
    401: (StoreRefused, "answered 401 .*; set WEAVIATE_API_KEY"),
    403: (StoreRefused, "answered 403 .*: this key lacks the right"),
    408: (StoreUnavailable, "answered 408 .* overloaded"),
    429: (StoreUnavailable, "answered 429 .* overloaded, resume later"),
    500: (StoreUnavailable, "answered 500 .* read-only due to: resource pressure"),
    503: (StoreUnavailable, "answered 503"),
}


@pytest.mark.parametrize("status", ANSWERS)
async def test_each_refusal_tells_its_remedy_and_never_the_key(status: int) -> None:
    error, sentence = ANSWERS[status]
    async with (
        answering(lambda _: (status, REASON)) as url,
        open_store(url, api_key=SECRET) as store,
    ):
        with pytest.raises(error, match=sentence) as caught:
            await store.leases("esco")
    assert SECRET not in str(caught.value)


async def test_an_answer_without_a_reason_is_told_by_its_status() -> None:
    async with answering(lambda _: (503, "not JSON")) as url, open_store(url) as store:
        with pytest.raises(StoreUnavailable, match="answered 503 to GET /v1/schema: Whatever"):
            await store.leases("esco")


@pytest.mark.parametrize("key", ["line\nbreak", "trailing\n", "ключ", "\udcff"])
async def test_a_key_that_can_not_be_sent_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(StoreRefused, match="the API key holds a character") as caught:
        async with open_store("http://localhost:8080", api_key=key):
            raise AssertionError
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@localhost:8080",
        f"https://{SECRET}@localhost",
        f"http://localhost:8080/?key={SECRET}",
        f"ftp://user:{SECRET}@localhost",
    ],
)
async def test_a_url_with_a_credential_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(StoreRefused) as caught:
        async with open_store(url):
            raise AssertionError
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://host:port", "http://ho st:1"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    with anyio.fail_after(30), pytest.raises(StoreRefused):
        async with open_store(url) as store:
            await store.leases("esco")


async def test_a_class_that_is_there_and_not_shown_yet_is_unavailable_and_not_refused() -> None:
    """A node that just started shows an old schema: to wait helps, to change anything does not."""

    def stale(head: str) -> tuple[int, str]:
        if head.startswith("GET /v1/nodes"):
            return 200, '{"nodes": [{}]}'
        return (404, "{}") if head.startswith("GET") else (422, "{}")

    async with answering(stale) as url, open_store(url, request_seconds=5) as store:
        with pytest.raises(StoreUnavailable, match="does not show it yet"):
            await store.prepare()
