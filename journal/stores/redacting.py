"""A store that writes no secret: every event is redacted before it is appended.

Everything else goes to the store behind it as it is.
"""

from collections.abc import AsyncIterator, Callable, Sequence

from journal.events import Owner, Recorded
from journal.redaction import Redaction
from journal.store import Heartbeat, LeaseRecord, LegacyRow, Store


class RedactingStore:
    """`journal.store.Store` around another one."""

    def __init__(self, store: Store, redaction: Redaction) -> None:
        self._store = store
        self._redaction = redaction

    @property
    def url(self) -> str:
        """How to name the store to a person."""
        return self._store.url

    async def prepare(self) -> None:
        """As the store behind it."""
        await self._store.prepare()

    async def append(self, recorded: Recorded) -> None:
        """Append the event without the secrets; the same event is the same without them."""
        await self._store.append(self._redaction.fact(recorded))

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """As the store behind it."""
        return await self._store.read_epoch(pipeline, epoch)

    def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """As the store behind it."""
        return self._store.read_all(pipeline)

    async def highest_epoch(self, pipeline: str) -> int:
        """As the store behind it."""
        return await self._store.highest_epoch(pipeline)

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """As the store behind it."""
        return await self._store.leases(pipeline)

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """As the store behind it."""
        return await self._store.create_lease(pipeline, epoch, owner)

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """As the store behind it."""
        await self._store.beat(pipeline, epoch, beat, released=released)

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """As the store behind it."""
        return await self._store.heartbeat(pipeline, epoch)

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """As the store behind it."""
        await self._store.drop_lease(pipeline, epoch)

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """As the store behind it."""
        await self._store.erase(pipeline, epoch=epoch, check=check)

    async def aclose(self) -> None:
        """As the store behind it."""
        await self._store.aclose()
