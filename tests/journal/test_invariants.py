"""The invariants of the journal, one named test each: the shortest proof, wider ones elsewhere.

Numbers 5 and 7's writing twice are the loader's; here is what the journal must do for them.
"""

import itertools
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import orjson
import pytest

from journal import (
    CorruptJournal,
    LeaseHeld,
    Recorded,
    RejectedFact,
    RunState,
    Status,
    StepFailed,
    StepRun,
    Store,
    StoreUnavailable,
    execute,
    fold,
    read_state,
)
from journal.codec import to_row
from journal.events import (
    Checkpoint,
    Completed,
    Failed,
    Interrupted,
    Started,
    StepCompleted,
    is_terminal,
)
from journal.state import evolve
from journal.stores.memory import MemoryStore
from journal.stores.sqlite import SqliteStore
from tests.journal.builders import FAILED, done, logged, owner, recorded, started
from tests.journal.faulty_stores import BeatsUnconfirmed, Intercepted, Outage
from tests.journal.pipelines import STEPS, WINDOW, Load, at, failing, sleeping
from tests.journal.running import events_of, run
from tests.journal.virtual_time import virtual_clock, virtual_time


async def test_invariant_1_the_status_is_a_fold_of_the_events_and_nothing_else(
    tmp_path: Path,
) -> None:
    """What stands in the status column of the rows may be anything."""
    path = tmp_path / "varity.db"
    store = SqliteStore(path)
    await store.prepare()
    for event in logged(1, started(), *done("schema"), FAILED):
        row = {**to_row(event), "status": "completed"}
        with closing(sqlite3.connect(path)) as connection, connection:
            places = ", ".join(f":{name}" for name in row)
            connection.execute(f"insert into Metadata ({', '.join(row)}) values ({places})", row)
    state = await read_state(store, "esco")
    await store.aclose()
    assert (state.status, state.steps_done) == (Status.FAILED, 1)
    assert state == fold(logged(1, started(), *done("schema"), FAILED))


async def test_invariant_2_events_are_never_changed_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "varity.db"
    store = SqliteStore(path)
    load = Load(before=at("second", 6, failing(StepFailed("no"))))
    with pytest.raises(StepFailed):
        await execute(load.pipeline(), store)
    before = [to_row(event) for event in await events_of(store)]
    await execute(load.pipeline(), store)
    assert [to_row(event) for event in await events_of(store)][: len(before)] == before
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "update Metadata set status = 'completed'",
            "delete from Metadata",
            "replace into Metadata select * from Metadata",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="events are immutable"):
                connection.execute(statement)
    await store.aclose()


@virtual_time
async def test_invariant_2_order_is_by_epoch_and_dense_seq_never_by_the_clock() -> None:
    store = MemoryStore()
    load = Load(before=at("second", 6, failing(StepFailed("no"))))
    with pytest.raises(StepFailed):
        await run(load, store)
    await run(load, store)
    events = await events_of(store)
    for epoch in (1, 2):
        seqs = [event.seq for event in events if event.epoch == epoch]
        assert seqs == list(range(1, len(seqs) + 1))
    state = fold(events)
    for seed in range(10):
        random.Random(seed).shuffle(events)
        assert fold(events) == state


def test_invariant_3_an_unknown_transition_is_corrupt_a_duplicate_is_not() -> None:
    log = logged(1, started(), *done("schema"))
    assert fold([*log, *log]) == fold(log)
    with pytest.raises(CorruptJournal):
        evolve(fold(log), recorded(1, 4, Completed(totals={})))
    with pytest.raises(CorruptJournal):
        fold([*log, recorded(1, 3, FAILED)])


@virtual_time
async def test_invariant_4_at_most_one_process_owns_the_pipeline_at_a_time() -> None:
    store, clock = MemoryStore(), virtual_clock()
    senders: list[tuple[float, int]] = []

    def load(number: int) -> Load:
        async def note(_: StepRun, __: int) -> None:
            senders.append((clock.elapsed(), number))
            await anyio.sleep(1)

        return Load(fingerprint=f"f{number}", before=note)

    async def start(number: int) -> None:
        await run(load(number), store, clock=clock, wait_seconds=10_000)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(start, number)
    order = [number for _, number in sorted(senders)]
    assert len(order) == 4 * 30
    assert sum(one != other for one, other in itertools.pairwise(order)) == 3


