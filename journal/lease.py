"""Temporary ownership of a pipeline: how an epoch is claimed, kept and given up.

Knows the store's port and the clock. An epoch is claimed by a creation that succeeds for
exactly one caller; a heartbeat is a hint of life, never a proof. What a zombie still sends
is fenced by its successor's cut (`journal.fencing`), not here.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import anyio

from journal.clock import Clock
from journal.errors import (
    CorruptJournal,
    JournalError,
    LeaseExpired,
    LeaseHeld,
    LeaseLost,
    StoreRefused,
    StoreUnavailable,
)
from journal.events import Owner, Recorded, is_terminal
from journal.owner import is_gone
from journal.store import LeaseRecord, Store

log = logging.getLogger(__name__)

# After a process dies the kernel closes its connections, and one that lost its lease gives up
# what it has on its way; what the server had received by then lands within this time (measured:
# milliseconds; seconds under load).
SETTLE_SECONDS = 2.0
KEPT_LEASES = 2


class Lease:
    """An owned epoch. `keep` must run for as long as the owner sends anything."""

    def __init__(
        self, store: Store, pipeline: str, epoch: int, owner: Owner, clock: Clock, *, sent_at: float
    ) -> None:
        self.pipeline = pipeline
        self.epoch = epoch
        self.owner = owner
        self._store = store
        self._clock = clock
        self._confirmed_at = sent_at  # the sending, not the answer, of the last confirmed sign
        self._beat = 0
        self._beating = anyio.Lock()
        self._lost: LeaseLost | None = None

    @property
    def age_seconds(self) -> float:
        """Seconds since the last confirmed sign of life was sent."""
        return self._clock.elapsed() - self._confirmed_at

    def permits(self, timeout_seconds: float) -> bool:
        """Whether a request that ends within `timeout_seconds` ends before the lease does."""
        return self._lost is None and self.age_seconds + timeout_seconds < self.owner.ttl_seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing may be sent under this epoch any more."""
        return self._lost is not None or self.age_seconds >= self.owner.ttl_seconds

    @property
    def has_run_out(self) -> bool:
        """Whether no sign of life was confirmed in time: nobody released it, or told of another."""
        if self._lost is None:
            return self.age_seconds >= self.owner.ttl_seconds
        return isinstance(self._lost, LeaseExpired)

    async def admit(self, timeout_seconds: float) -> None:
        """Wait until a request of `timeout_seconds` may begin.

        Raises:
            LeaseExpired: the lease ran out first.
            LeaseLost: another process owns the pipeline.
            ValueError: the request is longer than the lease and could never begin.
        """
        if timeout_seconds >= self.owner.ttl_seconds:
            raise ValueError(
                f"a request of {timeout_seconds:g} s does not fit into a lease of"
                f" {self.owner.ttl_seconds:g} s"
            )
        while not self.permits(timeout_seconds):
            self.check()
            await anyio.sleep(self.owner.ttl_seconds / 100)

    def check(self) -> None:
        """Raise if the lease is over.

        Raises:
            LeaseExpired: no sign of life was confirmed in time.
            LeaseLost: another process owns the pipeline.
        """
        if self._lost is not None:
            raise self._lost
        if self.age_seconds >= self.owner.ttl_seconds:
            self._lost = LeaseExpired(
                f"{self.pipeline}: the lease of epoch {self.epoch} ran out: no heartbeat was"
                f" confirmed for {self.owner.ttl_seconds:g} s"
            )
            raise self._lost

    async def keep(self) -> None:
        """Beat each third of the TTL until cancelled.

        Raises:
            LeaseExpired: no beat was confirmed in time.
            LeaseLost: a higher epoch exists, or the lease was removed.
        """
        interval = self.owner.ttl_seconds / 3
        while True:
            async with self._beating:
                await self._beat_once()
            await anyio.sleep(max(0.0, interval - self.age_seconds))

    async def release(self) -> None:
        """Give up an epoch under which nothing was written, so that nobody waits for it.

        Should that fail, the others wait for the TTL, which is no harm.
        """
        async with self._beating:  # a beat on its way would undo it
            self._beat += 1
            self._lost = LeaseLost(f"{self.pipeline}: epoch {self.epoch} was released")
            with suppress(JournalError):
                await self._store.beat(self.pipeline, self.epoch, self._beat, released=True)

    async def drop_older(self) -> None:
        """Remove the leases that nobody can need any more; a failure is no harm."""
        with suppress(StoreUnavailable, StoreRefused):
            for record in (await self._store.leases(self.pipeline))[:-KEPT_LEASES]:
                if record.epoch < self.epoch - (KEPT_LEASES - 1):
                    await self._store.drop_lease(self.pipeline, record.epoch)

    async def _beat_once(self) -> None:
        self.check()
        sent_at = self._clock.elapsed()
        # Each sending has a number of its own: one whose answer was lost may have been seen,
        # and who watches counts from there.
        self._beat += 1
        try:
            await self._store.beat(self.pipeline, self.epoch, self._beat)
            highest = await self._store.highest_epoch(self.pipeline)
        except StoreUnavailable as error:
            log.info("heartbeat not confirmed: %s", error)
            self.check()  # a process that stood still sends nothing more
            await anyio.sleep(self.owner.ttl_seconds / 30)
            self.check()
            return
        except LeaseLost as error:
            self._lost = error
            raise
        self.check()  # an acknowledgement after expiry confirms nothing
        self._confirmed_at = sent_at
        if highest > self.epoch:
            self._lost = LeaseLost(
                f"{self.pipeline}: epoch {self.epoch} is over, another process owns epoch"
                f" {highest}; it goes on with the run"
            )
            raise self._lost


