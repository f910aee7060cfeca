"""The run engine: what it writes, what it repeats, what it raises. Memory and virtual time."""

from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from journal import (
    Choice,
    LeaseHeld,
    PlanChanged,
    Recorded,
    Report,
    RunState,
    Settings,
    Status,
    StepFailed,
    StoreUnavailable,
    execute,
    fold,
    fold_runs,
    read_runs,
    read_state,
)
from journal.clock import Clock
from journal.events import (
    Completed,
    Owner,
    Started,
    Suspect,
)
from journal.stores.memory import MemoryStore
from tests.journal.builders import NOON, logged, owner
from tests.journal.faulty_stores import CrashingStore, Intercepted, Wrapper, dies
from tests.journal.pipelines import EVENTS, STEPS, Load, at, failing, sleeping
from tests.journal.running import events_of, names, run
from tests.journal.virtual_time import virtual_clock, virtual_time

# --- what an undisturbed run is ----------------------------------------------------------------


@virtual_time
async def test_a_cold_run_writes_exactly_these_events() -> None:
    store, load = MemoryStore(), Load()
    report = await run(load, store)
    events = await events_of(store)
    assert names(events) == EVENTS
    assert [event.position for event in events] == [(1, seq) for seq in range(1, 15)]
    assert {event.run_id for event in events} == {report.state.run_id}
    assert load.is_whole
    assert load.owned == [1]
    assert load.disconnected == 0
    assert report == Report(state=fold(events), choice=Choice.BEGIN, has_waited=False)
    assert report.state.status is Status.COMPLETED
    assert report.state.counts == {"Thing": 30}
    assert report.state.digests == {"first": "d", "second": "d", "third": "d"}


@virtual_time
async def test_started_says_what_the_pipeline_is_and_who_runs_it() -> None:
    store = MemoryStore()
    await run(Load(), store, settings=Settings(ttl_seconds=12))
    event = (await events_of(store))[0].event
    assert isinstance(event, Started)
    assert (event.source, event.fingerprint, event.steps, event.window) == (
        "numbers",
        "f1",
        STEPS,
        4,
    )
    assert (event.attempt, event.cuts, event.suspects, event.trusted) == (1, {}, (), False)
    assert event.owner.ttl_seconds == 12
    assert event.owner == (await store.leases("esco"))[0].owner


@virtual_time
async def test_every_event_is_in_the_log_when_the_listener_hears_of_it() -> None:
    store = MemoryStore()
    heard: list[Recorded] = []

    def listen(recorded: Recorded, state: RunState) -> None:
        assert store.log.events["esco", recorded.epoch, recorded.seq] == recorded
        assert (state.epoch, state.seq) == recorded.position
        heard.append(recorded)

    await run(Load(), store, listener=listen)
    assert heard == await events_of(store)


@virtual_time
async def test_a_completed_run_with_the_same_input_is_skipped_and_nothing_is_written() -> None:
    store, load = MemoryStore(), Load()
    await run(load, store)
    before = (dict(store.log.events), dict(store.log.leases))

    class Untouchable(Wrapper):
        async def prepare(self) -> None:
            raise AssertionError

        async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
            raise AssertionError

    report = await run(load, Untouchable(store))
    assert report.choice is Choice.SKIP
    assert report.state.status is Status.COMPLETED
    assert (store.log.events, store.log.leases) == before
    assert max(load.sent.values()) == 1


@virtual_time
async def test_another_input_is_a_new_run_that_trusts_the_completed_one() -> None:
    store = MemoryStore()
    first = await run(Load(), store)
    second = await run(Load(fingerprint="f2"), store)
    assert second.choice is Choice.BEGIN
    assert second.state.run_id != first.state.run_id
    runs = await read_runs(store, "esco")
    assert [state.status for state in runs] == [Status.COMPLETED, Status.COMPLETED]
    assert second.state.trusted
    assert not first.state.trusted


@virtual_time
async def test_a_new_run_after_a_failed_one_trusts_nothing() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await run(Load(before=at("second", 6, failing(StepFailed("no")))), store)
    report = await run(Load(fingerprint="f2"), store)
    assert not report.state.trusted
    [failed, *_] = [event for event in await events_of(store) if event.position == (2, 1)]
    assert isinstance(failed.event, Started)
    assert failed.event.suspects == (Suspect(step="second", settled=4, window=4, fingerprint="f1"),)


@virtual_time
async def test_a_new_run_after_one_of_other_steps_trusts_nothing() -> None:
    """It may have been a reset, which completes and leaves nothing."""
    store = MemoryStore()
    await execute(Load().pipeline(steps=("reset",)), store, clock=virtual_clock())
    report = await run(Load(fingerprint="f2"), store)
    assert not report.state.trusted


@virtual_time
async def test_only_the_two_newest_leases_stay() -> None:
    store = MemoryStore()
    for number in range(5):
        await run(Load(fingerprint=f"f{number}"), store)
    assert [lease.epoch for lease in await store.leases("esco")] == [4, 5]


