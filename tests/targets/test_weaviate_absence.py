"""A 404 counts only from a server that is ready: one just started does not find what it has."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ingest.targets.weaviate_connection import WeaviateConnection
from journal.errors import StoreUnavailable

READY = "/.well-known/ready"


@dataclass
class Answer:
    status_code: int
    content: bytes = b""


@dataclass
class Session:
    """Answers each path with the next of its statuses; the last one stays."""

    statuses: dict[str, list[int]]
    asked: list[str] = field(default_factory=list)

    async def request(self, method: str, url: str, **more: Any) -> Answer:
        self.asked.append(url)
        left = self.statuses[url]
        return Answer(left.pop(0) if len(left) > 1 else left[0], b"{}")


@dataclass
class Line:
    session: Session
    url: str = ""
    was_cut: bool = False


def connection(**statuses: list[int]) -> tuple[WeaviateConnection, Session]:
    session = Session({"/object": statuses["found"], READY: statuses.get("ready", [200])})

    async def connect() -> Any:
        return Line(session)

    return WeaviateConnection("a server", connect), session


async def ask(asked: WeaviateConnection) -> int:
    reply = await asked.ask(
        "reading an object", "GET", "/object", allowed=(200, 404), timeout_seconds=5
    )
    return reply.status


async def test_nothing_is_absent_from_a_server_that_is_not_ready() -> None:
    asked, _ = connection(found=[404], ready=[503])
    with pytest.raises(StoreUnavailable, match=r"^a server is not ready yet$"):
        await ask(asked)


async def test_what_was_absent_only_until_the_server_was_ready_is_there() -> None:
    asked, session = connection(found=[404, 200])
    assert await ask(asked) == 200
    assert session.asked == ["/object", READY, "/object"]


async def test_what_is_absent_from_a_ready_server_is_asked_for_twice_and_then_once() -> None:
    asked, session = connection(found=[404])
    assert [await ask(asked) for _ in range(3)] == [404, 404, 404]
    assert session.asked == ["/object", READY, "/object", "/object", "/object"]


async def test_what_is_there_costs_one_request() -> None:
    asked, session = connection(found=[200])
    assert await ask(asked) == 200
    assert session.asked == ["/object"]


@pytest.mark.parametrize("hidden", [401, 403, 404, 405])
async def test_where_nobody_can_say_whether_it_is_ready_an_absence_counts(hidden: int) -> None:
    asked, _ = connection(found=[404], ready=[hidden])
    assert await ask(asked) == 404