async def claim(
    store: Store,
    pipeline: str,
    owner: Owner,
    clock: Clock,
    *,
    above: int = 0,
    wait_seconds: float = 0.0,
    on_wait: Callable[[str], None] | None = None,
) -> Lease:
    """Become the owner of the pipeline's next epoch, which is higher than `above`.

    Waits up to `wait_seconds` for another owner, or for a store that does not answer; the
    settling time after a dead owner is not counted.

    Raises:
        LeaseHeld: another process owns the pipeline.
        StoreUnavailable: the store did not answer.
    """
    attempt = _Claim(store, pipeline, owner, clock, above=above)
    deadline = clock.elapsed() + wait_seconds
    poll_seconds = max(0.1, min(owner.ttl_seconds / 6, 5.0))
    while True:
        try:
            lease = await attempt.once(poll_seconds)
            if lease is not None:
                return lease
            held = LeaseHeld(attempt.reason)
        except StoreUnavailable as error:
            attempt.watch.interrupt()
            if clock.elapsed() + poll_seconds > deadline:
                raise
            if on_wait is not None:
                on_wait(str(error))
            await anyio.sleep(poll_seconds)
            continue
        if attempt.reason and clock.elapsed() + poll_seconds > deadline:
            raise held
        if attempt.reason and on_wait is not None:
            on_wait(attempt.reason)
        await anyio.sleep(poll_seconds if attempt.reason else 0)


