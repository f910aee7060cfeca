"""When an epoch may be claimed: each row of the rule, to the second, on virtual time."""

import itertools
from dataclasses import replace

import anyio
import pytest

from journal import LeaseHeld, StoreUnavailable
from journal.events import Event, Owner
from journal.lease import SETTLE_SECONDS, Lease, claim
from journal.owner import this_process
from journal.store import LeaseRecord
from journal.stores.memory import MemoryStore
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    done,
    logged,
    owner,
    recorded,
    started,
)
from tests.journal.faulty_stores import Hesitant, Outage, Wrapper
from tests.journal.virtual_time import virtual_clock, virtual_time

TTL = 30.0
ME = owner("me")


async def own(store: MemoryStore, epoch: int, *events: Event, by: Owner | None = None) -> None:
    """Let `by` (somebody on another machine) own the epoch, with these events."""
    await store.create_lease("esco", epoch, by or owner("other"))
    for event in logged(epoch, *events):
        await store.append(event)


async def seconds_to_claim(store: MemoryStore | Wrapper, *, wait: float = 300.0) -> float:
    """Return how long `ME` needs to become the owner."""
    clock = virtual_clock()
    before = clock.elapsed()
    await claim(store, "esco", ME, clock, wait_seconds=wait)
    return clock.elapsed() - before


@virtual_time
async def test_the_first_epoch_is_one_and_is_claimed_at_once() -> None:
    store = MemoryStore()
    lease = await claim(store, "esco", ME, virtual_clock())
    assert (lease.pipeline, lease.epoch, lease.owner) == ("esco", 1, ME)
    assert await store.leases("esco") == [LeaseRecord(epoch=1, owner=ME)]


@pytest.mark.parametrize("terminal", [FAILED, INTERRUPTED, COMPLETED])
@virtual_time
async def test_after_a_terminal_event_the_next_epoch_is_free_at_once(terminal: Event) -> None:
    store = MemoryStore()
    await own(store, 1, started(), terminal)
    await store.beat("esco", 1, 5)
    assert await seconds_to_claim(store, wait=0) == 0
    assert await store.highest_epoch("esco") == 2


@virtual_time
async def test_a_terminal_event_of_an_older_epoch_frees_nothing() -> None:
    store = MemoryStore()
    await own(store, 1, started(), FAILED)
    await own(store, 2)
    with pytest.raises(LeaseHeld):
        await claim(store, "esco", ME, virtual_clock())


@virtual_time
async def test_an_event_that_is_not_terminal_frees_nothing() -> None:
    store = MemoryStore()
    await own(store, 1, started(), *done("schema"))
    with pytest.raises(LeaseHeld, match=r"^esco: host-other \(pid 4711\) holds epoch 1; wait"):
        await claim(store, "esco", ME, virtual_clock())
    assert await store.highest_epoch("esco") == 1


@virtual_time
async def test_a_dead_process_of_this_machine_is_followed_after_two_seconds() -> None:
    store = MemoryStore()
    gone = replace(this_process(virtual_clock(), ttl_seconds=TTL), process_started="1")
    await own(store, 1, started(), by=gone)
    assert await seconds_to_claim(store, wait=0) == 2


@virtual_time
async def test_a_living_process_of_this_machine_is_not_followed() -> None:
    store = MemoryStore()
    await own(store, 1, started(), by=this_process(virtual_clock(), ttl_seconds=TTL))
    with pytest.raises(LeaseHeld):
        await claim(store, "esco", ME, virtual_clock())


@pytest.mark.parametrize("beat", [None, 0, 7])
@virtual_time
async def test_a_heartbeat_that_does_not_change_for_the_ttl_frees_the_epoch(
    beat: int | None,
) -> None:
    store = MemoryStore()
    await own(store, 1, started())
    if beat is not None:
        await store.beat("esco", 1, beat)
    assert await seconds_to_claim(store) == pytest.approx(TTL + SETTLE_SECONDS)


@virtual_time
async def test_the_ttl_that_counts_is_the_owners_not_ours() -> None:
    store = MemoryStore()
    await own(store, 1, started(), by=owner("other", ttl_seconds=90.0))
    assert await seconds_to_claim(store) == pytest.approx(90 + SETTLE_SECONDS)


