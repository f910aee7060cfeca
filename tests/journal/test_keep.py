"""Keeping a lease: what confirms it, what loses it, how it is given up; on virtual time."""

from datetime import timedelta

import anyio
import pytest

from journal import LeaseExpired, LeaseLost, StoreUnavailable
from journal.clock import Clock
from journal.events import Owner
from journal.lease import Lease, claim
from journal.store import Store
from journal.stores.memory import MemoryStore
from tests.journal.builders import owner, recorded, started
from tests.journal.faulty_stores import BeatsUnconfirmed, Outage, Wrapper
from tests.journal.virtual_time import virtual_clock, virtual_time

TTL = 30.0
ME = owner("me")


async def claimed(store: Store) -> Lease:
    """Return a fresh lease of epoch 1."""
    return await claim(store, "esco", ME, virtual_clock())


async def keep_for(lease: Lease, seconds: float) -> None:
    """Keep the lease for a while."""
    with anyio.move_on_after(seconds):
        await lease.keep()


@virtual_time
async def test_a_kept_lease_never_grows_older_than_a_third_of_its_ttl() -> None:
    store = MemoryStore()
    lease = await claimed(store)
    ages: list[float] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lease.keep)
        for _ in range(100):
            await anyio.sleep(3.7)
            ages.append(lease.age_seconds)
        tasks.cancel_scope.cancel()
    assert max(ages) <= TTL / 3
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is not None
    assert heartbeat.beat == 38  # at 0 s and then each 10 s of 370


@virtual_time
async def test_an_unkept_lease_expires_with_its_ttl() -> None:
    lease = await claimed(MemoryStore())
    await anyio.sleep(TTL - 0.001)
    lease.check()
    assert not lease.is_over
    await anyio.sleep(0.001)
    assert lease.is_over
    with pytest.raises(LeaseExpired, match="esco: the lease of epoch 1 ran out"):
        lease.check()


@virtual_time
async def test_a_lease_that_ran_out_while_its_beat_was_on_its_way_is_over_at_once() -> None:
    """Whoever stood still sends nothing more, not for another second either."""

    class Frozen(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await anyio.sleep(TTL + 7)
            raise StoreUnavailable("no answer")

    clock = virtual_clock()
    lease = await claimed(Frozen(MemoryStore()))
    begun = clock.elapsed()
    with pytest.raises(LeaseExpired):
        await lease.keep()
    assert clock.elapsed() - begun == TTL + 7


@virtual_time
async def test_a_wall_clock_that_jumps_ends_no_lease_and_keeps_none() -> None:
    steady, hours = virtual_clock(), [0]
    jumping = Clock(
        now=lambda: steady.now() + timedelta(hours=hours[0]),
        elapsed=steady.elapsed,
        new_id=steady.new_id,
    )
    lease = await claim(MemoryStore(), "esco", ME, jumping)
    hours[0] = 2
    assert (lease.age_seconds, lease.is_over) == (0, False)
    hours[0] = -2
    await anyio.sleep(TTL)
    assert (lease.age_seconds, lease.is_over) == (TTL, True)


@virtual_time
async def test_a_lease_that_ran_out_stays_over() -> None:
    store = MemoryStore()
    lease = await claimed(store)
    await anyio.sleep(TTL + 1)
    with pytest.raises(LeaseExpired):
        await lease.keep()
    assert await store.heartbeat("esco", 1) is None  # it did not even beat
    assert lease.is_over
    assert not lease.permits(0)


@pytest.mark.parametrize(
    ("age", "timeout", "permitted"),
    [(0, 29.9, True), (0, 30, False), (14.9, 15, True), (15, 15, False), (29, 1, False)],
)
@virtual_time
async def test_a_request_begins_only_if_it_ends_before_the_lease_does(
    age: float, timeout: float, permitted: bool
) -> None:
    lease = await claimed(MemoryStore())
    await anyio.sleep(age)
    assert lease.permits(timeout) is permitted
    assert not lease.is_over


@virtual_time
async def test_a_request_waits_until_a_heartbeat_has_renewed_the_lease() -> None:
    clock = virtual_clock()
    lease = await claimed(MemoryStore())
    begun = clock.elapsed()
    await anyio.sleep(20)

    async def keep_later() -> None:
        await anyio.sleep(4)
        await lease.keep()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_later)
        await lease.admit(15)
        tasks.cancel_scope.cancel()
    assert 24 <= clock.elapsed() - begun < 25
    assert lease.permits(15)


