"""The proxy does to connections what it says: seen by a client, and by the server behind it."""

from collections.abc import Sequence

import httpx
import pytest

from tests.drills.proxy import Proxy
from tests.drills.trouble import Fault, Trouble
from tests.journal.loopback import answering

SHORT_SECONDS = 1.0  # for an answer that never comes
LONG_SECONDS = 60.0  # for one that does
LASTING = 600.0


@pytest.mark.parametrize(
    ("fault", "heard", "arrived"),
    [
        (Fault.DELAY, ("200", "200", "200"), 3),
        (Fault.DROPPED_REPLIES, ("200", "ReadTimeout", "ReadTimeout"), 3),
        (Fault.RESET, ("200", "ReadError", "ReadError"), 3),
        (Fault.BLACK_HOLE, ("200", "ReadTimeout", "ReadTimeout"), 1),
        (Fault.REFUSED, ("200", "ReadError", "ConnectError"), 1),
        (Fault.HALF_OPEN, ("200", "ReadTimeout", "200"), 2),
    ],
)
async def test_trouble_is_what_it_is_called(
    fault: Fault, heard: Sequence[str], arrived: int
) -> None:
    requests: list[str] = []

    def answer(head: str) -> tuple[int, str]:
        requests.append(head)
        return 200, "here"

    trouble = Trouble(fault=fault, part=2, seconds=LASTING)
    said = []
    async with answering(answer) as url:
        with Proxy(httpx.URL(url).port or 0, trouble) as proxy:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}") as client:
                for expected in heard:
                    never = expected == "ReadTimeout"
                    said.append(await _ask(client, SHORT_SECONDS if never else LONG_SECONDS))
            seen = len(requests)
    assert said == list(heard)
    assert (seen, proxy.has_begun) == (arrived, True)


async def _ask(client: httpx.AsyncClient, timeout_seconds: float) -> str:
    try:
        return str((await client.get("/", timeout=timeout_seconds)).status_code)
    except httpx.TransportError as error:
        return type(error).__name__
