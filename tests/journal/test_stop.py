"""Stopping a run: what is in flight gets its time, then `interrupted`, and no lie about it."""

import anyio
import pytest

from journal import (
    Choice,
    JournalError,
    Status,
    StepRun,
    Stopped,
    StopSwitch,
    Store,
    read_history,
    read_state,
)
from journal.clock import Clock
from journal.events import Event, Interrupted
from journal.stores.memory import MemoryStore
from tests.journal.builders import logged, owner, started
from tests.journal.pipelines import Load, at
from tests.journal.running import run
from tests.journal.virtual_time import virtual_clock, virtual_time


async def last_event(store: Store) -> Event:
    """Return the newest event."""
    return (await read_history(store, "esco"))[0][-1].event


class Stopping:
    """A hook's act that asks for a stop and then keeps a request open for `seconds`."""

    def __init__(self, clock: Clock, *, seconds: float, signal: int = 15) -> None:
        self.switch = StopSwitch()
        self.asked_at = 0.0
        self.answered = False
        self._clock, self._seconds, self._signal = clock, seconds, signal

    async def __call__(self, run: StepRun) -> None:
        async with run.request(10):
            self.switch.set(self._signal)
            self.asked_at = self._clock.elapsed()
            await anyio.sleep(self._seconds)
            self.answered = True


@pytest.mark.parametrize("signal", [2, 15])
@virtual_time
async def test_a_request_in_flight_is_answered_and_what_is_settled_is_recorded(signal: int) -> None:
    store, clock = MemoryStore(), virtual_clock()
    act = Stopping(clock, seconds=3, signal=signal)
    load = Load(before=at("second", 3, act))
    with pytest.raises(Stopped) as caught:
        await run(load, store, clock=clock, stop=act.switch)
    assert caught.value.signal == signal
    assert act.answered
    assert clock.elapsed() - act.asked_at == 3  # no settling: every outcome is known
    assert load.disconnected == 0
    state = await read_state(store, "esco")
    assert (state.status, state.settled) == (Status.INTERRUPTED, 3)
    assert await last_event(store) == Interrupted(signal=signal)
    report = await run(load, store)
    assert (report.choice, report.state.attempt) == (Choice.RESUME, 2)
    assert max(load.sent.values()) == 1  # nothing was sent twice


@virtual_time
async def test_a_request_that_is_not_answered_in_five_seconds_is_given_up_and_settled() -> None:
    store, clock = MemoryStore(), virtual_clock()
    act = Stopping(clock, seconds=9)
    load = Load(before=at("second", 3, act))
    with pytest.raises(Stopped):
        await run(load, store, clock=clock, stop=act.switch)
    assert not act.answered
    assert load.disconnected == 1
    assert clock.elapsed() - act.asked_at == pytest.approx(5 + 2)
    assert await last_event(store) == Interrupted(signal=15)


@virtual_time
async def test_a_stop_inside_a_task_group_of_the_step_keeps_what_is_settled() -> None:
    store, clock = MemoryStore(), virtual_clock()
    switch = StopSwitch()

    async def in_a_group(run: StepRun) -> None:
        async with anyio.create_task_group() as tasks:
            switch.set(15)
            tasks.start_soon(run.admit, 0)
            tasks.start_soon(run.admit, 1)

    with pytest.raises(Stopped):
        await run(Load(before=at("second", 3, in_a_group)), store, clock=clock, stop=switch)
    state = await read_state(store, "esco")
    assert (state.status, state.settled) == (Status.INTERRUPTED, 3)


@virtual_time
async def test_a_stop_before_the_beginning_begins_no_step() -> None:
    store, load, switch = MemoryStore(), Load(), StopSwitch()
    switch.set(2)
    with pytest.raises(Stopped):
        await run(load, store, stop=switch)
    assert not load.begun
    assert (await read_state(store, "esco")).status in (Status.NOT_STARTED, Status.INTERRUPTED)
    assert (await run(load, store)).state.status is Status.COMPLETED


