"""What a step is told and may say: window, checkpoints, rejections, suspects, progress."""

import itertools
from collections.abc import Awaitable, Callable

import anyio
import pytest

from journal import (
    Pipeline,
    Progress,
    Recorded,
    RejectedFact,
    Report,
    Settings,
    Status,
    Step,
    StepFailed,
    StepResult,
    StepRun,
    Store,
    execute,
    read_history,
    read_state,
)
from journal.events import Checkpoint, Rejected, RejectedGroup, RejectedRecord, StepCompleted
from journal.plan import Choice
from journal.stores.memory import MemoryStore
from tests.journal.pipelines import Load, at, failing
from tests.journal.virtual_time import virtual_clock, virtual_time

Apply = Callable[[StepRun], Awaitable[StepResult | None]]


async def run(apply: Apply, store: Store, *, window: int = 1000, **options: object) -> Report:
    """Execute one step, on virtual time."""
    pipeline = Pipeline(name="esco", fingerprint="f", steps=(Step("only", apply),), window=window)
    return await execute(pipeline, store, **{"clock": virtual_clock(), **options})  # type: ignore[arg-type]


async def events_of(store: Store) -> list[Recorded]:
    """Return all events."""
    return (await read_history(store, "esco"))[0]


async def checkpoints(store: Store) -> list[int]:
    """Return every checkpoint's position."""
    return [
        event.event.settled
        for event in await events_of(store)
        if isinstance(event.event, Checkpoint)
    ]


def fact(key: str, *, line: int = 2, reason: str = "no URI", file: str = "a.csv") -> RejectedFact:
    """Return a rejection."""
    return RejectedFact(file=file, line=line, key=key, reason=reason)


# --- checkpoints -------------------------------------------------------------------------------


@virtual_time
async def test_checkpoints_are_at_least_two_seconds_apart() -> None:
    async def apply(run: StepRun) -> None:
        for number in range(1, 101):
            await anyio.sleep(0.5)
            await run.settle(number)

    store = MemoryStore()
    await run(apply, store)
    times = [e.at.timestamp() for e in await events_of(store) if isinstance(e.event, Checkpoint)]
    gaps = [late - early for early, late in itertools.pairwise(times)]
    assert set(gaps) == {2.0}
    assert len(times) == 25


@virtual_time
async def test_checkpoints_are_at_least_one_per_cent_of_the_runs_age_apart() -> None:
    async def apply(run: StepRun) -> None:
        for number in range(1, 10_001):
            await anyio.sleep(1)
            await run.settle(number)

    store = MemoryStore()
    await run(apply, store, window=100_000)
    found = [e.at.timestamp() for e in await events_of(store) if isinstance(e.event, Checkpoint)]
    began = (await events_of(store))[0].at.timestamp()
    for early, late in itertools.pairwise(found):
        assert late - early >= max(2, 0.01 * (late - began))
    # 100 at 2 s, then a hundred for each factor e of age: three hours are hundreds of events.
    assert 400 < len(found) < 500


@virtual_time
async def test_nothing_new_is_no_checkpoint() -> None:
    async def apply(run: StepRun) -> None:
        await run.settle(5, {"Thing": 5})
        await anyio.sleep(10)
        await run.settle(5, {"Thing": 99})
        await anyio.sleep(10)
        await run.settle(5)
        await run.settle(3)
        await run.checkpoint()
        await run.checkpoint()
        assert (run.settled, run.counts) == (5, {"Thing": 5})

    store = MemoryStore()
    await run(apply, store)
    assert await checkpoints(store) == [5]


@virtual_time
async def test_a_checkpoint_carries_the_counts_of_its_own_position() -> None:
    async def apply(run: StepRun) -> None:
        await run.settle(5, {"Thing": 4})
        await run.checkpoint()
        await run.settle(6)  # without counts: those of before
        await run.checkpoint()

    store = MemoryStore()
    await run(apply, store)
    assert [e.event for e in await events_of(store) if isinstance(e.event, Checkpoint)] == [
        Checkpoint(step="only", settled=5, counts={"Thing": 4}),
        Checkpoint(step="only", settled=6, counts={"Thing": 4}),
    ]


# --- the window --------------------------------------------------------------------------------