@virtual_time
async def test_a_living_heartbeat_holds_the_epoch_for_as_long_as_it_beats() -> None:
    store = MemoryStore()
    await own(store, 1, started())

    async def beat_until(last: int) -> None:
        for number in range(1, last + 1):
            await store.beat("esco", 1, number)
            await anyio.sleep(TTL - 1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beat_until, 4)
        # The last beat comes after 3 x 29 s and is seen at the next look, 5 s later at most.
        assert 87 + TTL <= await seconds_to_claim(store) <= 87 + TTL + 5


@virtual_time
async def test_waiting_ends_with_its_time_and_says_who_holds_it() -> None:
    store = MemoryStore()
    await own(store, 1, started(), by=owner("other", ttl_seconds=1000.0))
    clock, said = virtual_clock(), list[str]()
    before = clock.elapsed()
    with pytest.raises(LeaseHeld):
        await claim(store, "esco", ME, clock, wait_seconds=60, on_wait=said.append)
    assert 54 <= clock.elapsed() - before <= 60
    assert set(said) == {
        "esco: host-other (pid 4711) holds epoch 1; wait for it with --wait SECONDS"
        " (it is free 1000 s after its last heartbeat)"
    }


@virtual_time
async def test_an_epoch_released_without_an_event_is_free_at_once() -> None:
    store = MemoryStore()
    await own(store, 1)
    await store.beat("esco", 1, 1, released=True)
    assert await seconds_to_claim(store, wait=0) == 0


@virtual_time
async def test_an_epoch_with_events_is_not_released_by_a_heartbeat() -> None:
    store = MemoryStore()
    await own(store, 1, started())
    await store.beat("esco", 1, 1, released=True)
    with pytest.raises(LeaseHeld):
        await claim(store, "esco", ME, virtual_clock())


@virtual_time
async def test_our_own_older_epoch_does_not_stand_in_our_way() -> None:
    store = MemoryStore()
    await own(store, 1, started(), by=ME)
    assert await seconds_to_claim(store, wait=0) == 0


@virtual_time
async def test_events_without_a_lease_hold_the_epoch_for_our_ttl() -> None:
    store = MemoryStore()
    await store.append(recorded(1, 1, started()))
    assert await seconds_to_claim(store) == pytest.approx(TTL + SETTLE_SECONDS)


@virtual_time
async def test_time_in_which_the_store_can_not_be_read_does_not_count() -> None:
    inner = MemoryStore()
    await own(inner, 1, started())
    store = Outage(inner)

    async def fail(after: float, seconds: float) -> None:
        await anyio.sleep(after)
        store.is_down = True
        await anyio.sleep(seconds)
        store.is_down = False

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fail, 12, 100)
        needed = await seconds_to_claim(store)
    # Readings at 0, 5 and 10 s count 10 s; then 20 s more, from the first answer after 112 s.
    assert needed >= 112 + 20


@virtual_time
async def test_a_store_that_does_not_answer_is_said_so_after_the_wait() -> None:
    store = Outage(MemoryStore())
    store.is_down = True
    said: list[str] = []
    with pytest.raises(StoreUnavailable):
        await claim(store, "esco", ME, virtual_clock(), wait_seconds=20, on_wait=said.append)
    assert said == ["the store does not answer"] * len(said)
    assert said


@virtual_time
async def test_a_claimant_that_loses_the_race_sees_who_won() -> None:
    class Raced(Wrapper):
        async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
            await self.inner.create_lease(pipeline, epoch, winner)
            return await super().create_lease(pipeline, epoch, owner)

    winner = owner("quicker")
    with pytest.raises(LeaseHeld, match="host-quicker"):
        await claim(Raced(MemoryStore()), "esco", ME, virtual_clock())


@virtual_time
async def test_an_old_list_of_epochs_ends_in_lease_held_not_in_an_endless_loop() -> None:
    class Old(Wrapper):
        attempts = 0

        async def highest_epoch(self, pipeline: str) -> int:
            self.attempts += 1
            assert self.attempts < 10
            return 0

        async def leases(self, pipeline: str) -> list[LeaseRecord]:
            return []

    store = MemoryStore()
    await own(store, 1, started())
    with pytest.raises(LeaseHeld, match="another process holds epoch 1"):
        await claim(Old(store), "esco", ME, virtual_clock())