@virtual_time
async def test_older_leases_are_dropped_after_started() -> None:
    """Until an event says that a later epoch has begun, its lease alone does."""
    inner, done = MemoryStore(), list[str]()

    class Noting(Wrapper):
        async def append(self, recorded: Recorded) -> None:
            done.append(type(recorded.event).__name__)
            await super().append(recorded)

        async def drop_lease(self, pipeline: str, epoch: int) -> None:
            done.append(f"drop {epoch}")
            await super().drop_lease(pipeline, epoch)

    for number in range(3):
        done.clear()
        await run(Load(fingerprint=f"f{number}"), Noting(inner))
    assert done[:2] == ["Started", "drop 1"]


@virtual_time
async def test_a_store_that_can_not_drop_old_leases_ends_no_run() -> None:
    class Stubborn(Wrapper):
        async def drop_lease(self, pipeline: str, epoch: int) -> None:
            raise StoreUnavailable("the store does not answer")

    store = Stubborn(MemoryStore())
    for number in range(4):
        report = await run(Load(fingerprint=f"f{number}"), store)
        assert report.state.status is Status.COMPLETED


# --- who may begin -----------------------------------------------------------------------------


@virtual_time
async def test_a_resume_with_another_input_is_refused_and_frees_the_epoch() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await run(Load(before=at("first", 3, failing(StepFailed("no")))), store)
    count = len(store.log.events)
    with pytest.raises(PlanChanged, match="was begun with another input"):
        await run(Load(fingerprint="f2"), store, choose=lambda _: Choice.RESUME)
    assert len(store.log.events) == count
    report = await run(Load(), store)  # at once, though epoch 2 has no terminal event
    assert (report.state.epoch, report.state.attempt) == (3, 2)


@virtual_time
async def test_a_resume_with_other_steps_is_refused() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await run(Load(before=at("first", 3, failing(StepFailed("no")))), store)
    with pytest.raises(PlanChanged):
        await execute(Load().pipeline(steps=STEPS[:2]), store, clock=virtual_clock())


@pytest.mark.parametrize("completed_before", [False, True])
@virtual_time
async def test_a_resume_without_an_unfinished_run_is_refused(completed_before: bool) -> None:
    store = MemoryStore()
    if completed_before:
        await run(Load(), store)
    with pytest.raises(PlanChanged, match="there is no unfinished run to resume"):
        await run(Load(), store, choose=lambda _: Choice.RESUME)


@virtual_time
async def test_the_reason_to_stop_is_not_hidden_by_the_release_of_the_lease() -> None:
    class AnswersLate(Wrapper):
        """The keeper's beat is answered at the moment when the lease is released."""

        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await super().beat(pipeline, epoch, beat, released=released)
            await anyio.sleep(0)

    with pytest.raises(PlanChanged):
        await run(Load(), AnswersLate(MemoryStore()), choose=lambda _: Choice.RESUME)


@virtual_time
async def test_an_exception_of_the_choice_frees_the_epoch() -> None:
    store = MemoryStore()
    asked: list[bool] = []

    def refuse_the_second_time(_: RunState) -> Choice:
        if asked:
            raise KeyError
        asked.append(True)
        return Choice.BEGIN

    with pytest.raises(KeyError):
        await run(Load(), store, choose=refuse_the_second_time)
    assert (await run(Load(), store)).state.epoch == 2


@virtual_time
async def test_what_another_process_completed_meanwhile_is_skipped_without_an_event() -> None:
    """Both read the same state; the second sees under its lease that nothing is left to do."""
    inner = MemoryStore()

    class Meanwhile(Wrapper):
        has_run = False

        async def prepare(self) -> None:
            if not self.has_run:
                self.has_run = True
                await run(Load(), self.inner)

    load = Load()
    report = await run(load, Meanwhile(inner))
    assert report.choice is Choice.SKIP
    assert not load.sent
    assert names(await events_of(inner)) == EVENTS
    third = await run(Load(fingerprint="f2"), inner)  # at once: the second released its epoch
    assert third.state.epoch == 3


@virtual_time
async def test_a_second_starter_is_told_who_holds_the_pipeline() -> None:
    store, clock = MemoryStore(), virtual_clock()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: run(Load(before=at("first", 2, sleeping(60))), store, clock=clock))
        await anyio.sleep(30)
        with pytest.raises(LeaseHeld, match="holds epoch 1"):
            await run(Load(), store, clock=clock)
    assert {event.epoch for event in await events_of(store)} == {1}
    assert (await read_state(store, "esco")).status is Status.COMPLETED


@pytest.mark.parametrize("starters", [2, 8])
@virtual_time
async def test_of_starters_at_once_one_loads_and_the_others_see_it_done(starters: int) -> None:
    store, clock = MemoryStore(), virtual_clock()
    loads = [Load(before=at("second", 2, sleeping(100))) for _ in range(starters)]
    reports: list[Report] = []

    async def start(load: Load) -> None:
        reports.append(await run(load, store, clock=clock, wait_seconds=1000))

    async with anyio.create_task_group() as tasks:
        for load in loads:
            tasks.start_soon(start, load)
    assert sorted(report.choice.value for report in reports) == ["begin"] + ["skip"] * (
        starters - 1
    )
    assert sum(load.is_whole for load in loads) == 1
    assert sum(bool(load.sent) for load in loads) == 1
    assert {event.epoch for event in await events_of(store)} == {1}
    assert sum(report.has_waited for report in reports) == starters - 1