@virtual_time
async def test_no_sender_is_let_past_the_window_of_the_last_checkpoint() -> None:
    """Four senders in disorder: whatever they do, position < checkpoint in the log + window."""
    store, window, records = MemoryStore(), 10, 100
    furthest: list[int] = []

    async def apply(run: StepRun) -> None:
        todo = iter(range(records))
        pending: set[int] = set()

        async def send() -> None:
            for number in todo:
                pending.add(number)
                await run.admit(number)
                furthest.append(number - (await read_state(store, "esco")).settled)
                await anyio.sleep(0.01 * (number % 7))
                pending.remove(number)
                await run.settle(min(pending, default=number + 1))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(send)

    await run(apply, store, window=window)
    assert len(furthest) == records
    assert max(furthest) < window
    found = await checkpoints(store)
    assert found == sorted(found)


@virtual_time
async def test_a_full_window_waits_for_what_is_settled_and_then_checkpoints() -> None:
    store = MemoryStore()
    admitted: list[float] = []

    async def apply(run: StepRun) -> None:
        clock = anyio.current_time
        began = clock()

        async def wait() -> None:
            await run.admit(10)
            admitted.append(clock() - began)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.sleep(0.5)
            await run.settle(1)

    await run(apply, store, window=10)
    assert admitted == [0.5]
    assert await checkpoints(store) == [1]


@virtual_time
async def test_a_resumed_step_begins_at_its_checkpoint_with_its_window() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await execute(
            Load(before=at("second", 6, failing(StepFailed("no")))).pipeline(),
            store,
            clock=virtual_clock(),
        )
    seen: list[tuple[str, int, dict[str, int]]] = []

    async def look(run: StepRun, number: int) -> None:
        if number == run.settled:
            seen.append((run.name, run.settled, dict(run.counts)))

    await execute(Load(before=look).pipeline(), store, clock=virtual_clock())
    assert seen[0] == ("second", 4, {"Thing": 4})


# --- rejections --------------------------------------------------------------------------------


@virtual_time
async def test_a_rejection_is_in_the_log_before_the_checkpoint_that_covers_it() -> None:
    store = MemoryStore()

    async def apply(run: StepRun) -> None:
        await run.reject([fact("a")])
        await run.settle(1)
        await run.checkpoint()

    await run(apply, store)
    assert [type(event.event).__name__ for event in await events_of(store)] == [
        "Started",
        "StepStarted",
        "Rejected",
        "Checkpoint",
        "StepCompleted",
        "Completed",
    ]


@virtual_time
async def test_rejections_are_grouped_by_file_and_reason_in_the_files_order() -> None:
    store = MemoryStore()

    async def apply(run: StepRun) -> None:
        await run.reject(
            [
                fact("c", line=9),
                fact("b", line=3, reason="too long"),
                fact("a", line=4),
                fact("d", line=2, file="b.csv"),
            ]
        )

    await run(apply, store)
    assert (await events_of(store))[2].event == Rejected(
        step="only",
        groups=(
            RejectedGroup(
                file="a.csv",
                reason="no URI",
                records=(RejectedRecord(line=4, key="a"), RejectedRecord(line=9, key="c")),
            ),
            RejectedGroup(
                file="a.csv", reason="too long", records=(RejectedRecord(line=3, key="b"),)
            ),
            RejectedGroup(
                file="b.csv", reason="no URI", records=(RejectedRecord(line=2, key="d"),)
            ),
        ),
    )


@virtual_time
async def test_a_record_is_journaled_as_rejected_once() -> None:
    store = MemoryStore()

    async def apply(run: StepRun) -> None:
        await run.reject([fact("a"), fact("a"), fact("b")])
        await run.reject([fact("b"), fact("a", reason="another")])
        await run.reject([])
        assert run.rejected == {"a", "b"}

    await run(apply, store)
    found = [e.event for e in await events_of(store) if isinstance(e.event, Rejected)]
    assert len(found) == 1
    assert (await read_state(store, "esco")).rejected == {("only", "a"), ("only", "b")}


@virtual_time
async def test_a_resume_does_not_journal_a_rejection_again() -> None:
    store = MemoryStore()
    attempts: list[int] = []

    async def apply(run: StepRun) -> None:
        attempts.append(run.state.attempt)
        await run.reject([fact("a"), *([fact("b")] if len(attempts) > 1 else [])])
        if len(attempts) == 1:
            raise StepFailed("no")

    with pytest.raises(StepFailed):
        await run(apply, store)
    await run(apply, store)
    found = [e.event for e in await events_of(store) if isinstance(e.event, Rejected)]
    assert [event.groups[0].records[0].key for event in found] == ["a", "b"]
    assert attempts == [1, 2]


