"""One open wire to a Weaviate server: a gRPC channel and a REST session of weaviate-client.

The only module that reaches below the client's public API, and why: the public calls resend a
batch by themselves (and report a torn one as written), repeat a query for up to a minute, and
know no time-out per call. So the client opens the channel and the session, with its TLS and
its authentication, and our requests go over them directly.
`tests/targets/test_weaviate_connection.py` notices when those parts move.
"""

import asyncio
import math
from typing import Any

import anyio
import anyio.lowlevel
from grpc.aio import Channel  # type: ignore[import-untyped]
from weaviate import WeaviateAsyncClient
from weaviate.proto.v1 import aggregate_pb2, batch_pb2, health_weaviate_pb2, search_get_pb2

from ingest.targets.weaviate_errors import Lost

_SERVICE = "/weaviate.v1.Weaviate/"
_HEALTH = "/grpc.health.v1.Health/Check"


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
        """Ask the gRPC port for its health. Raises AioRpcError, and Lost without an answer."""
        request = health_weaviate_pb2.WeaviateHealthCheckRequest()
        await answer(self, self._health, request, timeout_seconds)

    async def cut(self) -> None:
        """Close both; what is on its way ends at once, without an answer."""
        self.was_cut = True
        await self._client.close()


async def answer(wire: Wire, method: Any, request: object, seconds: float) -> object:
    """Await a gRPC call, and tell apart the three cancellations that look the same in it.

    A call may also end well and bring no message: the server ended it between the two, or what
    came can not be read. Nobody answered that one.

    A cancel scope recognises its own cancellation by a mark, which gRPC loses: it is taken
    again from the scope. Closing the channel cancels the calls in it, and their tasks see a
    cancellation that nobody asked them for: that one is a lost request. Any other is native.
    """
    try:
        reply: object = await method(request, metadata=wire.metadata, timeout=seconds)
    except asyncio.CancelledError as error:
        while anyio.current_effective_deadline() == -math.inf:
            await anyio.lowlevel.checkpoint()
        task = asyncio.current_task()
        if wire.was_cut and task is not None and not task.cancelling():
            raise Lost(may_have_arrived=True, timed_out=False) from error
        raise
    if reply is None:
        raise Lost(may_have_arrived=True, timed_out=False)
    return reply
