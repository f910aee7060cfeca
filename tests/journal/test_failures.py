"""Runs that fail, are cancelled or can not write: what is recorded, raised and repeated."""

import asyncio

import anyio
import orjson
import pytest

from journal import (
    Choice,
    LeaseExpired,
    Recorded,
    RunState,
    Status,
    StepFailed,
    StepRun,
    StoreUnavailable,
    read_runs,
    read_state,
)
from journal.codec import to_row
from journal.events import (
    Failed,
    Interrupted,
    Started,
    StepStarted,
    Suspect,
)
from journal.lease import claim
from journal.recorder import Recorder
from journal.stores.memory import MemoryStore
from tests.journal.builders import owner, started
from tests.journal.faulty_stores import CrashingStore, Intercepted, dies
from tests.journal.pipelines import Load, at, failing, sleeping
from tests.journal.running import events_of, names, run
from tests.journal.virtual_time import virtual_clock, virtual_time


@virtual_time
async def test_a_foreign_exception_keeps_its_type_and_its_text_stays_out_of_the_journal() -> None:
    store = MemoryStore()
    error = ValueError("preferredLabel: the secret label")
    with pytest.raises(ValueError) as caught:
        await run(Load(before=at("second", 6, failing(error))), store)
    assert caught.value is error
    last = (await events_of(store))[-1]
    assert last.event == Failed(
        step="second", error="ValueError", message="unexpected; see the log"
    )
    assert (
        "secret" not in orjson.dumps([to_row(event) for event in await events_of(store)]).decode()
    )


@virtual_time
async def test_our_own_errors_are_journaled_with_their_sentence() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await run(Load(before=at("first", 0, failing(StepFailed("skills: no room")))), store)
    state = await read_state(store, "esco")
    assert (state.status, state.error) == (Status.FAILED, "StepFailed: skills: no room")


@virtual_time
async def test_an_error_inside_a_steps_task_group_is_raised_without_the_group() -> None:
    async def in_a_group(run: StepRun) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(failing(KeyError("key")), run)

    store = MemoryStore()
    with pytest.raises(KeyError):
        await run(Load(before=at("first", 3, in_a_group)), store)
    assert (await events_of(store))[-1].event == Failed(
        step="first", error="KeyError", message="unexpected; see the log"
    )


@virtual_time
async def test_a_failed_run_is_resumed_as_the_same_run_and_repeats_at_most_the_window() -> None:
    store, load = MemoryStore(), Load(before=at("second", 7, failing(StepFailed("no"))))
    with pytest.raises(StepFailed):
        await run(load, store)
    report = await run(load, store)
    assert report.choice is Choice.RESUME
    assert report.state.status is Status.COMPLETED
    assert load.is_whole
    assert load.begun == {"first": 1, "second": 2, "third": 1}
    repeated = {record for record, times in load.sent.items() if times > 1}
    assert repeated == {("second", 4), ("second", 5), ("second", 6)}  # past the checkpoint at 4
    [state] = await read_runs(store, "esco")
    assert (state.attempt, state.epoch) == (2, 2)
    events = await events_of(store)
    assert names(events)[-7:] == [
        "8",
        "step_completed second",
        "step_started third",
        "4",
        "8",
        "step_completed third",
        "completed",
    ]
    again = next(event.event for event in events if event.position == (2, 1))
    assert isinstance(again, Started)
    assert again.cuts == {1: 8}
    assert again.suspects == (Suspect(step="second", settled=4, window=4, fingerprint="f1"),)


@virtual_time
async def test_the_error_that_ended_it_is_raised_even_if_it_can_not_be_recorded() -> None:
    store = CrashingStore(MemoryStore(), at=3, lands=False, for_good=True)
    with pytest.raises(StepFailed):
        await run(Load(before=at("first", 0, failing(StepFailed("no")))), store)
    assert names(await events_of(store.inner)) == ["started", "step_started first"]


@virtual_time
async def test_when_only_completed_is_missing_a_resume_runs_no_step() -> None:
    inner, load = MemoryStore(), Load()
    await dies(run(load, CrashingStore(inner, at=14, lands=False, dies=True)))
    assert names(await events_of(inner))[-1] == "step_completed third"
    report = await run(load, inner, wait_seconds=60)
    assert report.state.status is Status.COMPLETED
    assert report.state.counts == {"Thing": 30}
    assert max(load.sent.values()) == 1
    assert names([e for e in await events_of(inner) if e.epoch == 2]) == ["started", "completed"]


@virtual_time
async def test_a_cancelled_run_is_journaled_as_interrupted_and_stays_cancelled() -> None:
    store = MemoryStore()
    with anyio.move_on_after(50) as scope:
        await run(Load(before=at("second", 2, sleeping(1000))), store)
    assert scope.cancelled_caught
    assert (await events_of(store))[-1].event == Interrupted(signal=0)


@virtual_time
async def test_a_cancellation_while_an_append_is_on_its_way_lets_it_arrive() -> None:
    inner = MemoryStore()

    async def slowly(recorded: Recorded) -> None:
        await anyio.sleep(10 if isinstance(recorded.event, StepStarted) else 0)

    with anyio.move_on_after(5):
        await run(Load(), Intercepted(inner, slowly))
    assert names(await events_of(inner)) == ["started", "step_started first", "interrupted"]


@virtual_time
async def test_a_task_cancelled_by_asyncio_itself_writes_nothing_at_an_unknown_position() -> None:
    """`wait_for` and Ctrl-C under `asyncio.run` pierce a shield: the append may have landed."""
    inner = MemoryStore()
    sent: list[Recorded] = []

    async def slowly(recorded: Recorded) -> None:
        sent.append(recorded)
        await asyncio.sleep(10 if isinstance(recorded.event, StepStarted) else 0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run(Load(), Intercepted(inner, slowly)), 5)
    assert names(sent) == ["started", "step_started first"]
    assert names(await events_of(inner)) == ["started"]


@virtual_time
async def test_no_event_is_sent_under_a_lease_that_is_over() -> None:
    """Another process may own the pipeline by now, and a store may not be able to refuse."""
    store, clock = MemoryStore(), virtual_clock()
    lease = await claim(store, "esco", owner("me"), clock)
    recorder = Recorder(
        store,
        lease,
        clock,
        RunState(),
        run_id="run-1",
        not_before=RunState(),
        append_timeout_seconds=5,
    )
    await anyio.sleep(30)
    with pytest.raises(LeaseExpired):
        await recorder.record(started())
    assert await store.read_epoch("esco", 1) == []


@virtual_time
async def test_a_store_with_a_bug_gets_no_second_event_at_the_position() -> None:
    inner = MemoryStore()
    sent: list[Recorded] = []

    async def buggy(recorded: Recorded) -> None:
        sent.append(recorded)
        if recorded.seq == 2:
            raise RuntimeError("a bug of the adapter, after it had sent the event")

    with pytest.raises(RuntimeError):
        await run(Load(), Intercepted(inner, buggy))
    assert names(sent) == ["started", "step_started first"]


@virtual_time
async def test_a_store_that_takes_no_event_ends_the_run_though_heartbeats_get_through() -> None:
    inner = MemoryStore()

    async def refuse(recorded: Recorded) -> None:
        if recorded.seq > 2:
            raise StoreUnavailable("Metadata is read-only")

    clock = virtual_clock()
    began = clock.elapsed()
    with pytest.raises(StoreUnavailable, match="Metadata is read-only"):
        await run(Load(), Intercepted(inner, refuse), clock=clock)
    assert clock.elapsed() - began < 120
    assert names(await events_of(inner)) == ["started", "step_started first"]
