"""One load by the real pipeline and the real engine, over a memory journal and a tearing target.

Knows how a process ends without a word: at an event or at a request, for good.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ingest.catalogue import Catalogue
from ingest.embedders import Matrix
from ingest.embedders.hashing import HashingEmbedder
from ingest.esco_classes import esco_schemas
from ingest.esco_pipeline import esco_pipeline
from ingest.loader import Workshop
from journal import Choice, Pipeline, RunState, Store, execute
from journal import Settings as Times
from journal.clock import Clock, system_clock
from journal.events import Recorded, StepStarted
from journal.log import read_runs
from journal.runner import Report
from journal.stores.memory import MemoryLog, MemoryStore
from tests.loading.sources import EMBEDDER, fresh
from tests.loading.tearing import (
    FaultPlan,
    TearingDatabase,
    TearingTarget,
    Trace,
    no_fault,
)


class Killed(BaseException):
    """The process is no more: nothing that it does any more has an effect."""


@dataclass(slots=True)
class Life:
    """Ends at the given event (before or after it lands) or request, counted from 1."""

    at_event: int = 0
    lands: bool = False
    at_request: int = 0
    events: int = 0
    requests: int = 0
    is_over: bool = False

    def check(self) -> None:
        """Raise if the process is dead."""
        if self.is_over:
            raise Killed

    def end(self) -> None:
        """Die."""
        self.is_over = True
        raise Killed

    def request(self) -> None:
        """Count a request; die at the one that was told."""
        self.check()
        self.requests += 1
        if self.requests == self.at_request:
            self.end()


class MortalStore(MemoryStore):
    """A memory store as a process sees it that may die."""

    def __init__(self, log: MemoryLog, life: Life) -> None:
        super().__init__(log)
        self._life = life

    async def append(self, recorded: Recorded) -> None:
        """Append, unless the process dies before; it may also die right after."""
        self._life.check()
        self._life.events += 1
        is_last = self._life.events == self._life.at_event
        if is_last and not self._life.lands:
            self._life.end()
        await super().append(recorded)
        if is_last:
            self._life.end()

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Beat while alive."""
        self._life.check()
        await super().beat(pipeline, epoch, beat, released=released)


@dataclass(slots=True)
class CountingEmbedder:
    """The hashing embedder; counts texts, and remembers their vectors across loads."""

    name: str = "hashing"
    fingerprint: str = EMBEDDER
    texts: int = 0
    known: dict[str, Matrix] = field(default_factory=dict)
    inner: HashingEmbedder = field(default_factory=HashingEmbedder)

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Embed, and count."""
        self.texts += len(texts)
        new = [text for text in texts if text not in self.known]
        if new:
            self.known.update(zip(new, await self.inner.embed(new), strict=True))
        return np.stack([self.known[text] for text in texts])

    async def embed_query(self, text: str) -> Matrix:
        """Embed one text."""
        return await self.inner.embed_query(text)

    async def aclose(self) -> None:
        """Nothing to release."""


@dataclass(slots=True)
class World:
    """What outlives a process: the journal and the target's database."""

    catalogue: Catalogue
    log: MemoryLog = field(default_factory=MemoryLog)
    database: TearingDatabase = field(default_factory=TearingDatabase)
    embedder: CountingEmbedder = field(default_factory=CountingEmbedder)
    fingerprint: str = "f1"
    window: int = 16
    trace: Trace = field(default_factory=Trace)
    clock: Clock = field(default_factory=system_clock)  # the senders' clock
    request_seconds: float = 5.0

    async def load(
        self,
        *,
        faults: FaultPlan = no_fault,
        refusing: frozenset[str] = frozenset(),
        largest_batch: int = 10_000,
        life: Life | None = None,
        choice: Choice | None = None,
        change: Callable[[TearingTarget], TearingTarget] = lambda target: target,
        before_verify: Callable[[], None] = lambda: None,
        turns: Callable[[int], int] = lambda request: 0,
    ) -> Report:
        """Be one process: read the input, claim, load, verify; `trace` begins anew.

        `before_verify` is what others do to the database once everything is loaded.
        """
        life = life or Life()
        self.trace = Trace()

        def note(recorded: Recorded, state: RunState) -> None:
            self.trace.entries.append(recorded)
            if recorded.event == StepStarted(step="verify"):
                before_verify()

        target = change(
            TearingTarget(
                schemas=esco_schemas(),
                database=self.database,
                trace=self.trace,
                faults=faults,
                refusing=refusing,
                largest_batch=largest_batch,
                before_request=life.request,
                turns=turns,
            )
        )
        try:
            return await execute(
                self.pipeline(target),
                MortalStore(self.log, life),
                choose=None if choice is None else lambda state: choice,
                settings=Times(ttl_seconds=30.0),
                listener=note,
            )
        finally:
            self.bury()

    def pipeline(self, target: TearingTarget) -> Pipeline:
        """Return the ESCO pipeline over the catalogue as a new process reads it."""
        workshop = Workshop(
            catalogue=fresh(self.catalogue),
            target=target,
            embedder=self.embedder,
            clock=self.clock,
            request_seconds=self.request_seconds,
            unsure=set(),
        )
        return esco_pipeline(
            "esco",
            workshop,
            source="made by hand",
            fingerprint=self.fingerprint,
            window=self.window,
            versions={},
            attributes={},
        )

    def bury(self) -> None:
        """Let every owner so far be a process that is gone."""
        for lease in self.log.leases.values():
            lease.owner = replace(lease.owner, process_started="0")

    def events(self, kind: type) -> list[Recorded]:
        """Return the events of a kind, in order."""
        return [
            self.log.events[place]
            for place in sorted(self.log.events)
            if isinstance(self.log.events[place].event, kind)
        ]

    async def runs(self) -> list[RunState]:
        """Return the runs, newest first."""
        store: Store = MemoryStore(self.log)
        return await read_runs(store, "esco")
