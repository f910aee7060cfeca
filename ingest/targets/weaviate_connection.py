"""The wire to one Weaviate server: requests that leave once and end in time.

The only module that reaches below the public API of weaviate-client, and why: the public
calls resend a batch by themselves (and report a torn one as written), repeat a query for up
to a minute, and know no time-out per call. So the client opens the channel and the REST
session, with its TLS and its authentication, and our requests go over them directly.
`tests/targets/test_weaviate_connection.py` notices when those parts move.

Knows nothing of classes and objects.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import orjson
from grpc.aio import AioRpcError, Channel  # type: ignore[import-untyped]
from weaviate import WeaviateAsyncClient
from weaviate.connect.v4 import (  # type: ignore[attr-defined]  # what its session raises
    ConnectError,
    HTTPError,
)
from weaviate.proto.v1 import aggregate_pb2, batch_pb2, health_weaviate_pb2, search_get_pb2

from ingest.targets.weaviate_errors import (
    Lost,
    RestReply,
    query_failed,
    rest_failed,
    rest_refused,
)
from journal.errors import StoreUnavailable

_SERVICE = "/weaviate.v1.Weaviate/"
_HEALTH = "/grpc.health.v1.Health/Check"
# The session's own time-outs come before ours: cancelling it leaks a slot of its pool.
_OWN_SHARE = 0.9
_GRACE_SECONDS = 1.0  # in which a gRPC call ends by its own deadline


class Wire:
    """One open gRPC channel and one open REST session, until they are cut."""

    def __init__(self, client: WeaviateAsyncClient) -> None:
        connection = client._connection
        channel = connection._grpc_channel
        assert isinstance(channel, Channel)
        assert connection._client is not None
        self.session: Any = connection._client  # httpx is the client's, not ours
        self.url = f"{connection.url}/v1"
        self.metadata = connection.grpc_headers()
        self.was_cut = False
        self._client = client
        # A batch arrives as bytes and a search leaves as bytes: what costs milliseconds
        # (building, parsing) is done in a thread, not in the calls.
        self.batch_objects = channel.unary_unary(
            _SERVICE + "BatchObjects",
            response_deserializer=batch_pb2.BatchObjectsReply.FromString,
        )
        self.search = channel.unary_unary(
            _SERVICE + "Search",
            request_serializer=search_get_pb2.SearchRequest.SerializeToString,
        )
        self.aggregate = channel.unary_unary(
            _SERVICE + "Aggregate",
            request_serializer=aggregate_pb2.AggregateRequest.SerializeToString,
            response_deserializer=aggregate_pb2.AggregateReply.FromString,
        )
        self._health = channel.unary_unary(
            _HEALTH,
            request_serializer=health_weaviate_pb2.WeaviateHealthCheckRequest.SerializeToString,
            response_deserializer=health_weaviate_pb2.WeaviateHealthCheckResponse.FromString,
        )

    async def check_grpc(self, timeout_seconds: float) -> None:
        """Ask the gRPC port for its health. Raises AioRpcError."""
        request = health_weaviate_pb2.WeaviateHealthCheckRequest()
        await _answer(self, self._health, request, timeout_seconds)

    async def cut(self) -> None:
        """Close both; what is on its way ends at once, without an answer."""
        self.was_cut = True
        await self._client.close()


class WeaviateConnection:
    """Requests over a wire that is opened when it is needed, until `release`."""

    def __init__(self, address: object, connect: Callable[[], Awaitable[Wire]]) -> None:
        self.address = address  # in the words of a message
        self._connect = connect
        self._wire: Wire | None = None
        self._released = False
        self._opening = anyio.Lock()

    async def open(self) -> Wire:
        """Return the open wire, opening it if need be; raises as `connect` does."""
        async with self._opening:
            if self._released:
                raise StoreUnavailable(f"{self.address}: the connection was closed for good")
            if self._wire is None:
                self._wire = await self._connect()
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
            Lost: no answer.
        """
        reply = await self._call(lambda wire: wire.batch_objects, request, timeout_seconds)
        assert isinstance(reply, batch_pb2.BatchObjectsReply)
        return reply

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
        reply = RestReply(status=response.status_code, content=response.content)
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

        Raises:
            StoreUnavailable: no answer, or one that tells of trouble on the server's side.
            StoreRefused: any other status; credentials, rights.
        """
        try:
            reply = await self.rest(
                method, path, timeout_seconds=timeout_seconds, params=params, body=body
            )
        except Lost as error:
            raise StoreUnavailable(f"{self.address}: {doing}: no answer") from error
        if reply.status not in allowed:
            raise rest_failed(reply, doing, self.address)
        return reply

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
                return await _answer(wire, method(wire), request, left)
        except TimeoutError as error:
            raise Lost(may_have_arrived=True, timed_out=True) from error

    async def _ready(self, timeout_seconds: float) -> tuple[Wire, float]:
        """Return the open wire and the seconds that are left of the time-out."""
        started = anyio.current_time()
        try:
            with anyio.fail_after(timeout_seconds):
                wire = await self.open()
        except TimeoutError as error:
            raise Lost(may_have_arrived=False, timed_out=True) from error
        return wire, max(timeout_seconds - (anyio.current_time() - started), 0.0)


async def _answer(wire: Wire, method: Any, request: object, seconds: float) -> object:
    """Await a gRPC call, and tell apart the three cancellations that look the same in it.

    A cancel scope recognises its own cancellation by a mark, which gRPC loses: it is taken
    again from the scope. Closing the channel cancels the calls in it, and their tasks see a
    cancellation that nobody asked them for: that one is a lost request. Any other is native.
    """
    try:
        return await method(request, metadata=wire.metadata, timeout=seconds)
    except asyncio.CancelledError as error:
        while anyio.current_effective_deadline() == -math.inf:
            await anyio.lowlevel.checkpoint()
        task = asyncio.current_task()
        if wire.was_cut and task is not None and not task.cancelling():
            raise Lost(may_have_arrived=True, timed_out=False) from error
        raise