@virtual_time
async def test_a_request_that_waits_in_vain_ends_with_the_lease() -> None:
    lease = await claimed(MemoryStore())
    await anyio.sleep(20)
    with pytest.raises(LeaseExpired):
        await lease.admit(15)


@virtual_time
async def test_a_request_longer_than_the_lease_is_a_mistake() -> None:
    lease = await claimed(MemoryStore())
    with pytest.raises(ValueError, match="a request of 30 s does not fit into a lease of 30 s"):
        await lease.admit(30)


@virtual_time
async def test_age_counts_from_the_sending_of_the_heartbeat_not_from_its_answer() -> None:
    class Slow(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await super().beat(pipeline, epoch, beat, released=released)
            await anyio.sleep(9)

    lease = await claimed(Slow(MemoryStore()))
    await keep_for(lease, 9.5)
    assert lease.age_seconds == pytest.approx(9.5)


@virtual_time
async def test_age_counts_from_the_sending_of_the_claim() -> None:
    class Slow(Wrapper):
        async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
            winner = await super().create_lease(pipeline, epoch, owner)
            await anyio.sleep(12)
            return winner

    assert (await claimed(Slow(MemoryStore()))).age_seconds == 12


@virtual_time
async def test_an_answer_after_expiry_confirms_nothing() -> None:
    """Sent at 10 s, answered at 35 s: the lease ended at 30 s, and is not raised from the dead."""

    class SecondIsSlow(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await super().beat(pipeline, epoch, beat, released=released)
            await anyio.sleep(25 if beat > 1 else 0)

    clock = virtual_clock()
    lease = await claimed(SecondIsSlow(MemoryStore()))
    began = clock.elapsed()
    with pytest.raises(LeaseExpired):
        await lease.keep()
    assert clock.elapsed() - began == 35
    assert lease.is_over


@virtual_time
async def test_a_store_that_hangs_forever_does_not_keep_a_lease_alive() -> None:
    class Hangs(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            await anyio.sleep_forever()

    lease = await claimed(Hangs(MemoryStore()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lease.keep)
        await anyio.sleep(16)
        with pytest.raises(LeaseExpired):  # a sender learns it, though `keep` hangs
            await lease.admit(15)
        tasks.cancel_scope.cancel()


@virtual_time
async def test_an_outage_shorter_than_the_ttl_is_survived() -> None:
    store = Outage(MemoryStore())
    lease = await claimed(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lease.keep)
        await anyio.sleep(11)
        store.is_down = True
        await anyio.sleep(20)
        store.is_down = False
        await anyio.sleep(100)
        assert lease.age_seconds <= TTL / 3
        tasks.cancel_scope.cancel()


@virtual_time
async def test_an_outage_longer_than_the_ttl_ends_the_lease() -> None:
    clock = virtual_clock()
    store = Outage(MemoryStore())
    lease = await claimed(store)
    store.is_down = True
    began = clock.elapsed()
    with pytest.raises(LeaseExpired):
        await lease.keep()
    assert TTL <= clock.elapsed() - began <= TTL + 6  # the request in flight had 5 s


@virtual_time
async def test_a_beat_whose_answer_was_lost_is_not_sent_again_under_its_number() -> None:
    """A watcher counts from the first time it sees a number; the owner from its last sending."""
    store = BeatsUnconfirmed(MemoryStore())
    lease = await claimed(store)
    store.is_silent = True
    await keep_for(lease, 8)
    unconfirmed = await store.heartbeat("esco", 1)
    store.is_silent = False
    await keep_for(lease, 3)
    confirmed = await store.heartbeat("esco", 1)
    assert unconfirmed is not None
    assert confirmed is not None
    assert lease.age_seconds <= 3
    assert confirmed.beat > unconfirmed.beat


@virtual_time
async def test_a_heartbeat_on_a_dropped_lease_loses_it() -> None:
    store = MemoryStore()
    lease = await claimed(store)
    await store.drop_lease("esco", 1)
    with pytest.raises(LeaseLost) as caught:
        await lease.keep()
    assert not isinstance(caught.value, LeaseExpired)
    assert lease.is_over
    assert await store.leases("esco") == []
    with pytest.raises(LeaseLost):
        lease.check()


@pytest.mark.parametrize("by", ["lease", "event"])
@virtual_time
async def test_a_higher_epoch_loses_the_lease(by: str) -> None:
    store = MemoryStore()
    lease = await claimed(store)
    await keep_for(lease, 35)
    if by == "lease":
        await store.create_lease("esco", 2, owner("other"))
    else:
        await store.append(recorded(2, 1, started()))
    with pytest.raises(LeaseLost, match="another process owns epoch 2") as caught:
        await lease.keep()
    assert not isinstance(caught.value, LeaseExpired)
    assert lease.is_over
    assert not lease.permits(1)


@virtual_time
async def test_a_released_lease_is_over_and_says_so_in_the_store() -> None:
    store = MemoryStore()
    lease = await claimed(store)
    await keep_for(lease, 1)
    await lease.release()
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is not None
    assert (heartbeat.beat, heartbeat.released) == (2, True)
    assert lease.is_over
    with pytest.raises(LeaseLost, match="epoch 1 was released"):
        lease.check()


@virtual_time
async def test_a_heartbeat_on_its_way_does_not_undo_a_release() -> None:
    class Slow(Wrapper):
        async def beat(
            self, pipeline: str, epoch: int, beat: int, *, released: bool = False
        ) -> None:
            with anyio.CancelScope(shield=True):  # what was sent arrives
                await anyio.sleep(0.1 if released else 1)
                await super().beat(pipeline, epoch, beat, released=released)

    store = Slow(MemoryStore())
    lease = await claimed(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lease.keep)
        await anyio.sleep(0.5)
        await lease.release()
        tasks.cancel_scope.cancel()
    await anyio.sleep(60)
    heartbeat = await store.heartbeat("esco", 1)
    assert heartbeat is not None
    assert heartbeat.released


@virtual_time
async def test_a_release_that_can_not_be_written_is_no_harm() -> None:
    store = Outage(MemoryStore())
    lease = await claimed(store)
    store.is_down = True
    await lease.release()
    assert lease.is_over


@pytest.mark.parametrize(
    ("present", "kept"),
    [
        ([7], [7]),
        ([6, 7], [6, 7]),
        ([5, 6, 7], [6, 7]),
        ([1, 2, 5, 7], [5, 7]),
        ([1, 2, 3], [2, 3]),
    ],
)
@virtual_time
async def test_the_two_highest_leases_stay(present: list[int], kept: list[int]) -> None:
    store = MemoryStore()
    for epoch in present:
        await store.create_lease("esco", epoch, owner(f"o{epoch}"))
    lease = Lease(store, "esco", 7, ME, virtual_clock(), sent_at=virtual_clock().elapsed())
    await lease.drop_older()
    assert [found.epoch for found in await store.leases("esco")] == kept


@virtual_time
async def test_a_store_that_can_not_drop_old_leases_is_no_harm() -> None:
    class Stubborn(Wrapper):
        async def drop_lease(self, pipeline: str, epoch: int) -> None:
            raise StoreUnavailable("the store does not answer")

    store = Stubborn(MemoryStore())
    for epoch in (1, 2, 3):
        await store.create_lease("esco", epoch, ME)
    await Lease(store, "esco", 3, ME, virtual_clock(), sent_at=1000.0).drop_older()
    assert len(await store.leases("esco")) == 3
