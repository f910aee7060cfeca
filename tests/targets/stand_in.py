"""A stand-in for a Weaviate server: real sockets, real gRPC, answers as a test wants them.

Only for what a real server can not be made to do on demand; the real one has its own tests.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from weaviate.proto.v1 import batch_pb2, health_weaviate_pb2

META = b'{"version":"1.38.11","grpcMaxMessageSize":104858000}'

BatchAnswer = Callable[[Any], Awaitable[batch_pb2.BatchObjectsReply | bytes | None]]


async def acknowledged(_: Any) -> batch_pb2.BatchObjectsReply:
    return batch_pb2.BatchObjectsReply()


def aborted(code: Any, details: str) -> BatchAnswer:
    """Return an answer that ends the call with a gRPC status."""

    async def answer(context: Any) -> batch_pb2.BatchObjectsReply:
        await context.abort(code, details)
        raise AssertionError

    return answer


async def ended_without_a_message(_: Any) -> None:
    """End the call well, and send no message before it."""


async def illegible(_: Any) -> bytes:
    """Answer with what is no message."""
    return b"\xff\xff"


async def silent(_: Any) -> batch_pb2.BatchObjectsReply:
    await asyncio.sleep(3600)
    raise AssertionError


@dataclass
class StandIn:
    """What to answer, and what was asked."""

    batch: BatchAnswer = acknowledged
    status: str = "200 OK"
    meta: bytes = META
    deaf_to_objects: bool = False
    is_healthy: bool = True  # else its health is a call that ends well without a message
    creates: int = 0
    batches: int = 0
    metadata: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    grpc_port: int = 0

    async def on_rest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            if b"/v1/meta" not in request and self.deaf_to_objects:
                self.creates += 1
                await reader.read()  # until the client goes away
                return
            head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.meta)}\r\n"
            writer.write(head.encode() + b"Content-Type: application/json\r\n")
            writer.write(b"Connection: close\r\n\r\n" + self.meta)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # a client that went away
        finally:
            writer.close()

    async def on_batch(self, _: bytes, context: Any) -> AsyncIterator[bytes]:
        self.batches += 1
        self.metadata = [(str(key), str(value)) for key, value in context.invocation_metadata()]
        reply = await self.batch(context)
        if reply is not None:
            yield reply if isinstance(reply, bytes) else reply.SerializeToString()

    async def on_query(self, _: bytes, __: Any) -> AsyncIterator[bytes]:
        return
        yield b""

    async def on_health(self, _: bytes, __: Any) -> AsyncIterator[bytes]:
        if not self.is_healthy:
            return
        serving = health_weaviate_pb2.WeaviateHealthCheckResponse(
            status=health_weaviate_pb2.WeaviateHealthCheckResponse.SERVING
        )
        yield serving.SerializeToString()


@asynccontextmanager
async def stand_in(**answers: Any) -> AsyncIterator[StandIn]:
    """Serve REST and gRPC on free loopback ports."""
    served = StandIn(**answers)
    rest = await asyncio.start_server(served.on_rest, "127.0.0.1", 0)
    server = grpc.aio.server()
    for service, method, handler in (
        ("weaviate.v1.Weaviate", "BatchObjects", served.on_batch),
        ("weaviate.v1.Weaviate", "Search", served.on_query),
        ("weaviate.v1.Weaviate", "Aggregate", served.on_query),
        ("grpc.health.v1.Health", "Check", served.on_health),
    ):
        # As a stream, because only a stream may end well with no message in it.
        handlers = {method: grpc.unary_stream_rpc_method_handler(handler)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    served.grpc_port = server.add_insecure_port("127.0.0.1:0")
    served.url = f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
    await server.start()
    try:
        yield served
    finally:
        await server.stop(grace=None)
        rest.close()
        await rest.wait_closed()


@asynccontextmanager
async def deaf_port() -> AsyncIterator[int]:
    """Listen on a port that takes every connection and says nothing."""
    writers: list[asyncio.StreamWriter] = []

    async def on_connect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in writers:
            writer.close()
        server.close()
        await server.wait_closed()


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
