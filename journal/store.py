"""The port to what keeps events and leases; implementations are in `journal/stores/`.

The contract stands in the docstrings; `tests/contract/test_store.py` holds every
implementation to it. Every method raises `StoreUnavailable` when the store does not answer
in time and `StoreRefused` when it says no, and ends within its own time-outs.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from journal.events import Owner, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """A claimed epoch and who owns it, for ever."""

    epoch: int
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A sign of life: `beat` grows while the owner lives.

    `released` says that the owner gave the epoch up without having written an event.
    `age_seconds` is for display: since the last beat, by the store's own clock.
    """

    beat: int
    released: bool
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyRow:
    """A row that a program before events left behind: shown, never folded."""

    status: str
    timestamp: str
    details: str


class Store(Protocol):
    """Events, append-only, and leases, of any number of pipelines."""

    @property
    def url(self) -> str:
        """How to name the store to a person; never holds a credential."""
        ...

    async def prepare(self) -> None:
        """Make the store ready for `append`; idempotent, keeps what is there.

        Raises:
            StoreRefused: what is there can not hold events.
        """
        ...

    async def append(self, recorded: Recorded) -> None:
        """Add one event. The same event again is no error and adds nothing.

        When it returns, the event is there and is found by `read_epoch`. After
        `StoreUnavailable` or a cancellation it may be there or not, and may still arrive.

        Raises:
            CorruptJournal: the position holds other content.
            LeaseLost: a fencing store saw an epoch higher than the event's.
        """
        ...

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Return the epoch's events from seq 1 until the first absence, read consistently."""
        ...

    def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """Yield every event of the pipeline in no particular order, legacy rows too."""
        ...

    async def highest_epoch(self, pipeline: str) -> int:
        """Return the highest epoch of leases and events, 0 if there is none.

        It may lag behind; a successful `create_lease` is the only proof of an epoch's
        freshness.
        """
        ...

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """Return the leases that are known, lowest epoch first. Absence proves nothing."""
        ...

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim the epoch and return who owns it now: exactly one caller for each name.

        A name that was dropped can be won again: whoever wins looks for higher epochs.
        """
        ...

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write the heartbeat of an existing lease.

        Raises:
            LeaseLost: the lease is not there any more; it is not created anew.
        """
        ...

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Return the last heartbeat, None if the owner never wrote one."""
        ...

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """Remove a lease; one that is not there is no error."""
        ...

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """Remove the pipeline's events that are there now, oldest first.

        A person's order, never a run's, under the lease of `epoch`: what a successor writes
        stays. `check` is called before each request, and raises where the lease is lost.
        """
        ...

    async def aclose(self) -> None:
        """Release everything. May be called twice."""
        ...