@virtual_time
async def test_the_winner_of_a_dropped_name_stands_down_for_the_higher_epoch() -> None:
    """It read an old list, won epoch 1 anew, and must not believe itself the owner."""

    class OnceOld(Wrapper):
        readings = 0

        async def highest_epoch(self, pipeline: str) -> int:
            self.readings += 1
            return 0 if self.readings == 1 else await super().highest_epoch(pipeline)

    inner = MemoryStore()
    await own(inner, 3, started(), by=owner("higher"))
    store = OnceOld(inner)
    with pytest.raises(LeaseHeld, match=r"host-higher .* holds epoch 3"):
        await claim(store, "esco", ME, virtual_clock())
    assert [lease.epoch for lease in await inner.leases("esco")] == [1, 3]
    assert await inner.read_epoch("esco", 1) == []


@virtual_time
async def test_an_epoch_won_long_ago_is_not_taken_up_by_an_old_list() -> None:
    """The creation was never answered; since then somebody else has won a higher epoch."""

    class Forgetful(Wrapper):
        readings = 0

        async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
            winner = await super().create_lease(pipeline, epoch, owner)
            if self.readings == 1:
                await own(inner, 2, started(), by=higher)
                raise StoreUnavailable("no answer")
            return winner

        async def highest_epoch(self, pipeline: str) -> int:
            self.readings += 1
            return await super().highest_epoch(pipeline) if self.readings <= 2 else 0

    inner = MemoryStore()
    higher = owner("higher")
    with pytest.raises(LeaseHeld, match=r"host-higher .* holds epoch 2"):
        await claim(Forgetful(inner), "esco", ME, virtual_clock(), wait_seconds=20)
    assert (await inner.leases("esco"))[0].owner == ME


@pytest.mark.parametrize("starters", [2, 8])
@virtual_time
async def test_of_starters_at_once_one_owns_each_epoch_and_no_two_at_a_time(starters: int) -> None:
    """Each holds its lease for a while, then ends cleanly; meanwhile the others wait."""
    clock, store = virtual_clock(), Hesitant(MemoryStore())
    held: list[tuple[float, float, int]] = []

    async def start(number: int) -> None:
        lease = await claim(store, "esco", owner(f"o{number}"), clock, wait_seconds=10_000)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lease.keep)
            began = clock.elapsed()
            await store.append(recorded(lease.epoch, 1, started()))
            await anyio.sleep(73)
            await store.append(recorded(lease.epoch, 2, FAILED))
            held.append((began, clock.elapsed(), lease.epoch))
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as all_of_them:
        for number in range(starters):
            all_of_them.start_soon(start, number)

    held.sort()
    assert [epoch for _, _, epoch in held] == list(range(1, starters + 1))
    for (_, ended, _), (began, _, _) in itertools.pairwise(held):
        assert ended <= began


@virtual_time
async def test_no_second_owner_begins_a_request_while_the_first_still_may() -> None:
    """The first beats unheard, then is cut off: its lease must end before the next one begins."""
    clock, inner = virtual_clock(), MemoryStore()
    near = Outage(inner)
    lease = await claim(near, "esco", owner("first"), clock)
    await inner.append(recorded(1, 1, started()))
    last_permitted = 0.0

    async def send() -> None:
        nonlocal last_permitted
        while not lease.is_over:
            if lease.permits(5):
                last_permitted = clock.elapsed() + 5
            await anyio.sleep(0.5)

    async def fail() -> None:
        await anyio.sleep(33)
        near.is_down = True

    taken: list[Lease] = []

    async def follow() -> None:
        taken.append(await claim(inner, "esco", owner("next"), clock, wait_seconds=500))

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail)
            tasks.start_soon(send)
            tasks.start_soon(_kept, lease)
            await follow()
            scope.cancel()
    assert taken[0].epoch == 2
    assert last_permitted <= clock.elapsed()


async def _kept(lease: Lease) -> None:
    from journal import LeaseLost

    try:
        await lease.keep()
    except LeaseLost:
        return
