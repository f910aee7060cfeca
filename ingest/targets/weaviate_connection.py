"""Requests to one Weaviate server that leave once and end in time.

Knows how each kind of request fails on the way; knows nothing of classes and objects.
"""

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import anyio
import orjson
from grpc import StatusCode  # type: ignore[import-untyped]
from grpc.aio import AioRpcError  # type: ignore[import-untyped]
from weaviate.connect.v4 import (  # type: ignore[attr-defined]  # what its session raises
    ConnectError,
    HTTPError,
)
from weaviate.proto.v1 import aggregate_pb2, batch_pb2, search_get_pb2

from ingest.targets.weaviate_errors import (
    Lost,
    RestReply,
    query_failed,
    rest_failed,
    rest_refused,
)
from ingest.targets.weaviate_wire import Wire, answer
from journal.errors import StoreRefused, StoreUnavailable
from journal.redaction import Redaction

# The session's own time-outs come before ours: cancelling it leaks a slot of its pool.
_OWN_SHARE = 0.9
READY_SECONDS = 15.0
# A server that is killed takes longer to answer again: what was ready just now is no other one.
LEAST_START_SECONDS = 1.0
SILENCES = 2  # one may be a server that stood still
_GRACE_SECONDS = 1.0  # in which a gRPC call ends by its own deadline