@virtual_time
async def test_a_run_begins_on_what_its_predecessor_left_even_if_that_started_late() -> None:
    """Epoch 2's `started` landed after epoch 3 had looked: attempt 2 is the third owner's."""
    inner, load = MemoryStore(), Load(before=at("second", 6, failing(StepFailed("no"))))
    with pytest.raises(StepFailed):
        await run(load, inner)
    [first, *_] = await events_of(inner)
    late = logged(2, replace(_started(first), attempt=2, cuts={1: 8}), run_id=first.run_id)[0]
    await inner.create_lease("esco", 2, owner("slow"))

    async def arrive(recorded: Recorded) -> None:
        if recorded.position == (3, 1):
            inner.log.events["esco", 2, 1] = late

    await run(load, Intercepted(inner, arrive), wait_seconds=100)
    events = await events_of(inner)
    third = next(event for event in events if event.position == (3, 1))
    assert _started(third).attempt == 2
    assert _started(third).cuts == {1: 8, 2: 0}
    [state] = fold_runs(events)
    assert (state.status, state.attempt) == (Status.COMPLETED, 2)


@virtual_time
async def test_a_started_that_landed_before_its_writer_died_counts_as_an_attempt() -> None:
    inner, load = MemoryStore(), Load()
    await dies(run(load, CrashingStore(inner, at=1, lands=True, dies=True)))
    report = await run(load, inner, wait_seconds=60)
    assert (report.choice, report.state.attempt) == (Choice.RESUME, 2)
    assert len(await read_runs(inner, "esco")) == 1


@virtual_time
async def test_a_run_whose_started_never_landed_never_was() -> None:
    inner, load = MemoryStore(), Load()
    await dies(run(load, CrashingStore(inner, at=1, lands=False, dies=True)))
    assert (await read_state(inner, "esco")).status is Status.NOT_STARTED
    report = await run(load, inner, wait_seconds=60)
    assert (report.choice, report.state.attempt, report.state.epoch) == (Choice.BEGIN, 1, 2)
    assert _started((await events_of(inner))[0]).cuts == {1: 0}


@virtual_time
async def test_times_never_go_back_though_the_clock_does() -> None:
    store, load = MemoryStore(), Load(before=at("second", 6, failing(StepFailed("no"))))
    with pytest.raises(StepFailed):
        await run(load, store)
    slow = virtual_clock()
    yesterday = Clock(
        now=lambda: NOON - timedelta(days=1), elapsed=slow.elapsed, new_id=lambda: "other"
    )
    await run(load, store, clock=yesterday)
    times = [event.at for event in await events_of(store)]
    assert times == sorted(times)
    new = await run(Load(fingerprint="f2"), store, clock=yesterday)
    times = [event.at for event in await events_of(store)]
    assert times == sorted(times)
    assert new.state.started_at == times[-14]


@virtual_time
async def test_waiting_for_a_store_is_bounded_and_reported() -> None:
    class Absent(Wrapper):
        async def highest_epoch(self, pipeline: str) -> int:
            raise StoreUnavailable("nobody there")

    clock, said = virtual_clock(), list[str]()
    began = clock.elapsed()
    with pytest.raises(StoreUnavailable):
        await run(Load(), Absent(MemoryStore()), clock=clock, wait_seconds=30, on_wait=said.append)
    assert 29 <= clock.elapsed() - began <= 30
    assert set(said) == {"nobody there"}


@virtual_time
async def test_a_store_that_comes_up_while_we_wait_is_used() -> None:
    class LateComer(Wrapper):
        asked = 0

        async def highest_epoch(self, pipeline: str) -> int:
            self.asked += 1
            if self.asked < 10:
                raise StoreUnavailable("not yet")
            return await super().highest_epoch(pipeline)

    report = await run(Load(), LateComer(MemoryStore()), wait_seconds=30)
    assert report.has_waited
    assert report.state.status is Status.COMPLETED


@virtual_time
async def test_completed_says_what_the_steps_said() -> None:
    store = MemoryStore()
    await run(Load(), store)
    assert (await events_of(store))[-1].event == Completed(
        totals={"Thing": 30}, digests={"first": "d", "second": "d", "third": "d"}
    )


def test_a_request_is_at_most_half_as_long_as_the_lease() -> None:
    assert Settings().request_seconds == 15
    assert Settings(ttl_seconds=60).request_seconds == 15
    assert Settings(ttl_seconds=8).request_seconds == 4
    assert Settings(ttl_seconds=60, longest_request_seconds=3).request_seconds == 3


def _started(recorded: Recorded) -> Started:
    assert isinstance(recorded.event, Started)
    return recorded.event
