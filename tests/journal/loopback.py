"""Servers on loopback that behave badly: closed, silent, wrong, or deaf in one direction."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

Head = str  # the first line of a request: "POST /v1/objects HTTP/1.1"


def closed_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def answering(
    answer: Callable[[Head], tuple[int, str] | None],
) -> AsyncIterator[str]:
    """Serve what `answer` says (status, body); None keeps the client waiting."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = next(
                    (
                        int(line.partition(":")[2])
                        for line in head.split("\r\n")
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                said = answer(head.split("\r\n")[0])
                if said is None:
                    continue
                status, body = said
                content = body.encode()
                writer.write(
                    f"HTTP/1.1 {status} Whatever\r\ncontent-length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        writer.close()

    async with _listening(serve) as port:
        yield f"http://127.0.0.1:{port}"


class Relay:
    """Stands between client and server. While `swallows(head)` holds, answers are lost."""

    def __init__(self, url: str) -> None:
        self.url = ""
        self.swallows: Callable[[Head], bool] = lambda _: False
        self._port = int(url.rpartition(":")[2])

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Relay"]:
        """Listen."""
        async with _listening(self._serve) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        heads: list[Head] = [""]

        async def upwards() -> None:
            while part := await reader.read(65536):
                if part.split(b" ")[0] in (b"GET", b"POST", b"PUT", b"DELETE"):
                    heads[0] = part.split(b"\r\n")[0].decode()
                forth.write(part)
                await forth.drain()

        async def downwards() -> None:
            while part := await back.read(65536):
                if not self.swallows(heads[0]):
                    writer.write(part)
                    await writer.drain()

        with suppress(ConnectionError, asyncio.CancelledError, ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                down = tasks.create_task(downwards())
                await upwards()
                down.cancel()
        for end in (writer, forth):
            end.close()


@asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[int]:
    open_ends: set[asyncio.StreamWriter] = set()

    async def remember(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ends.add(writer)
        await serve(reader, writer)  # type: ignore[misc]

    server = await asyncio.start_server(remember, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for end in open_ends:
            end.close()
        for end in open_ends:
            with suppress(ConnectionError, OSError):
                await end.wait_closed()
        await asyncio.sleep(0.05)  # the handlers see their connections end