class WeaviateConnection:
    """Requests over a wire that is opened when it is needed, until `release`."""

    def __init__(
        self,
        address: object,
        connect: Callable[[], Awaitable[Wire]],
        *,
        redaction: Redaction | None = None,
    ) -> None:
        self.address = address  # in the words of a message
        self._redaction = redaction or Redaction()  # an answer may quote what was sent
        self._connect = connect
        self._wire: Wire | None = None
        self._released = False
        self._opening = anyio.Lock()
        self._ready_at = -math.inf
        self._silences = 0  # of batches, one begun after the other had ended
        self._heard_at = -math.inf  # when the last of them ended, or the wire was opened

    async def open(self) -> Wire:
        """Return the open wire, opening it if need be; raises as `connect` does."""
        async with self._opening:
            if self._released:
                raise StoreUnavailable(f"{self.address}: the connection was closed for good")
            if self._wire is None:
                self._wire = await self._connect()
                self._silences, self._heard_at = 0, anyio.current_time()
            return self._wire

    async def disconnect(self) -> None:
        """Cut every request off; the next one opens the wire anew."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.cut()

    async def release(self) -> None:
        """Disconnect for good. May be called twice."""
        self._released = True
        await self.disconnect()

    async def batch_objects(
        self, request: bytes, *, timeout_seconds: float
    ) -> batch_pb2.BatchObjectsReply:
        """Send one serialized `BatchObjectsRequest`, once.

        Raises:
            AioRpcError: the request failed; what became of it depends on the code. One that
                is larger than the server's limit is refused by our own channel.
            Lost: no answer, or no wire to send it over.
        """
        began_at = anyio.current_time()
        with self.lost_without_wire():
            try:
                reply = await self._call(lambda wire: wire.batch_objects, request, timeout_seconds)
            except Lost as lost:
                if lost.timed_out:
                    await self._note_silence(began_at)
                raise
            except AioRpcError as error:
                if error.code() is StatusCode.DEADLINE_EXCEEDED:
                    await self._note_silence(began_at)
                raise
        self._silences = 0
        assert isinstance(reply, batch_pb2.BatchObjectsReply)
        return reply

    @contextmanager
    def lost_without_wire(self) -> Iterator[None]:
        """Have a write that finds no wire, and can open none, be one that never left.

        A wire is opened anew in the middle of a load; whoever writes tries again for a while.
        """
        try:
            yield
        except StoreUnavailable as error:
            if self._released:
                raise
            raise Lost(may_have_arrived=False, timed_out=False) from error

    async def search(
        self, request: search_get_pb2.SearchRequest, *, timeout_seconds: float
    ) -> bytes:
        """Return the serialized `SearchReply`. Raises as `_query` does."""
        reply = await self._query(lambda wire: wire.search, request, timeout_seconds)
        assert isinstance(reply, bytes)
        return reply

    async def count(self, collection: str, *, timeout_seconds: float) -> int:
        """Return the number of objects in the collection. Raises as `_query` does."""
        request = aggregate_pb2.AggregateRequest(collection=collection, objects_count=True)
        reply = await self._query(lambda wire: wire.aggregate, request, timeout_seconds)
        assert isinstance(reply, aggregate_pb2.AggregateReply)
        return reply.single_result.objects_count

    async def rest(
        self,
        method: str,
        path: str,
        *,
        timeout_seconds: float,
        params: dict[str, str | int] | None = None,
        body: object = None,
    ) -> RestReply:
        """Send one REST request below /v1, once, and return what came back.

        Raises:
            Lost: no answer.
            StoreRefused: the credentials or the rights do not suffice.
        """
        wire, left = await self._ready(timeout_seconds)
        try:
            with anyio.fail_after(left):  # for the sum of what the session bounds singly
                response = await wire.session.request(
                    method,
                    wire.url + path,
                    params=params,
                    content=None if body is None else orjson.dumps(body),
                    timeout=left * _OWN_SHARE,
                )
        except ConnectError as error:
            raise Lost(may_have_arrived=False, timed_out=False) from error
        except TimeoutError as error:
            raise Lost(may_have_arrived=True, timed_out=True) from error
        except HTTPError as error:
            timed_out = "Timeout" in type(error).__name__
            raise Lost(may_have_arrived=True, timed_out=timed_out) from error
        except RuntimeError as error:
            if not wire.was_cut:
                raise
            raise Lost(may_have_arrived=True, timed_out=False) from error
        content = response.content
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            content = self._redaction.raw(content)
        reply = RestReply(status=response.status_code, content=content)
        if refusal := rest_refused(reply, self.address):
            raise refusal
        return reply

    async def ask(
        self,
        doing: str,
        method: str,
        path: str,
        *,
        timeout_seconds: float,
        params: dict[str, str | int] | None = None,
        body: object = None,
        allowed: tuple[int, ...] = (200,),
    ) -> RestReply:
        """Send one REST request and return its answer, whose status is one of `allowed`.

        A 404 that is allowed counts only from a server that is ready: one that was just started
        does not find what it has.

        Raises:
            StoreUnavailable: no answer, one that tells of trouble on the server's side, or a 404
                of a server that is not ready.
            StoreRefused: any other status; credentials, rights.
        """

        async def once(method: str, path: str, **more: Any) -> RestReply:
            try:
                return await self.rest(method, path, timeout_seconds=timeout_seconds, **more)
            except Lost as error:
                raise StoreUnavailable(f"{self.address}: {doing}: no answer") from error

        reply = await once(method, path, params=params, body=body)
        is_absent = reply.status == HTTPStatus.NOT_FOUND and reply.status in allowed
        if is_absent and anyio.current_time() - self._ready_at >= LEAST_START_SECONDS:
            await self.check_ready()
            reply = await once(method, path, params=params, body=body)
        if reply.status not in allowed:
            raise rest_failed(reply, doing, self.address)
        return reply

    async def check_ready(self) -> None:
        """See that the server is ready: else it does not find what it has.

        Raises:
            StoreUnavailable: it is not, or did not answer.
        """
        asked_at = anyio.current_time()
        try:
            reply = await self.rest("GET", "/.well-known/ready", timeout_seconds=READY_SECONDS)
        except Lost as error:
            raise StoreUnavailable(f"{self.address}: no answer") from error
        except StoreRefused:  # who stands between forbids this address: then nobody knows
            return
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise StoreUnavailable(f"{self.address} is not ready yet")
        self._ready_at = asked_at

    async def _query(
        self, method: Callable[[Wire], Any], request: object, timeout_seconds: float
    ) -> object:
        """Send a request that only reads.

        Raises:
            ClassAbsent: there is no such class.
            StoreUnavailable: no answer in time.
            StoreRefused: rights, credentials, or a vector of another dimension.
        """
        try:
            return await self._call(method, request, timeout_seconds)
        except AioRpcError as error:
            raise query_failed(error.code(), error.details() or "", self.address) from error
        except Lost as error:
            raise StoreUnavailable(f"{self.address}: a query got no answer") from error

    async def _call(
        self, method: Callable[[Wire], Any], request: object, timeout_seconds: float
    ) -> object:
        wire, left = await self._ready(timeout_seconds)
        try:
            with anyio.fail_after(left + _GRACE_SECONDS):
                return await answer(wire, method(wire), request, left)
        except TimeoutError as error:
            raise Lost(may_have_arrived=True, timed_out=True) from error
        except AioRpcError as error:
            details = self._redaction.text(error.details() or "")
            if details == (error.details() or ""):
                raise
            raise AioRpcError(
                error.code(), error.initial_metadata(), error.trailing_metadata(), details
            ) from None

    async def _note_silence(self, began_at: float) -> None:
        """Cut a wire that stays silent, so that the next request opens another one.

        A channel whose connection is dead and was never closed (a firewall that forgot it, a host
        that vanished) keeps it for a quarter of an hour. The server's own pings are minutes apart,
        and it takes none of ours that are closer. Silences count one after the other: a server
        that stands still for a moment is silent to all that is on its way, once.
        """
        if began_at < self._heard_at:
            return
        self._heard_at = anyio.current_time()
        self._silences += 1
        if self._silences == SILENCES:
            self._silences = 0
            await self.disconnect()

    async def _ready(self, timeout_seconds: float) -> tuple[Wire, float]:
        """Return the open wire and the seconds that are left of the time-out."""
        started = anyio.current_time()
        try:
            with anyio.fail_after(timeout_seconds):
                wire = await self.open()
        except TimeoutError as error:
            raise Lost(may_have_arrived=False, timed_out=True) from error
        return wire, max(timeout_seconds - (anyio.current_time() - started), 0.0)
