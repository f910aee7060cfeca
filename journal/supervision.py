"""Work that something beside it may end, and waiting for a store that does not answer.

Knows nothing of runs or leases.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import anyio

from journal.clock import Clock
from journal.errors import JournalError, StoreUnavailable, leading
from journal.step import StopSwitch

GRACE_SECONDS = 5.0  # for requests in flight once a stop was asked for
STORE_POLL_SECONDS = 1.0

T = TypeVar("T")


async def guarded(work: Callable[[], Awaitable[T]], guard: Callable[[], Awaitable[None]]) -> T:
    """Run `work` with `guard` beside it; when `guard` raises, `work` is cancelled.

    Raises what `guard` raised, else what `work` raised, without the group around it.
    """
    verdict: JournalError | None = None
    failure: Exception | None = None
    done: list[T] = []

    async def watch() -> None:
        nonlocal verdict
        try:
            await guard()
        except JournalError as error:
            if failure is None:  # else it comes too late to be the reason
                verdict = error
            scope.cancel()

    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            tasks.start_soon(watch)
            try:
                done.append(await work())
            except Exception as error:
                failure = error
        tasks.cancel_scope.cancel()
    if done:
        return done[0]
    if verdict is not None:
        raise verdict
    if failure is not None:
        raise leading(failure)
    raise AssertionError("work ended without a result, an error or a verdict")


async def unless_stopped(stop: StopSwitch, wait: Callable[[], Awaitable[T]]) -> T:
    """Do `wait`, which sends nothing that matters, unless a stop was asked for.

    Raises:
        Stopped: it was.
    """

    async def watch() -> None:
        await stop.wait()
        stop.check()

    return await guarded(wait, watch)


async def stop_after_grace(stop: StopSwitch) -> None:
    """Raise `Stopped` once a stop was asked for and the requests in flight had their time."""
    await stop.wait()
    await anyio.sleep(GRACE_SECONDS)
    stop.check()


async def waiting_for_store(
    act: Callable[[], Awaitable[T]],
    clock: Clock,
    wait_seconds: float,
    on_wait: Callable[[str], None],
    *,
    stop: StopSwitch | None = None,
) -> T:
    """Do `act`, again and again while the store can not be reached, for `wait_seconds`.

    Raises:
        StoreUnavailable: it was not reached in that time.
        Stopped: `stop` was set meanwhile.
    """
    if stop is not None:
        waiting = partial(waiting_for_store, act, clock, wait_seconds, on_wait)
        return await unless_stopped(stop, waiting)
    deadline = clock.elapsed() + wait_seconds
    while True:
        try:
            return await act()
        except StoreUnavailable as error:
            if clock.elapsed() + STORE_POLL_SECONDS > deadline:
                raise
            on_wait(str(error))
            await anyio.sleep(STORE_POLL_SECONDS)
