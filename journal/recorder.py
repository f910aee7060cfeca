"""Writing the events of one epoch: checked by the fold, appended, and only then believed.

Knows the port, the lease and the clock. If an event can not be written, none is ever again.
"""

from collections.abc import Callable

import anyio

from journal.clock import Clock
from journal.errors import JournalError, StoreUnavailable
from journal.events import Event, Recorded
from journal.lease import Lease
from journal.state import RunState, evolve
from journal.store import Store

Listener = Callable[[Recorded, RunState], None]

FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 1.0


class Recorder:
    """The one writer of an epoch. `state` is the fold of what is surely in the log."""

    def __init__(
        self,
        store: Store,
        lease: Lease,
        clock: Clock,
        state: RunState,
        *,
        run_id: str,
        not_before: RunState,
        append_timeout_seconds: float,
        listener: Listener | None = None,
    ) -> None:
        self.state = state
        self._store = store
        self._lease = lease
        self._clock = clock
        self._run_id = run_id
        self._seq = 0
        self._latest = not_before.updated_at
        self._timeout_seconds = append_timeout_seconds
        self._listener = listener
        self._lock = anyio.Lock()
        self._broken: JournalError | None = None

    async def record(self, event: Event) -> RunState:
        """Append the event and return the state after it.

        The append is shielded from cancellation: its position belongs to these bytes, and
        nothing else may ever be written there.

        Raises:
            CorruptJournal: the event can not follow, or its position is taken.
            LeaseLost: the lease ended before the event was surely written.
            StoreUnavailable: the store takes no event, though the lease was kept for its TTL.
        """
        async with self._lock:
            if self._broken is not None:
                raise self._broken
            now = self._clock.now()
            recorded = Recorded(
                pipeline=self._lease.pipeline,
                run_id=self._run_id,
                epoch=self._lease.epoch,
                seq=self._seq + 1,
                at=now if self._latest is None else max(now, self._latest),
                event=event,
            )
            after = evolve(self.state, recorded)
            # Stands if anything at all ends the append: asyncio's own cancellation pierces
            # a shield, and the position may be taken.
            self._broken = StoreUnavailable(
                f"{recorded.pipeline}: whether event {recorded.epoch}:{recorded.seq} was written"
                " is not known; resume later"
            )
            with anyio.CancelScope(shield=True):
                await self._append(recorded)
            self._broken = None
            self._seq += 1
            self._latest = recorded.at
            self.state = after
        if self._listener is not None:
            self._listener(recorded, after)
        return after

    async def _append(self, recorded: Recorded) -> None:
        """Send the same bytes until the store says that they are there."""
        pause_seconds = FIRST_RETRY_SECONDS
        gives_up_at = self._clock.elapsed() + self._lease.owner.ttl_seconds
        try:
            while True:
                await self._lease.admit(self._timeout_seconds)
                try:
                    return await self._store.append(recorded)
                except StoreUnavailable:
                    if self._clock.elapsed() >= gives_up_at:
                        raise  # if heartbeats get through; else the lease has run out by now
                    await anyio.sleep(pause_seconds)
                    pause_seconds = min(2 * pause_seconds, LONGEST_RETRY_SECONDS)
        except JournalError as error:
            self._broken = error
            raise
