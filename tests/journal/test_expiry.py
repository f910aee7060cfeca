"""A lease that ends while its owner works: alone it goes on, contested it stops. Virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import anyio
import pytest

from journal import (
    Choice,
    LeaseHeld,
    LeaseLost,
    Recorded,
    Status,
    StepFailed,
    StepRun,
    Stopped,
    StopSwitch,
    Store,
    StoreUnavailable,
    execute,
    read_history,
    read_runs,
    read_state,
)
from journal.events import Completed, Owner, Started
from journal.stores.memory import MemoryStore
from tests.journal.builders import logged, owner, started
from tests.journal.faulty_stores import CrashingStore, Intercepted, Outage, Wrapper, dies
from tests.journal.pipelines import STEPS, Hook, Load, at, failing, sleeping
from tests.journal.running import events_of, names, run
from tests.journal.virtual_time import virtual_clock, virtual_time


def outage(store: Outage, seconds: float) -> Callable[[StepRun], Awaitable[None]]:
    """Return an act during which the store is away."""

    async def act(_: StepRun) -> None:
        store.fail_for(seconds)
        await anyio.sleep(seconds)

    return act


MOST_TRIES = 50


def silent_until(*, at_record: tuple[str, int], attempts: int) -> Hook:
    """Return a hook that raises at this record in all attempts before that number."""
    tries = 0

    async def hook(run: StepRun, number: int) -> None:
        nonlocal tries
        if (run.name, number) == at_record:
            tries += 1
            assert tries < MOST_TRIES, "tried for ever"
            if tries < attempts:
                raise StoreUnavailable("the target is silent")

    return hook


def briefly(store: Outage, seconds: float) -> Callable[[StepRun], Awaitable[None]]:
    """Return an act that has the store be away from now on, and goes on itself."""

    async def act(_: StepRun) -> None:
        store.fail_for(seconds)

    return act


async def starteds(store: Store) -> list[Started]:
    """Return every attempt's first event."""
    events, _ = await read_history(store, "esco")
    return [event.event for event in events if isinstance(event.event, Started)]


@virtual_time
async def test_an_uncontested_run_goes_on_as_its_next_attempt() -> None:
    store = Outage(MemoryStore())
    load = Load(before=at("second", 6, outage(store, 90)))
    report = await run(load, store, wait_seconds=300)
    assert (report.choice, report.has_waited) == (Choice.BEGIN, True)
    [state] = await read_runs(store, "esco")
    assert (state.status, state.attempt) == (Status.COMPLETED, 2)
    assert load.is_whole
    assert load.begun == {"first": 1, "second": 2, "third": 1}
    assert {record for record, times in load.sent.items() if times > 1} == {
        ("second", 4),
        ("second", 5),
    }
    assert load.disconnected == 1
    assert load.owned == [1, state.epoch]
    assert {lease.owner.id for lease in await store.leases("esco")} == {state.owner.id}  # type: ignore[union-attr]


@virtual_time
async def test_without_waiting_an_outage_that_lasts_ends_the_run_as_unavailable() -> None:
    store = Outage(MemoryStore())
    load = Load(before=at("second", 6, outage(store, 10_000)))
    with pytest.raises(StoreUnavailable):
        await run(load, store)
    assert load.disconnected == 1
    assert (await read_state(store.inner, "esco")).status is Status.IN_PROGRESS
    assert (await run(load, store.inner, wait_seconds=60)).state.status is Status.COMPLETED


@virtual_time
async def test_a_run_whose_started_never_landed_begins_under_its_next_lease() -> None:
    """Nothing of ours is in the log: what is there is the run before, and nobody replaced us."""
    inner = MemoryStore()
    await run(Load(), inner)
    store = Outage(inner)
    refused: list[Recorded] = []

    async def away(recorded: Recorded) -> None:
        if not refused:
            refused.append(recorded)
            store.fail_for(40)
            raise StoreUnavailable("the store does not answer")

    report = await run(Load(fingerprint="f2"), Intercepted(store, away), wait_seconds=300)
    assert (report.choice, report.state.status) == (Choice.BEGIN, Status.COMPLETED)
    assert (report.state.attempt, report.state.epoch) == (1, 3)
    assert report.state.run_id == refused[0].run_id
    assert [run.fingerprint for run in await read_runs(inner, "esco")] == ["f2", "f1"]