@virtual_time
async def test_invariant_4_no_request_begins_that_could_outlive_the_lease() -> None:
    """The lease is as old as the sending of the last heartbeat that was answered."""
    clock, ends, sendings = virtual_clock(), list[float](), list[float]()

    class SlowBeats(Outage):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            sent_at = clock.elapsed()
            await super().beat(pipeline, epoch, beat, released=released)
            await anyio.sleep(3)
            sendings.append(sent_at)

    store = SlowBeats(MemoryStore())

    async def send(run: StepRun) -> None:
        while True:
            store.is_down = clock.elapsed() > 1054
            async with run.request(5):
                ends.append(clock.elapsed() + 5)
            await anyio.sleep(0.5)

    with pytest.raises(StoreUnavailable):
        await run(Load(before=at("first", 0, send)), store, clock=clock)
    assert sendings[-1] + 29 < max(ends) <= sendings[-1] + 30


@virtual_time
async def test_invariant_4_nobody_claims_while_a_request_of_the_owner_may_be_on_its_way() -> None:
    """The owner's last heartbeats land unheard; then it is cut off, and goes on while it may."""
    clock, ends, inner = virtual_clock(), list[float](), MemoryStore()
    unheard = BeatsUnconfirmed(inner)
    near = Outage(unheard)

    async def send(run: StepRun) -> None:
        while True:
            unheard.is_silent = 1025 < clock.elapsed() < 1035
            near.is_down = clock.elapsed() > 1041
            async with run.request(5):
                ends.append(clock.elapsed() + 5)
            await anyio.sleep(0.5)

    async def own() -> None:
        with pytest.raises(StoreUnavailable):
            await run(Load(before=at("first", 0, send)), near, clock=clock)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(own)
        await anyio.sleep(1)
        await run(Load(), inner, clock=clock, wait_seconds=1000)
    first, second = (event.at for event in await events_of(inner) if event.seq == 1)
    assert ends
    assert max(ends) <= 1000 + (second - first).total_seconds()


@virtual_time
async def test_invariant_6_nothing_is_recorded_before_the_target_acknowledged_it() -> None:
    store = MemoryStore()
    load = Load()

    def look(recorded: Recorded, _: RunState) -> None:
        acknowledged = {step: sum(s == step for s, _ in load.target) for step in STEPS}
        match recorded.event:
            case Checkpoint(step=step, settled=settled):
                assert settled <= acknowledged[step]
            case StepCompleted(step=step):
                assert acknowledged[step] == load.records
            case _:
                pass

    await run(load, store, listener=look)


@virtual_time
async def test_invariant_6_the_state_moves_only_with_an_event_that_is_in_the_log() -> None:
    """Each append fails once: meanwhile the state that a step sees is what the log has."""
    inner = MemoryStore()
    failures: list[Recorded] = []
    seen_by: list[StepRun] = []

    async def fail_once(recorded: Recorded) -> None:
        for seen in seen_by:
            assert seen.state == await read_state(inner, "esco")
        if recorded not in failures:
            failures.append(recorded)
            raise StoreUnavailable("the store does not answer")

    async def remember(run: StepRun, _: int) -> None:
        seen_by[:] = [run]

    await run(Load(before=remember), Intercepted(inner, fail_once))
    assert len(failures) == 14


@virtual_time
async def test_invariant_7_what_is_unknown_is_suspect_to_whoever_goes_on() -> None:
    store = MemoryStore()
    sent: set[int] = set()

    async def lose(run: StepRun) -> None:
        sent.add(6)
        async with run.request(5):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await run(Load(before=at("second", 6, lose)), store)
    state = await read_state(store, "esco")
    assert state.settled == 4  # neither success
    assert state.rejected == frozenset()  # nor failure of the record
    suspected: set[int] = set()

    async def look(run: StepRun, number: int) -> None:
        if run.name == "second" and run.is_suspect(number):
            suspected.add(number)

    await run(Load(before=look), store)
    assert sent <= suspected
    assert suspected == set(range(4, 4 + WINDOW))


@virtual_time
async def test_invariant_8_completed_steps_are_not_run_again_and_a_window_at_most() -> None:
    for step in STEPS:
        for number in range(10):
            store, load = MemoryStore(), Load(before=at(step, number, failing(StepFailed("no"))))
            with pytest.raises(StepFailed):
                await run(load, store)
            await run(load, store)
            assert load.begun == {name: 2 if name == step else 1 for name in STEPS}
            repeated = [record for record, times in load.sent.items() if times > 1]
            assert len(repeated) <= WINDOW
            assert {name for name, _ in repeated} <= {step}


@virtual_time
async def test_invariant_9_completed_comes_after_the_last_step_and_every_known_outcome() -> None:
    store, clock = MemoryStore(), virtual_clock()
    lost_at: list[float] = []

    async def lose(run: StepRun) -> None:
        run.lose()
        lost_at.append(clock.elapsed())

    ended_at: list[float] = []
    load = Load(before=at("third", 9, lose))
    await run(
        load,
        store,
        clock=clock,
        listener=lambda recorded, _: (
            ended_at.append(clock.elapsed()) if is_terminal(recorded.event) else None
        ),
    )
    assert load.is_whole
    assert ended_at[0] - lost_at[0] >= 2
    last_two = [type(event.event) for event in (await events_of(store))[-2:]]
    assert last_two == [StepCompleted, Completed]


