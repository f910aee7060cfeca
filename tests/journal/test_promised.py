"""A pipeline that is made while its lease is won: awaited under it, and never in vain."""

from collections import Counter
from collections.abc import Awaitable, Callable

import anyio
import pytest

from journal import (
    Choice,
    JournalError,
    Pipeline,
    Promised,
    Report,
    RunState,
    Status,
    Stopped,
    StopSwitch,
    StoreUnavailable,
    execute,
    read_state,
)
from journal.stores.memory import MemoryStore
from tests.journal.pipelines import EVENTS, Load
from tests.journal.running import names
from tests.journal.virtual_time import virtual_clock


class Unreadable(JournalError):
    """The input can not be read."""


async def run(
    store: MemoryStore,
    promise: Callable[[], Awaitable[Pipeline]],
    *,
    stop: StopSwitch | None = None,
) -> Report:
    promised = Promised(name="esco", fingerprint="f1", pipeline=promise)
    return await execute(promised, store, clock=virtual_clock(), stop=stop)


async def test_it_is_awaited_under_the_lease_and_before_anything_is_written() -> None:
    store, load = MemoryStore(), Load()
    seen: list[tuple[int, int]] = []

    async def promise() -> Pipeline:
        seen.append((len(await store.leases("esco")), len(await store.read_epoch("esco", 1))))
        return load.pipeline()

    report = await run(store, promise)

    assert seen == [(1, 0)]
    assert report.state.status is Status.COMPLETED
    assert names(list(await store.read_epoch("esco", 1))) == EVENTS
    assert load.is_whole


async def test_it_is_not_awaited_when_there_is_nothing_to_do() -> None:
    store = MemoryStore()
    await execute(Load().pipeline(), store, clock=virtual_clock())

    async def promise() -> Pipeline:
        raise AssertionError("awaited")

    report = await run(store, promise)
    assert report.state.status is Status.COMPLETED


async def test_one_that_meets_no_answer_ends_the_call_and_gives_the_lease_back() -> None:
    """It is not a lease that ran out: another attempt at once would meet the same."""
    store, promised = MemoryStore(), []

    async def promise() -> Pipeline:
        promised.append(1)
        raise StoreUnavailable("the target does not answer")

    with pytest.raises(StoreUnavailable, match="the target does not answer"):
        await run(store, promise)
    assert len(promised) == 1
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is not None
    assert heartbeat.released


async def test_what_a_caller_saw_is_looked_at_again_under_the_lease() -> None:
    store = MemoryStore()
    await execute(Load().pipeline(), store, clock=virtual_clock())

    late = Load()
    report = await execute(late.pipeline(), store, seen=RunState(), clock=virtual_clock())

    assert (report.choice, report.state.epoch, late.sent) == (Choice.SKIP, 1, Counter())
    heartbeat = await store.heartbeat("esco", 2)
    assert heartbeat is not None
    assert heartbeat.released  # nobody waits for it


async def test_one_that_fails_leaves_nothing_written_and_the_pipeline_free() -> None:
    store, load = MemoryStore(), Load()

    async def fails() -> Pipeline:
        raise Unreadable("skills_en.csv changed while it was being read: start again")

    async def holds() -> Pipeline:
        return load.pipeline()

    with pytest.raises(Unreadable, match=r"^skills_en\.csv changed"):
        await run(store, fails)
    assert (await read_state(store, "esco")).status is Status.NOT_STARTED

    report = await run(store, holds)  # at once: the lease was given up
    assert report.state.epoch == 2
    assert load.is_whole


async def test_a_stop_does_not_wait_for_it() -> None:
    store, stop = MemoryStore(), StopSwitch()

    async def never() -> Pipeline:
        stop.set(15)
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    with anyio.fail_after(10), pytest.raises(Stopped):
        await run(store, never, stop=stop)
    assert (await read_state(store, "esco")).status is Status.NOT_STARTED
