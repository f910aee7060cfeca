"""What every store of the journal owes, held over memory, SQLite and a real Weaviate."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import anyio
import pytest

from journal import (
    CorruptJournal,
    LeaseLost,
    Recorded,
    Status,
    Store,
    fold,
    read_history,
    read_runs,
    read_state,
)
from journal.events import Checkpoint, StepStarted
from journal.store import Heartbeat, LeaseRecord, LegacyRow
from journal.stores.memory import MemoryStore
from tests.contract.simulated_builders import SimulatedKind
from tests.contract.store_builders import LEGACY, MemoryKind, SqliteKind, StoreKind, WeaviateKind
from tests.journal.builders import (
    COMPLETED,
    EVERY_EVENT,
    FAILED,
    NOON,
    done,
    logged,
    owner,
    recorded,
    started,
    together,
)

MANY = 10_050
NEWEST = 100  # read by position, one request each


@pytest.fixture(
    params=["memory", "sqlite", "simulated", pytest.param("weaviate", marks=pytest.mark.weaviate)]
)
def store_kind(request: pytest.FixtureRequest, tmp_path: Path) -> StoreKind:
    """An empty place for a journal, of each kind."""
    match request.param:
        case "memory":
            return MemoryKind()
        case "sqlite":
            return SqliteKind(tmp_path / "varity.db")
        case "simulated":
            return SimulatedKind()
        case _:
            # Asked for here only: without a server the other stores still run.
            return WeaviateKind(request.getfixturevalue("clean_weaviate").url)


@pytest.fixture
async def store(store_kind: StoreKind) -> AsyncIterator[Store]:
    """A prepared store of each kind."""
    async with store_kind.open() as store:
        await store.prepare()
        yield store


async def append_all(store: Store, events: Sequence[Recorded]) -> None:
    """Append in order."""
    for event in events:
        await store.append(event)


async def everything(store: Store, pipeline: str = "esco") -> list[Recorded]:
    """Return what `read_all` yields, sorted, without legacy rows."""
    found = [row async for row in store.read_all(pipeline) if isinstance(row, Recorded)]
    return sorted(found, key=lambda event: event.position)


# --- events ------------------------------------------------------------------------------------


async def test_every_event_reads_back_exactly_equal(store: Store) -> None:
    events = logged(1, *EVERY_EVENT)
    await append_all(store, events)
    assert await store.read_epoch("esco", 1) == events
    assert await everything(store) == events


async def test_the_time_reads_back_to_the_microsecond(store: Store) -> None:
    events = [
        replace(recorded(1, seq, FAILED), at=NOON.replace(microsecond=microsecond))
        for seq, microsecond in enumerate((0, 1, 100_000, 120_000, 999_999), 1)
    ]
    await append_all(store, events)
    read = await store.read_epoch("esco", 1)
    assert [event.at.microsecond for event in read] == [0, 1, 100_000, 120_000, 999_999]
    assert {event.at.tzinfo for event in read} == {UTC}
    assert read == events


async def test_a_time_of_another_zone_is_the_same_instant(store: Store) -> None:
    elsewhere = datetime(2026, 11, 23, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    appended = replace(recorded(1, 1, started()), at=elsewhere)
    await store.append(appended)
    await store.append(appended)
    assert [event.at for event in await store.read_epoch("esco", 1)] == [NOON]


async def test_append_of_the_same_event_again_adds_nothing(store: Store) -> None:
    events = logged(1, started(), *done("schema"))
    await append_all(store, [*events, *events, events[0]])
    assert await store.read_epoch("esco", 1) == events
    assert await everything(store) == events


async def test_a_position_belongs_to_its_first_content(store: Store) -> None:
    first = recorded(1, 1, started())
    others = [
        recorded(1, 1, started(source="other.zip")),
        recorded(1, 1, started(), run_id="run-2"),
        recorded(1, 1, StepStarted(step="schema")),
        replace(first, at=NOON),
    ]
    await store.append(first)
    for other in others:
        with pytest.raises(CorruptJournal, match="esco/1:1"):
            await store.append(other)
    assert await store.read_epoch("esco", 1) == [first]


async def test_concurrent_appends_of_one_event_add_it_once(store: Store) -> None:
    event = recorded(1, 1, started())
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(store.append, event)
    assert await everything(store) == [event]


async def test_read_epoch_ends_at_the_first_absence(store: Store) -> None:
    events = logged(1, started(), *done("schema"), *done("skills"), FAILED)
    await append_all(store, [*events[:2], *events[3:]])
    assert await store.read_epoch("esco", 1) == events[:2]
    assert await everything(store) == [*events[:2], *events[3:]]


async def test_read_epoch_without_its_first_event_is_empty(store: Store) -> None:
    await store.append(recorded(1, 2, StepStarted(step="schema")))
    assert await store.read_epoch("esco", 1) == []


async def test_an_epoch_that_nobody_wrote_is_empty(store: Store) -> None:
    await store.append(recorded(1, 1, started()))
    assert await store.read_epoch("esco", 2) == []
    assert await store.read_epoch("esco", 0) == []


async def test_events_of_several_pipelines_are_kept_apart(store: Store) -> None:
    mine = logged(1, started(), *done("schema"))
    theirs = logged(1, started(source="other"), pipeline="esco2", run_id="run-9")
    await append_all(store, [*mine, *theirs])
    assert await store.read_epoch("esco", 1) == mine
    assert await store.read_epoch("esco2", 1) == theirs
    assert await everything(store, "esco") == mine
    assert await everything(store, "esco2") == theirs
    assert await everything(store, "esc") == []
    assert await store.highest_epoch("esco3") == 0


async def test_pipeline_names_with_digits_at_their_ends_do_not_mix(store: Store) -> None:
    await store.create_lease("esco1", 2, owner("alpha"))
    await store.create_lease("esco", 12, owner("beta"))
    await store.append(recorded(2, 1, started(), pipeline="esco1"))
    assert await store.highest_epoch("esco1") == 2
    assert await store.highest_epoch("esco") == 12
    assert await store.read_epoch("esco", 12) == []


async def test_another_process_reads_what_was_appended(store_kind: StoreKind) -> None:
    events = logged(1, started(), *done("schema"))
    async with store_kind.open() as writer, store_kind.open() as reader:
        await writer.prepare()
        await append_all(writer, events)
        assert await reader.read_epoch("esco", 1) == events


async def test_more_than_ten_thousand_events_work(store: Store, store_kind: StoreKind) -> None:
    """Two attempts: a long one that the listing has whole, and the newest, read by position."""
    checkpoints = [Checkpoint(step="schema", settled=n) for n in range(1, MANY)]
    first, second = StepStarted(step="schema"), Checkpoint(step="schema", settled=MANY)
    events = together(
        logged(1, started(), first, *checkpoints[:-NEWEST], FAILED),
        logged(2, started(2, cuts={1: MANY - NEWEST + 2}), first, *checkpoints[-NEWEST:], second),
    )
    store_kind.fill(events[:-1])
    await store.append(events[-1])

    assert await store.highest_epoch("esco") == 2
    assert len(await store.read_epoch("esco", 2)) == NEWEST + 3
    history, legacy = await read_history(store, "esco")
    assert (len(history), legacy) == (MANY + 5, [])
    assert history == events
    assert fold(history).settled == MANY


# --- epochs and leases -------------------------------------------------------------------------


async def test_nothing_is_epoch_zero(store: Store) -> None:
    assert await store.highest_epoch("esco") == 0
    assert await store.leases("esco") == []


async def test_highest_epoch_is_told_by_leases_alone(store: Store) -> None:
    for epoch in (1, 2, 12):
        await store.create_lease("esco", epoch, owner())
    assert await store.highest_epoch("esco") == 12


async def test_highest_epoch_is_told_by_events_alone(store: Store) -> None:
    await append_all(store, together(logged(1, started(), FAILED), logged(41, started(2))))
    assert await store.highest_epoch("esco") == 41


@pytest.mark.parametrize(("leased", "written"), [(3, 2), (2, 3), (3, 3), (1, 9)])
async def test_highest_epoch_is_the_higher_of_leases_and_events(
    store: Store, leased: int, written: int
) -> None:
    for epoch in range(1, written + 1):  # a fencing store takes no event below its newest lease
        await store.append(recorded(epoch, 1, started(epoch)))
    await store.create_lease("esco", leased, owner())
    assert await store.highest_epoch("esco") == max(leased, written)


async def test_highest_epoch_survives_that_the_newest_leases_are_not_listed(store: Store) -> None:
    for epoch in range(1, 6):
        await store.create_lease("esco", epoch, owner(f"owner-{epoch}"))
        await store.append(recorded(epoch, 1, started(epoch)))
    for epoch in (3, 4, 5):  # what an old list of leases looks like
        await store.drop_lease("esco", epoch)
    assert [lease.epoch for lease in await store.leases("esco")] == [1, 2]
    assert await store.highest_epoch("esco") == 5


async def test_leases_are_listed_lowest_epoch_first_with_their_owners(store: Store) -> None:
    for epoch in (10, 9, 2):
        await store.create_lease("esco", epoch, owner(f"Ö {epoch}", ttl_seconds=0.5))
    assert list(await store.leases("esco")) == [
        LeaseRecord(epoch=epoch, owner=owner(f"Ö {epoch}", ttl_seconds=0.5)) for epoch in (2, 9, 10)
    ]


async def test_one_of_eight_claimants_wins_the_epoch_and_all_learn_who(
    store_kind: StoreKind,
) -> None:
    winners: dict[str, str] = {}

    async def claim(name: str) -> None:
        async with store_kind.open() as mine:
            winners[name] = (await mine.create_lease("esco", 1, owner(name))).id

    async with store_kind.open() as store:
        await store.prepare()
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(claim, f"owner-{number}")
        [lease] = await store.leases("esco")

    assert len(winners) == 8
    assert set(winners.values()) == {lease.owner.id}


async def test_the_owner_who_asks_again_is_told_that_it_owns_the_epoch(store: Store) -> None:
    assert await store.create_lease("esco", 1, owner("alpha")) == owner("alpha")
    assert await store.create_lease("esco", 1, owner("alpha")) == owner("alpha")
    assert await store.create_lease("esco", 1, owner("beta")) == owner("alpha")


async def test_a_dropped_name_can_be_won_again_while_a_higher_epoch_exists(store: Store) -> None:
    """Why a winner looks for higher epochs before it believes itself the owner."""
    for epoch in (1, 2):
        await store.create_lease("esco", epoch, owner(f"owner-{epoch}"))
    await store.drop_lease("esco", 1)
    assert (await store.create_lease("esco", 1, owner("late"))).id == "late"
    assert await store.highest_epoch("esco") == 2


async def test_an_owner_that_never_beat_has_beat_zero_or_none(store: Store) -> None:
    await store.create_lease("esco", 1, owner())
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is None or (heartbeat.beat, heartbeat.released) == (0, False)


async def test_without_a_lease_there_is_no_heartbeat(store: Store) -> None:
    assert await store.heartbeat("esco", 1) is None


async def test_a_heartbeat_reads_back_as_the_last_that_was_written(store: Store) -> None:
    await store.create_lease("esco", 1, owner())
    await store.create_lease("esco", 2, owner("beta"))
    for beat in (1, 2, 7):
        await store.beat("esco", 1, beat)
        assert _without_age(await store.heartbeat("esco", 1)) == (beat, False)
    await store.beat("esco", 1, 8, released=True)
    assert _without_age(await store.heartbeat("esco", 1)) == (8, True)
    assert _without_age(await store.heartbeat("esco", 2)) in (None, (0, False))


async def test_a_fresh_heartbeat_is_young(store: Store) -> None:
    await store.create_lease("esco", 1, owner())
    await store.beat("esco", 1, 1)
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is not None
    assert heartbeat.age_seconds is not None
    assert 0 <= heartbeat.age_seconds < 30


async def test_a_beat_on_a_removed_lease_is_lost_and_does_not_create_it(store: Store) -> None:
    await store.create_lease("esco", 1, owner())
    await store.drop_lease("esco", 1)
    with pytest.raises(LeaseLost, match="epoch 1"):
        await store.beat("esco", 1, 1)
    assert await store.leases("esco") == []
    assert await store.heartbeat("esco", 1) is None


async def test_drop_lease_is_idempotent_and_drops_no_other(store: Store) -> None:
    for epoch in (1, 2):
        await store.create_lease("esco", epoch, owner())
    await store.create_lease("esco1", 1, owner())
    await store.drop_lease("esco", 1)
    await store.drop_lease("esco", 1)
    assert [lease.epoch for lease in await store.leases("esco")] == [2]
    assert [lease.epoch for lease in await store.leases("esco1")] == [1]


async def test_a_fencing_store_refuses_an_event_below_the_highest_lease(
    store_kind: StoreKind,
) -> None:
    """SQLite and memory; for Weaviate the cuts fence, `tests/journal/test_fencing.py`."""
    first, second = logged(1, started(), StepStarted(step="schema"))
    async with store_kind.open() as store:
        await store.prepare()
        await store.create_lease("esco", 1, owner("alpha"))
        await store.append(first)
        await store.create_lease("esco", 2, owner("beta"))
        await store.append(first)  # what is there already stays acknowledged
        if store_kind.fences:
            with pytest.raises(LeaseLost):
                await store.append(second)
            assert await store.read_epoch("esco", 1) == [first]
        else:
            await store.append(second)
            assert await store.read_epoch("esco", 1) == [first, second]


# --- what is there, and what is not ------------------------------------------------------------


async def test_a_store_that_is_not_there_reads_as_empty_and_is_not_created(
    store_kind: StoreKind,
) -> None:
    async with store_kind.open() as store:
        assert await store.highest_epoch("esco") == 0
        assert await store.read_epoch("esco", 1) == []
        assert await everything(store) == []
        assert await store.leases("esco") == []
        assert await store.heartbeat("esco", 1) is None
        assert (await read_state(store, "esco")).status is Status.NOT_STARTED
        assert await read_runs(store, "esco") == []
        await store.drop_lease("esco", 1)
        await store.erase("esco", epoch=1, check=lambda: None)
        with pytest.raises(LeaseLost):
            await store.beat("esco", 1, 1)
    assert not store_kind.is_there()


async def test_prepare_keeps_what_is_there_and_may_be_repeated(store_kind: StoreKind) -> None:
    events = logged(1, started(), FAILED)
    async with store_kind.open() as store:
        await store.prepare()
        await store.create_lease("esco", 1, owner())
        await append_all(store, events)
        await store.prepare()
    async with store_kind.open() as store:
        await store.prepare()
        assert await store.read_epoch("esco", 1) == events
        assert [lease.epoch for lease in await store.leases("esco")] == [1]


async def test_eight_processes_may_prepare_at_once(store_kind: StoreKind) -> None:
    async def prepare() -> None:
        async with store_kind.open() as store:
            await store.prepare()

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(prepare)
    async with store_kind.open() as store:
        await store.append(recorded(1, 1, started()))
        assert await everything(store) == [recorded(1, 1, started())]


async def test_erase_removes_the_events_of_that_pipeline_only(
    store: Store, store_kind: StoreKind
) -> None:
    theirs = logged(1, started(), pipeline="esco2")
    await append_all(store, [*logged(1, started(), *done("schema")), *theirs])
    store_kind.leave_legacy_row()
    await store.erase("esco", epoch=1, check=lambda: None)
    assert await store.read_epoch("esco", 1) == []
    assert await everything(store) == []
    assert await everything(store, "esco2") == theirs
    assert [row async for row in store.read_all("esco")] == [LEGACY]


async def test_an_erasure_ends_with_the_lease(store: Store) -> None:
    log = logged(1, started(), *done("schema"))
    await append_all(store, log)

    def over() -> None:
        raise LeaseLost("esco: epoch 2 is over")

    with pytest.raises(LeaseLost):
        await store.erase("esco", epoch=2, check=over)
    assert await everything(store) == log


async def test_what_was_erased_can_be_written_anew(store: Store) -> None:
    await append_all(store, logged(1, started(), COMPLETED))
    await store.erase("esco", epoch=1, check=lambda: None)
    anew = logged(1, started(source="another"), run_id="run-2")
    await append_all(store, anew)
    assert await store.read_epoch("esco", 1) == anew


async def test_legacy_rows_are_yielded_and_not_folded(store: Store, store_kind: StoreKind) -> None:
    events = logged(1, started(), *done("schema"))
    await append_all(store, events)
    store_kind.leave_legacy_row()

    rows = [row async for row in store.read_all("esco")]
    assert [row for row in rows if isinstance(row, LegacyRow)] == [LEGACY]
    assert await read_history(store, "esco") == (events, [LEGACY])
    assert (await read_state(store, "esco")).status is Status.IN_PROGRESS
    assert await store.highest_epoch("esco") == 1


async def test_the_status_of_a_legacy_row_is_no_status_of_ours(
    store: Store, store_kind: StoreKind
) -> None:
    store_kind.leave_legacy_row()  # it says "completed"
    assert await store.highest_epoch("esco") == 0
    assert (await read_state(store, "esco")).status is Status.NOT_STARTED


async def test_aclose_may_be_called_twice(store_kind: StoreKind) -> None:
    async with store_kind.open() as store:
        await store.prepare()
        await store.aclose()
        await store.aclose()


async def test_the_stores_name_is_one_that_opens_it(store: Store, store_kind: StoreKind) -> None:
    expected = {
        MemoryKind: "memory://",
        SqliteKind: f"sqlite:///{getattr(store_kind, 'path', '')}",
        SimulatedKind: "http://simulated:8080",
        WeaviateKind: getattr(store_kind, "url", ""),
    }
    assert store.url == expected[type(store_kind)]


async def test_a_memory_store_of_its_own_shares_nothing() -> None:
    await MemoryStore().append(recorded(1, 1, started()))
    assert await MemoryStore().highest_epoch("esco") == 0


def _without_age(heartbeat: Heartbeat | None) -> tuple[int, bool] | None:
    return None if heartbeat is None else (heartbeat.beat, heartbeat.released)
