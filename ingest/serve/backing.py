"""The port to what the service reads from; `ingest.wiring.serving` has the implementation."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ingest.embedders import Embedder
from ingest.report import StatusReport
from ingest.target import Target
from journal import Store


class Backing(Protocol):
    """Store, target and embedder, lent. Opened things are kept and opened anew when they are lost.

    Each method raises `StoreUnavailable` or `StoreRefused` as its port does.
    """

    @property
    def pipeline(self) -> str:
        """The pipeline whose classes are served."""
        ...

    def store(self) -> AbstractAsyncContextManager[Store]:
        """Lend the journal's store."""
        ...

    def target(self) -> AbstractAsyncContextManager[Target]:
        """Lend the target."""
        ...

    async def embedder(self, name: str) -> Embedder:
        """Return the embedder of that name, which is opened once."""
        ...

    async def status(self) -> StatusReport:
        """Return the newest run's state and lease; a store that does not answer is one too."""
        ...