class _Claim:
    """One process's efforts at one pipeline. `reason` says who stands in the way, "" nobody."""

    def __init__(
        self, store: Store, pipeline: str, owner: Owner, clock: Clock, *, above: int
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._owner = owner
        self._clock = clock
        self._surely = above  # the highest epoch that is known to have been won
        self.watch = Watch()
        self.reason = ""

    async def once(self, poll_seconds: float) -> Lease | None:
        """Look who owns the newest epoch and, if nobody does any more, claim the next."""
        newest = await self._newest()
        self.reason = await self._obstacle(newest, poll_seconds)
        if self.reason:
            return None
        epoch = newest + 1
        sent_at = self._clock.elapsed()
        winner = await self._store.create_lease(self._pipeline, epoch, self._owner)
        self._surely = max(self._surely, epoch)
        if winner.id != self._owner.id:
            return None
        # A dropped name can be won again by one who read an old list. Whoever is higher is
        # right; this epoch stays unused, without an event.
        if await self._newest() > epoch:
            log.info("%s: stood down from epoch %d, a higher one exists", self._pipeline, epoch)
            return None
        return Lease(self._store, self._pipeline, epoch, self._owner, self._clock, sent_at=sent_at)

    async def _newest(self) -> int:
        """Return the highest epoch that was ever seen.

        A list may be old, never of the future: by an older one than we had before, an epoch that
        was ours once, and never became more than a name, would seem to be ours again.
        """
        listed = await self._store.highest_epoch(self._pipeline)
        self._surely = max(self._surely, listed)
        return self._surely

    async def _obstacle(self, epoch: int, poll_seconds: float) -> str:
        """Return why the next epoch may not be claimed yet, "" if it may."""
        if epoch == 0:
            return ""
        logged = await self._logged(epoch)
        if logged and is_terminal(logged[-1].event):
            return ""
        record = await self._record(epoch)
        if record is not None and record.owner.id == self._owner.id:
            return ""
        if record is not None and is_gone(record.owner):
            await anyio.sleep(SETTLE_SECONDS)
            return ""
        began_at = self._clock.elapsed()
        heartbeat = await self._store.heartbeat(self._pipeline, epoch)
        if heartbeat is not None and heartbeat.released and not logged:
            return ""
        ttl_seconds = (record.owner if record else self._owner).ttl_seconds
        unchanged_seconds = self.watch.observe(
            Reading(
                epoch=epoch,
                beat=heartbeat.beat if heartbeat else None,
                began_at=began_at,
                ended_at=self._clock.elapsed(),
            ),
            longest_gap_seconds=2 * poll_seconds,
        )
        if unchanged_seconds >= ttl_seconds:
            await anyio.sleep(SETTLE_SECONDS)
            return ""
        return _held(self._pipeline, epoch, record, ttl_seconds)

    async def _logged(self, epoch: int) -> Sequence[Recorded]:
        """Return the epoch's events; none if they can not be read, for a reset must get by."""
        try:
            return await self._store.read_epoch(self._pipeline, epoch)
        except CorruptJournal:
            return ()

    async def _record(self, epoch: int) -> LeaseRecord | None:
        records = await self._store.leases(self._pipeline)
        return next((record for record in records if record.epoch == epoch), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at a heartbeat: what it was, and when we asked and were answered."""

    epoch: int
    beat: int | None
    began_at: float
    ended_at: float


class Watch:
    """How long a heartbeat has surely not changed, by our own clock."""

    def __init__(self) -> None:
        self._last: Reading | None = None
        self._unchanged_seconds = 0.0

    def observe(self, reading: Reading, *, longest_gap_seconds: float) -> float:
        """Return the seconds without change, counting only time between answered readings.

        A gap longer than `longest_gap_seconds` is ours (suspended, starved), not the owner's.
        """
        last = self._last
        if last is None or (last.epoch, last.beat) != (reading.epoch, reading.beat):
            self._unchanged_seconds = 0.0
        else:
            gap_seconds = max(0.0, reading.began_at - last.ended_at)
            self._unchanged_seconds += min(gap_seconds, longest_gap_seconds)
        self._last = reading
        return self._unchanged_seconds

    def interrupt(self) -> None:
        """Note that the store could not be read: until the next answer no time counts."""
        if self._last is not None:
            self._last = Reading(
                epoch=self._last.epoch,
                beat=self._last.beat,
                began_at=self._last.began_at,
                ended_at=float("inf"),  # the gap to the next reading counts as none
            )


def _held(pipeline: str, epoch: int, record: LeaseRecord | None, ttl_seconds: float) -> str:
    who = f"{record.owner.host} (pid {record.owner.pid})" if record else "another process"
    return (
        f"{pipeline}: {who} holds epoch {epoch}; wait for it with --wait SECONDS"
        f" (it is free {ttl_seconds:g} s after its last heartbeat)"
    )
