"""A backing that does one thing more, or worse, than the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ingest.embedders import Embedder
from ingest.esco_classes import esco_schemas
from ingest.report import StatusReport
from ingest.serve.application import application
from ingest.serve.backing import Backing
from ingest.serve.gate import Gate, Turnstile
from ingest.serve.library import Library
from ingest.target import Target
from journal import Store
from journal.clock import system_clock


class Disturbed:
    """Everything as `inner` has it; `disturb` is awaited when the target has been used."""

    def __init__(self, inner: Backing, disturb: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._disturb = disturb

    @property
    def pipeline(self) -> str:
        """As it is."""
        return self._inner.pipeline

    def store(self) -> AbstractAsyncContextManager[Store]:
        """As it is."""
        return self._inner.store()

    @asynccontextmanager
    async def target(self) -> AsyncIterator[Target]:
        """Lend it, and be disturbed before it is given back."""
        async with self._inner.target() as target:
            yield target
            await self._disturb()

    async def embedder(self, name: str) -> Embedder:
        """As it is."""
        return await self._inner.embedder(name)

    async def status(self) -> StatusReport:
        """As it is."""
        return await self._inner.status()


def disturbed_service(
    inner: Backing, disturb: Callable[[], Awaitable[None]], *, turnstile: Turnstile | None = None
) -> Gate:
    """Return the service over a disturbed backing."""
    library = Library(Disturbed(inner, disturb), esco_schemas(), elapsed=system_clock().elapsed)
    return application(library, version="0", turnstile=turnstile)