@virtual_time
async def test_a_stop_after_the_last_step_leaves_only_completed_to_the_resume() -> None:
    store, switch = MemoryStore(), StopSwitch()

    async def stop(run: StepRun) -> None:
        switch.set(15)

    load = Load(before=at("third", 9, stop))
    with pytest.raises(Stopped):
        await run(load, store, stop=switch)
    begun = dict(load.begun)
    assert (await read_state(store, "esco")).status is Status.INTERRUPTED
    await run(load, store)
    assert max(load.sent.values()) == 1
    assert begun == {"first": 1, "second": 1, "third": 1}


@virtual_time
async def test_a_full_window_does_not_hold_a_stop_up() -> None:
    store, clock, switch = MemoryStore(), virtual_clock(), StopSwitch()
    asked_at = 0.0

    async def wait_for_ever(run: StepRun) -> None:
        nonlocal asked_at
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run.admit, 1000)
            await anyio.sleep(5)
            switch.set(15)
            asked_at = clock.elapsed()

    with pytest.raises(Stopped):
        await run(Load(before=at("first", 2, wait_for_ever)), store, clock=clock, stop=switch)
    assert clock.elapsed() - asked_at <= 1


@virtual_time
async def test_a_stop_ends_the_wait_for_another_owner_and_writes_nothing() -> None:
    store, switch, clock = MemoryStore(), StopSwitch(), virtual_clock()
    await store.create_lease("esco", 1, owner(ttl_seconds=10_000.0))
    await store.append(logged(1, started())[0])
    began = clock.elapsed()

    async def stop() -> None:
        await anyio.sleep(20)
        switch.set(2)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop)
        with pytest.raises(Stopped):
            await run(Load(), store, clock=clock, stop=switch, wait_seconds=3600)
    assert clock.elapsed() - began == 20
    assert len(store.log.events) == 1


@virtual_time
async def test_no_request_begins_once_a_stop_was_asked_for() -> None:
    store, switch = MemoryStore(), StopSwitch()
    begun: list[bool] = []

    async def stop_then_send(run: StepRun) -> None:
        switch.set(15)
        async with run.request(1):
            begun.append(True)

    with pytest.raises(Stopped):
        await run(Load(before=at("first", 2, stop_then_send)), store, stop=switch)
    assert not begun


def test_the_first_signal_is_the_one_that_counts() -> None:
    switch = StopSwitch()
    switch.check()
    switch.set(15)
    switch.set(2)
    assert switch.signal == 15
    with pytest.raises(Stopped, match=r"stopped by signal 15; resume with"):
        switch.check()
    assert issubclass(Stopped, JournalError)


# --- lost requests -----------------------------------------------------------------------------


@virtual_time
async def test_a_lost_request_is_cut_off_and_settles_before_failed_is_written() -> None:
    store, clock = MemoryStore(), virtual_clock()
    order: list[tuple[str, float]] = []

    class Watched(Load):
        async def _disconnect(self) -> None:
            order.append(("disconnect", clock.elapsed()))

    async def lose_and_fail(run: StepRun) -> None:
        async with run.request(5):
            raise TimeoutError

    began = clock.elapsed()
    with pytest.raises(TimeoutError):
        await run(
            Watched(before=at("first", 2, lose_and_fail)),
            store,
            clock=clock,
            listener=lambda recorded, _: order.append(
                (type(recorded.event).__name__, clock.elapsed())
            ),
        )
    assert order[-2:] == [("disconnect", began), ("Failed", began + 2)]


@virtual_time
async def test_without_a_lost_request_failed_is_written_at_once() -> None:
    store, clock = MemoryStore(), virtual_clock()

    async def fail(run: StepRun) -> None:
        raise ValueError

    load = Load(before=at("first", 2, fail))
    began = clock.elapsed()
    with pytest.raises(ValueError):
        await run(load, store, clock=clock)
    assert clock.elapsed() == began
    assert load.disconnected == 0


@virtual_time
async def test_completed_waits_until_a_lost_request_can_not_arrive_any_more() -> None:
    store, clock = MemoryStore(), virtual_clock()

    async def lose_and_mend(run: StepRun) -> None:
        run.lose()

    load = Load(before=at("third", 9, lose_and_mend))
    began = clock.elapsed()
    report = await run(load, store, clock=clock)
    assert report.state.status is Status.COMPLETED
    assert clock.elapsed() - began == pytest.approx(2)
    assert load.disconnected == 0
