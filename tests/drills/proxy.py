"""A TCP proxy that can behave as bad networks do, for one port of a server.

Knows bytes and connections, nothing of what they carry. Lives in a thread of its own.
"""

import asyncio
import threading
from contextlib import suppress
from types import TracebackType

from tests.drills.trouble import Fault, Link, Trouble

LARGEST_PART = 65_536
END_SECONDS = 10.0
HOST = "127.0.0.1"


class Proxy:
    """Listens on `port` and passes on to another port of this machine; `with` it."""

    def __init__(self, to_port: int, trouble: Trouble | None = None) -> None:
        self.port = 0
        self.has_begun = False  # whether the trouble has come
        self._to_port = to_port
        self._trouble = trouble
        self._requests = 0
        self._fault: Fault | None = None
        self._is_over = asyncio.Event()
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(END_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(END_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(END_SECONDS)
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._is_over.set()
        for link in list(self._links):
            link.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            back, far = await asyncio.open_connection(HOST, self._to_port)
        except OSError:  # the server is not there
            near.transport.abort()
            self._tasks.discard(task)
            return
        link = Link(near, far)
        self._links.add(link)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._forth(reader, link), self._back(back, link))
        link.reset()
        self._links.discard(link)
        self._tasks.discard(task)

    async def _forth(self, reader: asyncio.StreamReader, link: Link) -> None:
        """Pass on what the client says."""
        with suppress(OSError):
            while part := await reader.read(LARGEST_PART):
                self._requests += 1
                if self._trouble is not None and self._requests == self._trouble.part:
                    await self._begin(self._trouble)
                await self._hold_back()
                if link.is_forgotten:
                    continue
                is_to_be_reset = self._fault is Fault.RESET
                link.is_mute |= is_to_be_reset
                link.far.write(part)
                await link.far.drain()
                if is_to_be_reset:
                    await asyncio.sleep(self._slowness)  # the request surely arrives
                    link.reset()
            link.far.write_eof()

    async def _back(self, reader: asyncio.StreamReader, link: Link) -> None:
        """Pass on what the server says."""
        with suppress(OSError):
            while part := await reader.read(LARGEST_PART):
                if self._fault is Fault.DROPPED_REPLIES:
                    link.is_mute = True  # what lacks a part in the middle can not go on
                await self._hold_back()
                if not link.is_mute:
                    link.near.write(part)
                    await link.near.drain()
            if not link.is_mute:
                link.near.write_eof()

    @property
    def _slowness(self) -> float:
        return self._trouble.delay_seconds if self._trouble is not None else 0.0

    async def _hold_back(self) -> None:
        if self._fault is Fault.DELAY:
            await asyncio.sleep(self._slowness)
        elif self._fault is Fault.BLACK_HOLE:
            await self._is_over.wait()

    async def _begin(self, trouble: Trouble) -> None:
        self.has_begun = True
        self._fault = trouble.fault
        if trouble.fault is Fault.REFUSED:
            assert self._server is not None
            self._server.close()
            for link in list(self._links):
                link.reset()
        elif trouble.fault is Fault.HALF_OPEN:
            for link in list(self._links):
                link.forget_the_server()
        ending = asyncio.create_task(self._end(trouble))
        self._tasks.add(ending)
        ending.add_done_callback(self._tasks.discard)

    async def _end(self, trouble: Trouble) -> None:
        await asyncio.sleep(trouble.seconds)
        self._fault = None
        self._is_over.set()
        if trouble.fault is Fault.REFUSED:
            await self._listen()
