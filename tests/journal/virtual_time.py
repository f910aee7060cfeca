"""Hours in milliseconds: an event loop that never waits, it moves its clock instead.

Whatever sleeps or times out under it keeps its order, so leases and graces can be tested to the
second without waiting for one. For code that awaits nothing but time and other tasks: no
threads, no sockets.
"""

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec

from journal.clock import Clock
from tests.journal.builders import NOON

P = ParamSpec("P")
_IDS = itertools.count(1)  # every clock's: two processes never share an id
# Nothing tested here takes longer: it would be an endless loop.
LONGEST_SECONDS = 100_000.0
MOST_ROUNDS = 200_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only while nothing else is to be done."""

    def __init__(self) -> None:
        self.now_seconds = 1000.0
        super().__init__(_NoWaiting(self))

    def time(self) -> float:
        """Return the virtual time."""
        return self.now_seconds


class _NoWaiting(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._rounds = 0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise AssertionError("endless: a loop that does not even wait")
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise AssertionError("deadlock: every task waits for another")
        self._loop.now_seconds += timeout
        if self._loop.now_seconds > LONGEST_SECONDS:
            raise AssertionError("endless: more than a day of virtual time has passed")
        return ready


def virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on a `VirtualLoop`."""

    @wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*arguments, **named))

    return run


def virtual_clock() -> Clock:
    """Return a clock that shows the running loop's time, and ids that count."""
    loop = asyncio.get_running_loop()
    return Clock(
        now=lambda: NOON + timedelta(seconds=loop.time()),
        elapsed=loop.time,
        new_id=lambda: f"id-{next(_IDS)}",
    )
