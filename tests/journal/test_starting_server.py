"""A server that was just started does not find what it has: what is absent then is unknown."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
import pytest

from journal import LeaseLost, StoreUnavailable, open_store
from journal.codec import event_id, to_row
from tests.journal.builders import recorded, started
from tests.journal.loopback import answering

READY = "GET /v1/.well-known/ready "
FIRST = str(event_id("esco", 1, 1))
EVENT = orjson.dumps({"properties": to_row(recorded(1, 1, started()))}).decode()


class Server:
    """Answers 404 to whatever is asked of objects as often as `absences` says, then finds them.

    `ready` is the status of the address that tells whether a server is ready, `body` what else
    it says.
    """

    def __init__(
        self,
        *,
        absences: int,
        ready: int,
        body: str = "",
        classes: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.asked: list[str] = []
        self._absences = absences
        self._ready = ready
        self._body = body
        self._classes = list(classes)

    def __call__(self, head: str) -> tuple[int, str]:
        self.asked.append(head)
        if head.startswith(READY):
            return self._ready, self._body
        if "/objects" not in head:
            return 200, orjson.dumps({"classes": self._classes}).decode()
        if self._absences:
            self._absences -= 1
            return 404, ""
        if "class=" in head:
            return 200, '{"objects": []}'
        return (200, EVENT) if FIRST in head or head.startswith("PUT") else (404, "")

    @property
    def looks(self) -> int:
        """How often it was asked whether it is ready."""
        return sum(head.startswith(READY) for head in self.asked)


Ask = Callable[[Server], Awaitable[object]]
ALWAYS = 1_000


async def read(server: Server) -> object:
    async with answering(server) as url, open_store(url) as store:
        return await store.read_epoch("esco", 1)


async def newest(server: Server) -> object:
    async with answering(server) as url, open_store(url) as store:
        return await store.highest_epoch("esco")


async def listed(server: Server) -> object:
    async with answering(server) as url, open_store(url) as store:
        return [entry async for entry in store.read_all("esco")]


async def beaten(server: Server) -> object:
    async with answering(server) as url, open_store(url) as store:
        await store.beat("esco", 1, 7)
        return "beaten"


@pytest.mark.parametrize("ask", [read, newest, listed, beaten])
async def test_nothing_is_absent_from_a_server_that_is_not_ready(ask: Ask) -> None:
    server = Server(absences=ALWAYS, ready=503)
    with pytest.raises(StoreUnavailable, match=r"is not ready yet$"):
        await ask(server)
    assert server.looks == 1


@pytest.mark.parametrize(("ask", "found"), [(read, []), (newest, 0), (listed, [])])
async def test_what_a_ready_server_does_not_find_twice_is_absent(ask: Ask, found: object) -> None:
    server = Server(absences=ALWAYS, ready=200)
    assert await ask(server) == found


async def test_a_lease_that_a_ready_server_does_not_find_twice_was_removed() -> None:
    with pytest.raises(LeaseLost, match="the lease of epoch 1 was removed"):
        await beaten(Server(absences=ALWAYS, ready=200))


async def test_what_was_absent_only_until_the_server_was_ready_is_there() -> None:
    assert await beaten(Server(absences=1, ready=200)) == "beaten"
    # Eight events are asked for at once, of which there is one.
    assert await read(Server(absences=8, ready=200)) == [recorded(1, 1, started())]


@pytest.mark.parametrize("hidden", [200, 401, 403, 404, 405])
async def test_where_nobody_can_say_whether_it_is_ready_an_absence_counts(hidden: int) -> None:
    assert await read(Server(absences=ALWAYS, ready=hidden, body="<html>")) == []


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_proxy_may_say_in_its_own_words_that_it_is_not_ready(status: int) -> None:
    with pytest.raises(StoreUnavailable, match=r"is not ready yet$"):
        await read(Server(absences=ALWAYS, ready=status, body="<html>no server</html>"))


async def test_a_heartbeat_does_not_hang_on_a_node_that_counts_as_not_ready() -> None:
    """On a busy cluster a node says so of itself, with everything at hand."""
    lease = {"class": "VarityLease_esco_4", "description": "{}"}
    server = Server(absences=ALWAYS, ready=503, classes=[lease])
    assert await newest(server) == 4
    assert server.looks == 0


async def test_what_was_ready_just_now_is_not_asked_again() -> None:
    server = Server(absences=ALWAYS, ready=200)
    async with answering(server) as url, open_store(url) as store:
        for _ in range(3):
            assert await store.read_epoch("esco", 1) == []
    assert server.looks == 1