@virtual_time
async def test_a_started_that_landed_unheard_is_resumed_by_its_own_process() -> None:
    inner = MemoryStore()
    store = Outage(inner)
    sent: list[Recorded] = []

    async def land_unheard(recorded: Recorded) -> None:
        if not sent:
            sent.append(recorded)
            await inner.append(recorded)
            store.fail_for(40)
            raise StoreUnavailable("the store does not answer")

    report = await run(Load(), Intercepted(store, land_unheard), wait_seconds=300)
    assert (report.choice, report.state.attempt) == (Choice.BEGIN, 2)
    assert [event.attempt for event in await starteds(inner)] == [1, 2]
    assert len(await read_runs(inner, "esco")) == 1


@virtual_time
async def test_a_forced_run_stays_forced_when_its_first_lease_ends_before_any_event() -> None:
    inner = MemoryStore()
    await run(Load(), inner)
    store = Outage(inner)

    class SlowToRead(Wrapper):
        has_waited = False

        async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
            if not self.has_waited and await _leased(inner, 2):
                self.has_waited = True
                store.fail_for(40)
            return await super().read_epoch(pipeline, epoch)

    load = Load()
    report = await run(load, SlowToRead(store), choose=lambda _: Choice.BEGIN, wait_seconds=300)
    assert report.choice is Choice.BEGIN
    assert load.is_whole
    assert len(await read_runs(inner, "esco")) == 2


async def _leased(store: MemoryStore, epoch: int) -> bool:
    return any(lease.epoch == epoch for lease in await store.leases("esco"))


@virtual_time
async def test_the_loser_of_a_contested_lease_writes_nothing_more_and_sends_nothing() -> None:
    inner, clock = MemoryStore(), virtual_clock()
    near = Outage(inner)
    written: list[Recorded] = []

    async def note(recorded: Recorded) -> None:
        written.append(recorded)

    loser = Load(before=at("second", 6, outage(near, 200)))
    winner = Load(before=at("third", 1, sleeping(500)))
    outcomes: list[object] = []

    async def lose() -> None:
        try:
            await run(loser, Intercepted(near, note), clock=clock, wait_seconds=250)
        except LeaseHeld as error:
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lose)
        await anyio.sleep(5)
        report = await run(winner, inner, clock=clock, wait_seconds=1000)

    assert len(outcomes) == 1
    assert {event.epoch for event in written} == {1}
    assert report.state.status is Status.COMPLETED
    assert report.state.attempt == 2
    assert max(loser.sent.values()) == 1
    assert loser.disconnected == 1
    assert winner.begun == {"second": 1, "third": 1}
    assert [event.attempt for event in await starteds(inner)] == [1, 2]


@virtual_time
async def test_a_run_that_another_process_went_on_with_and_completed_is_lost() -> None:
    inner, clock = MemoryStore(), virtual_clock()
    near = Outage(inner)
    loser = Load(before=at("second", 6, outage(near, 200)))
    winner = Load(before=at("third", 1, sleeping(500)))

    async with anyio.create_task_group() as tasks:

        async def lose() -> None:
            with pytest.raises(
                LeaseLost, match=r"another process went on with run .*; it is completed"
            ):
                await run(loser, near, clock=clock, wait_seconds=3000)

        tasks.start_soon(lose)
        await anyio.sleep(5)
        await run(winner, inner, clock=clock, wait_seconds=1000)
    assert max(loser.sent.values()) == 1
    [state] = await read_runs(inner, "esco")
    assert (state.status, state.attempt) == (Status.COMPLETED, 2)
    third = await run(Load(fingerprint="f2"), inner)  # at once: the loser released its epoch
    assert third.state.epoch == 4


