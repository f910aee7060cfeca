"""Events and leases in memory: the reference that the other stores are held against.

Fences like SQLite does. Two stores share a `MemoryLog` the way two processes share a server.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from journal.errors import CorruptJournal, LeaseLost
from journal.events import Owner, Recorded
from journal.store import Heartbeat, LeaseRecord, LegacyRow


@dataclass(slots=True)
class MemoryLease:
    """A lease as it lies in memory."""

    owner: Owner
    heartbeat: Heartbeat | None = None


@dataclass(slots=True)
class MemoryLog:
    """What a server would keep."""

    events: dict[tuple[str, int, int], Recorded] = field(default_factory=dict)
    leases: dict[tuple[str, int], MemoryLease] = field(default_factory=dict)
    legacy: list[LegacyRow] = field(default_factory=list)


class MemoryStore:
    """A store that lives as long as its `MemoryLog`."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.log = log or MemoryLog()

    @property
    def url(self) -> str:
        """How to name the store to a person."""
        return "memory://"

    async def prepare(self) -> None:
        """Do nothing: memory is ready."""

    async def append(self, recorded: Recorded) -> None:
        """Add one event; see the port."""
        place = (recorded.pipeline, recorded.epoch, recorded.seq)
        known = self.log.events.get(place)
        if known is not None and known != recorded:
            raise CorruptJournal(
                f"event {recorded.pipeline}/{recorded.epoch}:{recorded.seq} is taken by another"
            )
        if known is None:
            owned = [epoch for name, epoch in self.log.leases if name == recorded.pipeline]
            if max(owned, default=0) > recorded.epoch:
                raise LeaseLost(f"{recorded.pipeline}: epoch {recorded.epoch} is over")
            self.log.events[place] = recorded

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Return the epoch's events until the first absence."""
        logged: list[Recorded] = []
        while (place := (pipeline, epoch, len(logged) + 1)) in self.log.events:
            logged.append(self.log.events[place])
        return logged

    async def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """Yield every event of the pipeline, and the legacy rows."""
        for recorded in list(self.log.events.values()):
            if recorded.pipeline == pipeline:
                yield recorded
        for row in list(self.log.legacy):
            yield row

    async def highest_epoch(self, pipeline: str) -> int:
        """Return the highest epoch of leases and events."""
        of_events = [epoch for name, epoch, _ in self.log.events if name == pipeline]
        of_leases = [epoch for name, epoch in self.log.leases if name == pipeline]
        return max([*of_events, *of_leases], default=0)

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """Return the leases, lowest epoch first."""
        return [
            LeaseRecord(epoch=epoch, owner=self.log.leases[name, epoch].owner)
            for name, epoch in sorted(self.log.leases)
            if name == pipeline
        ]

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Claim the epoch; return who owns it."""
        return self.log.leases.setdefault((pipeline, epoch), MemoryLease(owner)).owner

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Write the heartbeat of an existing lease."""
        lease = self.log.leases.get((pipeline, epoch))
        if lease is None:
            raise LeaseLost(f"{pipeline}: the lease of epoch {epoch} was removed")
        lease.heartbeat = Heartbeat(beat=beat, released=released)

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Return the last heartbeat."""
        lease = self.log.leases.get((pipeline, epoch))
        heartbeat = lease.heartbeat if lease else None
        return replace(heartbeat, age_seconds=0.0) if heartbeat else None

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """Remove a lease."""
        self.log.leases.pop((pipeline, epoch), None)

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """Remove the pipeline's events."""
        check()
        for place in [place for place in self.log.events if place[0] == pipeline]:
            del self.log.events[place]

    async def aclose(self) -> None:
        """Do nothing: the log belongs to whoever made it."""