@pytest.mark.parametrize("how", ["failed", "interrupted"])
@virtual_time
async def test_invariant_9_a_terminal_event_waits_until_no_request_can_be_on_its_way(
    how: str,
) -> None:
    store, clock = MemoryStore(), virtual_clock()
    closed_at: list[float] = []

    class Closing(Load):
        async def _disconnect(self) -> None:
            closed_at.append(clock.elapsed())

    async def lose(run: StepRun) -> None:
        async with run.request(14):
            if how == "failed":
                raise TimeoutError
            await anyio.sleep(13)

    began = clock.elapsed()
    with anyio.move_on_after(5), pytest.raises(TimeoutError):
        await run(Closing(before=at("second", 2, lose)), store, clock=clock)
    last = (await events_of(store))[-1]
    assert isinstance(last.event, Failed if how == "failed" else Interrupted)
    assert closed_at == [began if how == "failed" else began + 5]
    assert (last.at - (await events_of(store))[0].at).total_seconds() >= closed_at[0] - began + 2


@virtual_time
async def test_invariant_10_events_are_written_for_the_own_epoch_only() -> None:
    inner, clock = MemoryStore(), virtual_clock()
    near = Outage(inner)
    writers: dict[int, set[str]] = {}

    def noting(name: str, store: Store) -> Intercepted:
        async def note(recorded: Recorded) -> None:
            writers.setdefault(recorded.epoch, set()).add(name)

        return Intercepted(store, note)

    async def cut_off(_: StepRun) -> None:
        near.fail_for(200)
        await anyio.sleep(200)

    async with anyio.create_task_group() as tasks:

        async def lose() -> None:
            with pytest.raises(LeaseHeld):
                slow = Load(before=at("second", 6, cut_off))
                await run(slow, noting("first", near), clock=clock, wait_seconds=250)

        tasks.start_soon(lose)
        await anyio.sleep(5)
        load = Load(before=at("third", 1, sleeping(500)))
        await run(load, noting("second", inner), clock=clock, wait_seconds=1000)
    owners = {
        event.epoch: event.event.owner.id
        for event in await events_of(inner)
        if isinstance(event.event, Started)
    }
    assert [writers[epoch] for epoch in sorted(owners)] == [{"first"}, {"second"}]
    assert len(set(owners.values())) == 2


@pytest.mark.parametrize("seq", range(1, 15))
@virtual_time
async def test_invariant_10_after_an_event_that_can_not_be_written_no_other_is(seq: int) -> None:
    inner = MemoryStore()
    sent: list[int] = []

    async def refuse(recorded: Recorded) -> None:
        sent.append(recorded.seq)
        if recorded.seq == seq:
            raise CorruptJournal("the position is taken")

    with pytest.raises(CorruptJournal):
        await run(Load(), Intercepted(inner, refuse))
    assert sent == list(range(1, seq + 1))
    assert len(inner.log.events) == seq - 1


@virtual_time
async def test_invariant_11_no_record_content_gets_into_an_event() -> None:
    """Only what a step names as key, file, line and reason, and our own errors' sentences."""
    store = MemoryStore()
    secret = "preferredLabel of a record"

    async def reject_and_fail(run: StepRun) -> None:
        await run.reject([RejectedFact(file="a.csv", line=7, key="http://k/1", reason="no label")])
        raise ValueError(secret)

    with pytest.raises(ValueError):
        await run(Load(before=at("second", 6, reject_and_fail)), store)
    written = orjson.dumps([to_row(event) for event in await events_of(store)]).decode()
    assert secret not in written
    assert "http://k/1" in written


async def test_invariant_11_no_secret_gets_into_a_name_or_a_message(tmp_path: Path) -> None:
    """The key goes to the server and nowhere else; `test_weaviate_errors` has every answer."""
    from journal import open_store
    from tests.journal.loopback import answering, closed_port

    secret = "k3y-of-nobody"
    async with open_store(f"http://127.0.0.1:{closed_port()}", api_key=secret) as store:
        assert secret not in store.url
        with pytest.raises(StoreUnavailable) as caught:
            await store.highest_epoch("esco")
        assert secret not in f"{caught.value!r} {caught.value.__cause__!r}"
    async with answering(lambda _: (500, f"{owner()}")) as url:
        async with open_store(url, api_key=secret) as store:
            with pytest.raises(StoreUnavailable) as caught:
                await store.leases("esco")
        assert secret not in str(caught.value)
