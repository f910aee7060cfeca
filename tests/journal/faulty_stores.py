"""Stores that add one fault each to a store that passes the contract."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

import anyio
import anyio.lowlevel

from journal.errors import StoreUnavailable, leading
from journal.events import Owner, Recorded
from journal.store import Heartbeat, LeaseRecord, LegacyRow, Store


class Wrapper:
    """Does what the store inside does."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    @property
    def url(self) -> str:
        """How to name the store to a person."""
        return self.inner.url

    async def prepare(self) -> None:
        """Make ready."""
        await self.inner.prepare()

    async def append(self, recorded: Recorded) -> None:
        """Add one event."""
        await self.inner.append(recorded)

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Read one epoch."""
        return await self.inner.read_epoch(pipeline, epoch)

    def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """Read everything."""
        return self.inner.read_all(pipeline)

    async def highest_epoch(self, pipeline: str) -> int:
        """Find the highest epoch."""
        return await self.inner.highest_epoch(pipeline)

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """List the leases."""
        return await self.inner.leases(pipeline)

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim an epoch."""
        return await self.inner.create_lease(pipeline, epoch, owner)

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write a heartbeat."""
        await self.inner.beat(pipeline, epoch, beat, released=released)

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Read a heartbeat."""
        return await self.inner.heartbeat(pipeline, epoch)

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """Remove a lease."""
        await self.inner.drop_lease(pipeline, epoch)

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """Remove the events."""
        await self.inner.erase(pipeline, epoch=epoch, check=check)

    async def aclose(self) -> None:
        """Leave the inner store open: it belongs to the test."""


class Died(BaseException):
    """The process is gone: nothing it does after this reaches the store."""


async def dies(run: Coroutine[Any, Any, object]) -> None:
    """Await a run whose process dies on the way.

    What is left of the process is a `Died` from each of its tasks.
    """
    try:
        await run
    except BaseException as death:
        if not isinstance(leading(death), Died):
            raise
    else:
        raise AssertionError("the process lives")


class CrashingStore(Wrapper):
    """Fails at append number `at`, before or after it landed, once or for good.

    With `dies` the whole process is gone from then on: whatever it asks of the store ends it,
    its last words too.
    """

    def __init__(
        self, inner: Store, *, at: int, lands: bool, for_good: bool = False, dies: bool = False
    ) -> None:
        super().__init__(inner)
        self._at = at
        self._lands = lands
        self._for_good = for_good
        self._dies = dies
        self.appends = 0
        self.has_failed = False

    async def append(self, recorded: Recorded) -> None:
        """Add one event, or fail."""
        self.appends += 1
        if self.has_failed and (self._for_good or self._dies):
            raise self._error()
        if self.appends == self._at:
            self.has_failed = True
            if self._lands:
                await self.inner.append(recorded)
            raise self._error()
        await self.inner.append(recorded)

    async def highest_epoch(self, pipeline: str) -> int:
        """Find the highest epoch, unless dead or away."""
        self._check_alive()
        return await self.inner.highest_epoch(pipeline)

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write a heartbeat, unless dead or away."""
        self._check_alive()
        await self.inner.beat(pipeline, epoch, beat, released=released)

    def _check_alive(self) -> None:
        if self.has_failed and (self._dies or self._for_good):
            raise self._error()

    def _error(self) -> BaseException:
        return Died() if self._dies else StoreUnavailable("the store does not answer")


class Outage(Wrapper):
    """Answers nothing while `is_down`; what was sent meanwhile is lost."""

    def __init__(self, inner: Store, *, timeout_seconds: float = 5.0) -> None:
        super().__init__(inner)
        self.is_down = False
        self._timeout_seconds = timeout_seconds

    async def append(self, recorded: Recorded) -> None:
        """Add one event."""
        await self._pass()
        await self.inner.append(recorded)

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Read one epoch."""
        await self._pass()
        return await self.inner.read_epoch(pipeline, epoch)

    async def highest_epoch(self, pipeline: str) -> int:
        """Find the highest epoch."""
        await self._pass()
        return await self.inner.highest_epoch(pipeline)

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """List the leases."""
        await self._pass()
        return await self.inner.leases(pipeline)

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim an epoch."""
        await self._pass()
        return await self.inner.create_lease(pipeline, epoch, owner)

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write a heartbeat."""
        await self._pass()
        await self.inner.beat(pipeline, epoch, beat, released=released)

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Read a heartbeat."""
        await self._pass()
        return await self.inner.heartbeat(pipeline, epoch)

    def fail_for(self, seconds: float) -> None:
        """Be away from now on, for so long."""
        self.is_down = True
        asyncio.get_running_loop().call_later(seconds, self._recover)

    def _recover(self) -> None:
        self.is_down = False

    async def _pass(self) -> None:
        if self.is_down:
            await anyio.sleep(self._timeout_seconds)
            raise StoreUnavailable("the store does not answer")


class Intercepted(Wrapper):
    """Calls `before_append` with each event first; what that raises is what append raises."""

    def __init__(self, inner: Store, before_append: Callable[[Recorded], Awaitable[None]]) -> None:
        super().__init__(inner)
        self._before_append = before_append

    async def append(self, recorded: Recorded) -> None:
        """Add one event."""
        await self._before_append(recorded)
        await self.inner.append(recorded)


class Hesitant(Wrapper):
    """Lets everybody else go first at each call of a claim, so that claims at once do race."""

    async def highest_epoch(self, pipeline: str) -> int:
        """Find the highest epoch."""
        highest = await self.inner.highest_epoch(pipeline)
        await anyio.lowlevel.checkpoint()
        return highest

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim an epoch."""
        await anyio.lowlevel.checkpoint()
        return await self.inner.create_lease(pipeline, epoch, owner)


class BeatsUnconfirmed(Wrapper):
    """Writes every heartbeat while `is_silent`, and loses the answer."""

    is_silent = False

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write a heartbeat."""
        await self.inner.beat(pipeline, epoch, beat, released=released)
        if self.is_silent:
            raise StoreUnavailable("the store does not answer")
