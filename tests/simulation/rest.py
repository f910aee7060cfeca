"""`journal.stores.rest.Rest` without HTTP: the real store adapter over the simulated network.

Translates a missing answer and the server's statuses as the real one does.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import anyio
import anyio.lowlevel

from journal.errors import StoreRefused, StoreUnavailable
from journal.stores.rest import Rest
from journal.stores.weaviate import METADATA, WeaviateStore, _event_path
from tests.simulation.dice import Dice, Fault
from tests.simulation.network import Cut, Network, Unanswered
from tests.simulation.server import Server

T = TypeVar("T")

URL = "http://simulated:8080"


class SimulatedRest(Rest):
    """The JSON client of one process."""

    def __init__(
        self,
        server: Server,
        network: Network,
        dice: Dice,
        *,
        seconds: float,
        before_event: Callable[[], None],
    ) -> None:
        super().__init__(URL, api_key=None, request_seconds=seconds)
        self._server = server
        self._network = network
        self._dice = dice
        self._seconds = seconds
        self._before_event = before_event

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        expected: tuple[int, ...] = (200,),
    ) -> tuple[int, Any]:
        """Return the status, one of `expected`, and the document."""
        is_stale = method == "GET" and "/schema" in path and self._dice.fires(Fault.STALE)

        def apply(cut: Cut | None) -> Any:
            if cut is not None and cut.done < 0.5:
                return None
            now = asyncio.get_running_loop().time()
            given = None if body is None else {**body, "lastUpdateTimeUnix": 1000 * now}
            return self._server.rest(method, path, given, is_stale=is_stale)

        short = path.removeprefix("/v1/").partition("?")[0]
        try:
            with anyio.CancelScope(shield=True):
                if method == "POST" and body is not None and body["class"] == METADATA:
                    self._before_event()
                    # A process can be stopped here for long: the lease allowed the request, and
                    # its bytes go out when the next owner is at work.
                    await anyio.lowlevel.checkpoint()
                status, found = await self._network.call(f"{method} {short}", apply, self._seconds)
        except Unanswered as error:
            raise StoreUnavailable(f"{URL} did not answer") from error
        if status in expected:
            return status, found
        where = f"{URL} answered {status} to {method} {short}"
        raise (StoreUnavailable if status >= 500 else StoreRefused)(where)

    async def status(self, path: str) -> int:
        """Return the status of a GET."""
        status, _ = await self.request("GET", path, expected=(200, 404, 503))
        return status

    async def server_seconds(self) -> float | None:
        """Return the world's time."""
        return asyncio.get_running_loop().time()

    async def aclose(self) -> None:
        """Nothing to close."""


class SimulatedStore(WeaviateStore):
    """The real adapter over the simulated server."""

    def __init__(
        self,
        server: Server,
        network: Network,
        dice: Dice,
        *,
        seconds: float = 15.0,
        before_event: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(URL, request_seconds=seconds)
        self._rest = SimulatedRest(
            server, network, dice, seconds=seconds, before_event=before_event
        )
        self._server = server

    async def _rows_at(self, places: Sequence[UUID]) -> list[Mapping[str, Any] | None]:
        """Read them all in one request: most of what a seed does would else be these."""
        status, found = await self._rest.request("GET", _event_path(places[0]), expected=(200, 404))
        if self._server.is_starting:
            return [None] * len(places)
        first = found["properties"] if status == 200 else None
        metadata = self._server.collections.get(METADATA)
        held = metadata.objects if metadata else {}
        rest = [held.get(str(place)) for place in places[1:]]
        return [first, *(each["properties"] if each else None for each in rest)]
