"""`serve`: what the service reads from, opened when it is first needed and kept.

The store may come late, go away and come back: nothing here ends because of that.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from ingest.report import StatusReport
from ingest.settings import Settings
from ingest.wiring.opening import VERSION, opened_store, opened_target
from ingest.wiring.reading import status_of
from journal import JournalError, Store
from journal.clock import system_clock

if TYPE_CHECKING:
    from ingest.embedders import Embedder
    from ingest.serve.gate import Gate, Turnstile
    from ingest.target import Target

READ_SECONDS = 5.0  # a request to the journal's store; readiness is told in a few of them


async def serve(
    settings: Settings, *, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Answer requests until a signal; `announce` is told the URL.

    Raises:
        InputError: the address can not be had.
    """
    from ingest.serve.server import serve as serve_application

    async with opened_application(settings) as application:
        await serve_application(application, host=host, port=port, announce=announce)


@asynccontextmanager
async def opened_application(
    settings: Settings, *, turnstile: "Turnstile | None" = None
) -> "AsyncIterator[Gate]":
    """Yield the service over the settings' store; nothing is opened before it is asked for."""
    from ingest.esco_classes import esco_schemas
    from ingest.serve.application import application
    from ingest.serve.library import Library

    async with kept_open(settings) as backing:
        library = Library(backing, esco_schemas(), elapsed=system_clock().elapsed)
        yield application(library, version=VERSION, turnstile=turnstile)


@asynccontextmanager
async def kept_open(settings: Settings) -> "AsyncIterator[KeptOpen]":
    """Yield what opens store, target and embedder on demand; close them at the end."""
    async with AsyncExitStack() as stack:
        kept = KeptOpen(settings, stack)
        try:
            yield kept
        finally:
            with anyio.CancelScope(shield=True):
                await kept.aclose()


@dataclass(slots=True)
class _Opened:
    """A store and a target of one state of the file, and how many use them now."""

    file: "FileIdentity"
    stack: AsyncExitStack
    store: Store
    target: "Target | None" = None
    users: int = 0
    is_retired: bool = False


FileIdentity = tuple[int, int] | None  # device and inode; None: no file, or not one


class KeptOpen:
    """`ingest.serve.backing.Backing` over the settings' store.

    A SQLite file that was replaced is another one under the same name: what is open of the old
    one is given up, once nobody uses it any more.
    """

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._opened: _Opened | None = None
        self._embedders: dict[str, Embedder] = {}
        self._opening, self._connecting, self._loading = anyio.Lock(), anyio.Lock(), anyio.Lock()

    @property
    def pipeline(self) -> str:
        """The pipeline whose classes are served."""
        return self._settings.pipeline

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Lend the journal's store."""
        async with self._lent() as opened:
            yield opened.store

    @asynccontextmanager
    async def target(self) -> "AsyncIterator[Target]":
        """Lend the target; opening it may need a server that answers."""
        async with self._lent() as opened:
            async with self._connecting:
                if opened.target is None:
                    opened.target = await opened.stack.enter_async_context(
                        opened_target(self._settings)
                    )
            yield opened.target

    async def embedder(self, name: str) -> "Embedder":
        """Return the embedder of that name."""
        from ingest.embedders import open_embedder

        async with self._loading:
            if name not in self._embedders:
                self._embedders[name] = await self._stack.enter_async_context(
                    open_embedder(name, t2v_url=self._settings.t2v_url)
                )
            return self._embedders[name]

    async def status(self) -> StatusReport:
        """Return the newest run's state and lease, or why it can not be read."""
        try:
            async with self.store() as store:
                return await status_of(store, self._settings)
        except JournalError as error:
            return StatusReport(
                pipeline=self._settings.pipeline,
                store=self._settings.store,
                embedder=self._settings.embedder,
                error=str(error),
            )

    async def aclose(self) -> None:
        """Give up what is open."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.stack.aclose()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[_Opened]:
        opened = await self._current()
        opened.users += 1
        try:
            yield opened
        finally:
            opened.users -= 1
            if opened.is_retired and not opened.users:
                with anyio.CancelScope(shield=True):
                    await opened.stack.aclose()

    async def _current(self) -> _Opened:
        file = _identity(self._settings)
        async with self._opening:
            if self._opened is not None and self._opened.file != file:
                retired, self._opened = self._opened, None
                retired.is_retired = True
                if not retired.users:
                    await retired.stack.aclose()
            if self._opened is None:
                stack = AsyncExitStack()
                store = await stack.enter_async_context(
                    opened_store(self._settings, request_seconds=READ_SECONDS)
                )
                self._opened = _Opened(file=file, stack=stack, store=store)
            return self._opened


def _identity(settings: Settings) -> FileIdentity:
    if not settings.store.startswith("sqlite:"):
        return None
    from journal.stores import sqlite_path

    try:
        found = os.stat(sqlite_path(settings.store))
    except OSError:
        return None
    return found.st_dev, found.st_ino