@virtual_time
async def test_many_rejections_are_several_events() -> None:
    store = MemoryStore()

    async def apply(run: StepRun) -> None:
        await run.reject(fact(f"{number:04}", line=number) for number in range(1201))

    report = await run(apply, store)
    found = [e.event for e in await events_of(store) if isinstance(e.event, Rejected)]
    assert [sum(len(g.records) for g in event.groups) for event in found] == [500, 500, 201]
    assert len(report.state.rejected) == 1201


# --- suspects, requests, progress --------------------------------------------------------------


@virtual_time
async def test_a_resume_suspects_the_window_past_the_checkpoint_and_nothing_else() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await execute(
            Load(before=at("second", 6, failing(StepFailed("no")))).pipeline(),
            store,
            clock=virtual_clock(),
        )
    suspected: list[tuple[str, int]] = []

    async def look(run: StepRun, number: int) -> None:
        if run.is_suspect(number):
            suspected.append((run.name, number))

    await execute(Load(before=look).pipeline(), store, clock=virtual_clock())
    assert suspected == [("second", number) for number in (4, 5, 6, 7)]


@virtual_time
async def test_with_another_input_the_whole_step_is_suspect() -> None:
    store = MemoryStore()
    with pytest.raises(StepFailed):
        await execute(
            Load(before=at("second", 6, failing(StepFailed("no")))).pipeline(),
            store,
            clock=virtual_clock(),
        )
    suspected: list[str] = []

    async def look(run: StepRun, number: int) -> None:
        if run.is_suspect(number):
            suspected.append(run.name)

    await execute(Load(fingerprint="f2", before=look).pipeline(), store, clock=virtual_clock())
    assert suspected == ["second"] * 10


@virtual_time
async def test_what_a_run_of_other_steps_left_unknown_makes_everything_suspect() -> None:
    store = MemoryStore()

    async def fail(run: StepRun) -> None:
        raise StepFailed("no")

    with pytest.raises(StepFailed):
        await run(fail, store)
    suspected: set[bool] = set()

    async def look(run: StepRun, number: int) -> None:
        suspected.add(run.is_suspect(number))

    report = await execute(
        Load(before=look).pipeline(), store, clock=virtual_clock(), choose=lambda _: Choice.BEGIN
    )
    assert suspected == {True}
    assert report.state.suspects == ()


@virtual_time
async def test_in_a_first_run_nothing_is_suspect_nor_trusted() -> None:
    async def look(run: StepRun, number: int) -> None:
        assert not run.is_suspect(number)
        assert not run.trusted
        run.check()

    report = await execute(Load(before=look).pipeline(), MemoryStore(), clock=virtual_clock())
    assert report.state.status is Status.COMPLETED


@virtual_time
async def test_a_request_that_could_not_fit_into_the_lease_is_a_mistake() -> None:
    async def apply(run: StepRun) -> None:
        async with run.request(10):
            raise AssertionError

    with pytest.raises(ValueError, match="a request of 10 s does not fit into a lease of 8 s"):
        await run(apply, MemoryStore(), settings=Settings(ttl_seconds=8))


@virtual_time
async def test_progress_tells_position_settled_total_and_rejected() -> None:
    seen: list[Progress] = []

    async def apply(run: StepRun) -> None:
        run.total = 7
        await run.settle(3)
        await run.reject([fact("a")])
        await run.settle(3)

    await run(apply, MemoryStore(), on_progress=seen.append)
    assert seen == [
        Progress(step="only", position=1, of=1, settled=3, total=7, rejected=0),
        Progress(step="only", position=1, of=1, settled=3, total=7, rejected=1),
    ]


@virtual_time
async def test_a_step_that_returns_nothing_has_done_nothing_worth_counting() -> None:
    async def apply(run: StepRun) -> None:
        return None

    store = MemoryStore()
    report = await run(apply, store)
    assert (await events_of(store))[2].event == StepCompleted(step="only", position=1, of=1)
    assert report.state.counts == {}


@pytest.mark.parametrize("name", ["", "Esco", "a/b", "a_b", "a b", "é"])
def test_a_pipeline_name_that_could_mix_with_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not of"):
        Load().pipeline(name=name)


@pytest.mark.parametrize("steps", [(), ("a", "a")])
def test_steps_must_be_there_and_distinct(steps: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="steps must be there, with distinct names"):
        Load().pipeline(steps=steps)