@virtual_time
async def test_a_request_without_an_answer_after_the_lease_tells_who_took_it() -> None:
    """A process that stood still hears of its requests first, and of the lease after that."""

    class Deaf(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await anyio.sleep(1000)
            raise StoreUnavailable("no answer")

    async def stand_still(_: StepRun) -> None:
        await anyio.sleep(200)
        raise StoreUnavailable("a query got no answer")

    inner, clock = MemoryStore(), virtual_clock()
    loser = Load(before=at("second", 6, stand_still))

    async with anyio.create_task_group() as tasks:

        async def lose() -> None:
            with pytest.raises(LeaseLost, match=r"another process went on with run .*; it is comp"):
                await run(loser, Deaf(inner), clock=clock)

        tasks.start_soon(lose)
        await anyio.sleep(5)
        await run(Load(), inner, clock=clock, wait_seconds=1000)
    [state] = await read_runs(inner, "esco")
    assert (state.status, state.attempt) == (Status.COMPLETED, 2)


@virtual_time
async def test_a_completed_that_landed_unheard_is_no_lost_lease() -> None:
    """It is our own: nobody else has written a word since."""
    inner = MemoryStore()
    store = Outage(inner)
    sent: list[Recorded] = []

    async def land_unheard(recorded: Recorded) -> None:
        if isinstance(recorded.event, Completed) and not sent:
            sent.append(recorded)
            await inner.append(recorded)
            store.fail_for(40)
            raise StoreUnavailable("the store does not answer")

    report = await run(Load(), Intercepted(store, land_unheard), wait_seconds=300)
    assert (report.choice, report.state.status) == (Choice.BEGIN, Status.COMPLETED)
    assert len(sent) == 1
    [state] = await read_runs(inner, "esco")
    assert (state.attempt, state.epoch) == (1, 1)
    assert await inner.highest_epoch("esco") == 2  # it had to look under a lease of its own


@virtual_time
async def test_a_resume_whose_started_never_landed_is_no_lost_lease() -> None:
    """The run's last owner is the process that died, not one that took it from us."""
    inner = MemoryStore()
    load = Load()
    await dies(
        execute(
            load.pipeline(),
            CrashingStore(inner, at=7, lands=True, dies=True),
            clock=virtual_clock(),
        )
    )
    store = Outage(inner)
    sent: list[Recorded] = []

    async def away(recorded: Recorded) -> None:
        if not sent:
            sent.append(recorded)
            store.fail_for(40)
            raise StoreUnavailable("the store does not answer")

    report = await run(load, Intercepted(store, away), wait_seconds=300)
    assert (report.choice, report.state.status) == (Choice.RESUME, Status.COMPLETED)
    assert (report.state.attempt, report.state.epoch) == (2, 3)


@virtual_time
async def test_a_run_that_another_process_went_on_with_and_left_is_lost() -> None:
    inner, clock = MemoryStore(), virtual_clock()
    near = Outage(inner)
    loser = Load(before=at("second", 6, outage(near, 200)))
    winner = Load(before=at("third", 1, failing(StepFailed("the disk is full"))))

    async with anyio.create_task_group() as tasks:

        async def lose() -> None:
            with pytest.raises(
                LeaseLost, match=r"another process went on with run .*; it is failed"
            ):
                await run(loser, near, clock=clock, wait_seconds=3000)

        tasks.start_soon(lose)
        await anyio.sleep(5)
        with pytest.raises(StepFailed):
            await run(winner, inner, clock=clock, wait_seconds=1000)
    [state] = await read_runs(inner, "esco")
    assert (state.status, state.attempt) == (Status.FAILED, 2)


@virtual_time
async def test_a_run_that_another_process_replaced_is_lost() -> None:
    inner, clock = MemoryStore(), virtual_clock()
    near = Outage(inner)
    loser = Load(before=at("second", 6, outage(near, 200)))
    winner = Load(fingerprint="f2")

    async with anyio.create_task_group() as tasks:

        async def lose() -> None:
            with pytest.raises(LeaseLost, match="of another process replaced ours"):
                await run(loser, near, clock=clock, wait_seconds=3000)

        tasks.start_soon(lose)
        await anyio.sleep(5)
        await run(winner, inner, clock=clock, wait_seconds=1000)
    assert [state.fingerprint for state in await read_runs(inner, "esco")] == ["f2", "f1"]


@virtual_time
async def test_a_higher_epoch_stops_the_owner_before_its_lease_runs_out() -> None:
    inner, clock = MemoryStore(), virtual_clock()

    async def take_over(_: StepRun) -> None:
        await inner.create_lease("esco", 2, owner("other"))
        inner.log.events["esco", 2, 1] = logged(2, started())[0]
        await anyio.sleep(1000)

    load = Load(before=at("second", 6, take_over))
    began = clock.elapsed()
    with pytest.raises(LeaseLost, match="another process owns epoch 2"):
        await run(load, inner, clock=clock)
    assert clock.elapsed() - began <= 11
    assert load.disconnected == 1
    events, _ = await read_history(inner, "esco")
    assert max(event.seq for event in events if event.epoch == 1) == 7  # nothing after it


@virtual_time
async def test_leases_without_events_are_not_claimed_for_ever() -> None:
    """The server creates collections and takes no object, as with a full disk."""

    class ReadOnly(Wrapper):
        claims = 0

        async def append(self, recorded: Recorded) -> None:
            raise StoreUnavailable("read-only")

        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            raise StoreUnavailable("read-only")

        async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
            self.claims += 1
            return await super().create_lease(pipeline, epoch, owner)

    store, clock = ReadOnly(MemoryStore()), virtual_clock()
    began = clock.elapsed()
    with pytest.raises(StoreUnavailable, match="grants leases and takes no event"):
        await run(Load(), store, clock=clock, wait_seconds=100)
    assert clock.elapsed() - began < 250
    assert store.claims < 8


@virtual_time
async def test_the_error_of_a_step_is_not_forgotten_because_the_store_is_away_too() -> None:
    store = Outage(MemoryStore())

    async def fail(run: StepRun) -> None:
        store.is_down = True
        raise StepFailed("the input is wrong")

    load = Load(before=at("second", 6, fail))
    with pytest.raises(StepFailed, match="the input is wrong"):
        await run(load, store, wait_seconds=100)
    assert load.begun == {"first": 1, "second": 1}


@virtual_time
async def test_a_pause_of_the_whole_process_longer_than_the_lease_is_survived() -> None:
    """A suspended laptop: the clock jumps, nobody else is there."""
    store, clock = MemoryStore(), virtual_clock()
    jump = 0.0
    jumping = type(clock)(
        now=clock.now, elapsed=lambda: clock.elapsed() + jump, new_id=clock.new_id
    )

    async def suspend(_: StepRun) -> None:
        nonlocal jump
        jump += 8 * 3600
        await anyio.sleep(0)

    report = await run(Load(before=at("second", 6, suspend)), store, clock=jumping)
    assert (report.state.status, report.state.attempt) == (Status.COMPLETED, 2)


@virtual_time
async def test_every_step_may_meet_an_outage() -> None:
    for step in STEPS:
        store = Outage(MemoryStore())
        load = Load(before=at(step, 0, outage(store, 45)))
        assert (await run(load, store, wait_seconds=300)).state.status is Status.COMPLETED
        assert load.is_whole


@virtual_time
async def test_a_failing_step_after_an_outage_is_journaled_under_the_new_lease() -> None:
    store = Outage(MemoryStore())

    async def first_away_then_failing(run: StepRun, number: int) -> None:
        if (run.name, number) == ("second", 6):
            if run.state.attempt == 1:
                await outage(store, 45)(run)
            else:
                await failing(StepFailed("now it fails"))(run)

    with pytest.raises(StepFailed):
        await run(Load(before=first_away_then_failing), store, wait_seconds=300)
    state = await read_state(store, "esco")
    assert (state.status, state.attempt) == (Status.FAILED, 2)


@virtual_time
async def test_an_epoch_of_ours_that_ran_out_is_not_taken_up_again_by_an_old_list() -> None:
    """Whoever watched it has seen its heartbeat stand still, and may be about to succeed it."""

    class OldAfterwards(Wrapper):
        """After the outage two lists are from before everything: what a just started node shows."""

        readings = 0

        async def highest_epoch(self, pipeline: str) -> int:
            newest = await super().highest_epoch(pipeline)
            if refused:
                self.readings += 1
            return 0 if self.readings in (1, 2) else newest

    inner = MemoryStore()
    outage = Outage(inner)
    refused: list[Recorded] = []

    async def away(recorded: Recorded) -> None:
        if not refused:
            refused.append(recorded)
            outage.fail_for(40)
            raise StoreUnavailable("the store does not answer")

    report = await run(Load(), Intercepted(OldAfterwards(outage), away), wait_seconds=300)
    assert (report.state.status, report.state.epoch) == (Status.COMPLETED, 2)
    assert await inner.read_epoch("esco", 1) == []


@virtual_time
async def test_a_step_whose_target_fell_silent_is_tried_again_while_the_caller_waits() -> None:
    store = MemoryStore()
    load = Load(before=silent_until(at_record=("second", 6), attempts=3))
    report = await run(load, store, wait_seconds=300)
    assert (report.state.status, report.has_waited) == (Status.COMPLETED, True)
    [state] = await read_runs(store, "esco")
    assert state.attempt == 3
    assert names(await events_of(store)).count("failed") == 2
    assert load.is_whole
    assert load.begun["first"] == 1


@virtual_time
async def test_who_waits_for_less_than_a_lease_is_told_at_once_that_the_target_is_silent() -> None:
    for wait_seconds in (0.0, 29.0):
        store = MemoryStore()
        load = Load(before=silent_until(at_record=("second", 6), attempts=3))
        with pytest.raises(StoreUnavailable, match="silent"):
            await run(load, store, wait_seconds=wait_seconds)
        assert names(await events_of(store)).count("failed") == 1


@virtual_time
async def test_a_target_that_stays_silent_is_waited_for_as_long_as_was_said() -> None:
    store = MemoryStore()
    load = Load(before=silent_until(at_record=("second", 6), attempts=MOST_TRIES))
    clock = virtual_clock()
    began = clock.elapsed()
    with pytest.raises(StoreUnavailable, match="silent"):
        await run(load, store, wait_seconds=600, clock=clock)
    assert 400 < clock.elapsed() - began < 600
    assert names(await events_of(store)).count("failed") < 20  # the pauses grow
    assert names(await events_of(store))[-1] == "failed"


@virtual_time
async def test_the_time_to_wait_counts_from_the_last_record_that_went_through() -> None:
    async def silent_at_each(run: StepRun, number: int) -> None:
        await anyio.sleep(100)
        if (run.name, number) not in met:
            met.add((run.name, number))
            raise StoreUnavailable("the target is silent")

    met: set[tuple[str, int]] = set()
    load = Load(before=silent_at_each)
    report = await run(load, MemoryStore(), wait_seconds=160)
    assert report.state.status is Status.COMPLETED
    assert report.state.attempt == 1 + len(STEPS) * load.records


@virtual_time
async def test_a_stop_ends_the_pause_before_another_attempt() -> None:
    store = MemoryStore()
    load = Load(before=silent_until(at_record=("second", 6), attempts=MOST_TRIES))
    stop = StopSwitch()
    clock = virtual_clock()
    began = clock.elapsed()
    asyncio.get_running_loop().call_later(200, stop.set, 15)
    with pytest.raises(Stopped):
        await run(load, store, wait_seconds=10_000, clock=clock, stop=stop)
    assert clock.elapsed() - began < 230
    assert names(await events_of(store))[-1] == "failed"


@virtual_time
async def test_an_event_that_gets_no_answer_for_a_lease_ends_the_lease_and_not_the_run() -> None:
    """A request and the look whether it arrived may take as long as the lease."""

    class Silent(Outage):
        async def append(self, recorded: Recorded) -> None:
            if self.is_down:
                await anyio.sleep(15)
            await super().append(recorded)

    store = Silent(MemoryStore(), timeout_seconds=15)
    load = Load(before=at("second", 6, briefly(store, 35)))
    report = await run(load, store, wait_seconds=20)
    assert report.state.status is Status.COMPLETED
    assert load.is_whole
    assert names(await events_of(store)).count("failed") == 0  # the lease ran out; nothing failed
