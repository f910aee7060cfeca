"""What is done while other things go on: opening the target, reading the input.

Importing a server's client and reading are the processor's work; winning the lease and making
the classes wait for a server. So one hides behind the other.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ingest.catalogue import Catalogue
from journal.errors import JournalError

if TYPE_CHECKING:
    from ingest.target import Target

Read = Callable[[Callable[[], None]], Catalogue]  # is given what to call all the while


class _Abandoned(Exception):
    """Nobody waits for the input any more. Never leaves the thread that reads."""


class Opening:
    """One target on its way: `run` beside what `target` is awaited in."""

    def __init__(self, open_: Callable[[], Awaitable["Target"]]) -> None:
        self._open = open_
        self._target: Target | None = None
        self._tried = anyio.Event()

    async def run(self) -> None:
        """Open it; what is in the way of that, `target` meets again."""
        try:
            with suppress(Exception):
                await self.now()
        finally:
            self._tried.set()

    async def now(self) -> "Target":
        """Open it unless it is; raises as opening does."""
        if self._target is None:
            self._target = await self._open()
        return self._target

    async def target(self) -> "Target":
        """Return it once `run` has tried; if in vain, try again, for that may be over by now.

        Raises as opening does.
        """
        await self._tried.wait()
        return await self.now()


class Reading:
    """One input on its way into memory: `run` beside what `catalogue` is awaited in."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._catalogue: Catalogue | None = None
        self._error: Exception | None = None
        self._done = anyio.Event()
        self._is_abandoned = False
        self._ending = Lock()  # whoever comes second sees what the first has done

    async def run(self) -> None:
        """Read, in a thread; cancelled, let the thread end by itself and soon."""
        try:
            await anyio.to_thread.run_sync(self._in_thread, abandon_on_cancel=True)
        except Exception as error:
            self._error = error
        finally:
            self._done.set()

    async def catalogue(self, prepare: Callable[[], Awaitable[None]] | None = None) -> Catalogue:
        """Return the input once it is read; may be awaited more than once.

        `prepare` is done meanwhile, as far as it can be: a server takes its time for its classes
        and needs no processor. What is in the way of that, the step says that does it again.

        Raises:
            InputError: it can not be read any more; nothing of `prepare` is on its way then.
        """
        async with anyio.create_task_group() as tasks:
            if prepare is not None:
                tasks.start_soon(_as_far_as_it_goes, prepare)
            await self._done.wait()
        if self._error is not None:
            raise self._error
        assert self._catalogue is not None, "awaited after it was abandoned"
        return self._catalogue

    def close(self) -> None:
        """Remove what was read, now or when the thread is done with it."""
        with self._ending:
            self._is_abandoned = True
            if self._catalogue is not None:
                self._catalogue.close()

    def _in_thread(self) -> None:
        read = self._read(self._check)
        with self._ending:
            self._catalogue = read
            if self._is_abandoned:
                read.close()

    def _check(self) -> None:
        if self._is_abandoned:
            raise _Abandoned


async def _as_far_as_it_goes(act: Callable[[], Awaitable[None]]) -> None:
    with suppress(JournalError):
        await act()
