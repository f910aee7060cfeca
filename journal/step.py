"""What a running step sees: where to resume, what is suspect, and how to report.

Knows the recorder, the lease and the clock. It decides when a checkpoint is due, holds the
senders inside the window, and stops them when the run is asked to stop.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby, islice

import anyio

from journal.clock import Clock
from journal.errors import Stopped
from journal.events import (
    Checkpoint,
    Counts,
    Rejected,
    RejectedGroup,
    RejectedRecord,
)
from journal.lease import SETTLE_SECONDS, Lease
from journal.recorder import Recorder
from journal.state import RunState

CHECKPOINT_SECONDS = 2.0
CHECKPOINT_SHARE_OF_AGE = 0.01
REJECTED_PER_EVENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFact:
    """One record that can not be loaded, and why; `key` is its identity within the step."""

    file: str
    line: int
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a step is, for people: records settled of all, rejected so far in the run."""

    step: str
    position: int
    of: int
    settled: int
    total: int | None
    rejected: int


class StopSwitch:
    """Where a signal is noted; `signal` is None until one came."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._event = anyio.Event()

    def set(self, signal: int) -> None:
        """Ask the run to stop."""
        self.signal = self.signal or signal
        self._event.set()

    async def wait(self) -> None:
        """Return once a stop was asked for."""
        await self._event.wait()

    def check(self) -> None:
        """Raise if a stop was asked for.

        Raises:
            Stopped: it was.
        """
        if self.signal is not None:
            raise Stopped(self.signal)


class Requests:
    """Whether requests of this call got no answer, and when the last one was given up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lost_at: float | None = None

    def lose(self) -> None:
        """Note that a request was given up that may still be on its way."""
        self.lost_at = self._clock.elapsed()

    async def let_settle(self) -> None:
        """Return when no request that was given up can still be on its way."""
        if self.lost_at is not None:
            left_seconds = self.lost_at + SETTLE_SECONDS - self._clock.elapsed()
            await anyio.sleep(max(0.0, left_seconds))


class StepRun:
    """One step of one attempt, as its `apply` sees it."""

    def __init__(
        self,
        name: str,
        recorder: Recorder,
        lease: Lease,
        clock: Clock,
        stop: StopSwitch,
        requests: Requests,
        *,
        wide: frozenset[str] = frozenset(),
        age_started_at: float,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.name = name
        self.total: int | None = None  # set by the step once it knows, for the progress shown
        self._recorder = recorder
        self._lease = lease
        self._clock = clock
        self._stop = stop
        self._requests = requests
        self._wide = wide
        self._age_started_at = age_started_at
        self._on_progress = on_progress
        self._settled = self._checkpointed = recorder.state.settled
        self._counts: Counts = recorder.state.step_counts
        self._checkpoint_at = clock.elapsed()
        self._writing = anyio.Lock()
        self._moved = anyio.Event()
        self._rejected = {key for step, key in recorder.state.rejected if step == name}

    @property
    def settled(self) -> int:
        """How many records, in the step's order, are settled: where to go on."""
        return self._settled

    @property
    def counts(self) -> Counts:
        """The counts of the last checkpoint: objects acknowledged so far, by class."""
        return self._counts

    @property
    def state(self) -> RunState:
        """The run's state as the log has it."""
        return self._recorder.state

    @property
    def rejected(self) -> frozenset[str]:
        """The keys of this step's rejected records, of earlier attempts too."""
        return frozenset(self._rejected)

    @property
    def trusted(self) -> bool:
        """Whether equal content hashes in the target mean equal objects."""
        return self.state.trusted

    def is_suspect(self, position: int) -> bool:
        """Whether the record's outcome in an unfinished attempt is unknown: write it twice."""
        for suspect in self.state.suspects:
            if suspect.step in self._wide or suspect.step not in self.state.steps:
                return True  # nobody knows what it was writing
            if suspect.step != self.name:
                continue
            if suspect.fingerprint != self.state.fingerprint:
                return True
            if suspect.settled <= position < suspect.settled + suspect.window:
                return True
        return False

    @asynccontextmanager
    async def request(self, timeout_seconds: float) -> AsyncIterator[None]:
        """Begin one request to the target, which must end within `timeout_seconds`.

        Waits until the lease permits it. A request that ends in an exception is lost: it may
        still be on its way; call `lose` for one that the target says it gave up.

        Raises:
            Stopped: the run is to stop.
            LeaseLost: the lease is over.
        """
        self._stop.check()
        await self._lease.admit(timeout_seconds)
        self._stop.check()
        try:
            yield
        except BaseException:
            self._requests.lose()
            raise

    def lose(self) -> None:
        """Note that a request was given up and may still be on its way."""
        self._requests.lose()

    async def let_settle(self) -> None:
        """Return when no request that was given up can still be on its way.

        Whoever compares the target before that may compare what a late write changes yet.
        """
        await self._requests.let_settle()

    def check(self) -> None:
        """Raise if the run must not go on.

        Raises:
            Stopped: it is to stop.
            LeaseLost: the lease is over.
        """
        self._stop.check()
        self._lease.check()

    async def admit(self, position: int) -> None:
        """Wait until the record at `position` lies inside the window.

        Raises:
            Stopped: the run is to stop.
            LeaseLost: the lease is over.
        """
        while True:
            self.check()
            if position < self._checkpointed + self.state.window:
                return
            moved = self._moved
            if self._settled > self._checkpointed:
                await self._checkpoint()
            else:
                with anyio.move_on_after(1):
                    await moved.wait()

    async def settle(self, settled: int, counts: Counts | None = None) -> None:
        """Note that the first `settled` records are settled; a checkpoint follows when due."""
        if settled > self._settled:
            self._settled = settled
            self._counts = self._counts if counts is None else dict(counts)
            self._moved.set()
            self._moved = anyio.Event()
            self._show()
        if self._is_due():
            await self._checkpoint()

    async def checkpoint(self) -> None:
        """Write a checkpoint now if anything was settled since the last."""
        if self._settled > self._checkpointed:
            await self._checkpoint()

    async def reject(self, facts: Iterable[RejectedFact]) -> None:
        """Journal records as rejected; those that the log already has are passed over.

        Must return before the records are settled, and before anything that refers to them
        is sent.
        """
        new = {fact.key: fact for fact in facts if fact.key not in self._rejected}
        for groups in _grouped(new.values()):
            await self._recorder.record(Rejected(step=self.name, groups=groups))
        self._rejected |= new.keys()
        if new:
            self._show()

    def _is_due(self) -> bool:
        if self._settled <= self._checkpointed or self._writing.locked():
            return False
        now = self._clock.elapsed()
        least_seconds = max(
            CHECKPOINT_SECONDS, CHECKPOINT_SHARE_OF_AGE * (now - self._age_started_at)
        )
        return now - self._checkpoint_at >= least_seconds

    async def _checkpoint(self) -> None:
        async with self._writing:
            settled, counts = self._settled, self._counts
            if settled <= self._checkpointed:
                return
            await self._recorder.record(Checkpoint(step=self.name, settled=settled, counts=counts))
            self._checkpointed = settled
            self._checkpoint_at = self._clock.elapsed()
            self._moved.set()
            self._moved = anyio.Event()

    def _show(self) -> None:
        if self._on_progress is not None:
            self._on_progress(
                Progress(
                    step=self.name,
                    position=self.state.steps_done + 1,
                    of=len(self.state.steps),
                    settled=self._settled,
                    total=self.total,
                    rejected=len(self.state.rejected),
                )
            )


def _grouped(facts: Iterable[RejectedFact]) -> Iterator[tuple[RejectedGroup, ...]]:
    """Yield groups by file and reason, at most `REJECTED_PER_EVENT` records an event."""
    ordered = iter(sorted(facts, key=lambda fact: (fact.file, fact.reason, fact.line, fact.key)))
    while part := list(islice(ordered, REJECTED_PER_EVENT)):
        yield tuple(
            RejectedGroup(
                file=file,
                reason=reason,
                records=tuple(RejectedRecord(line=fact.line, key=fact.key) for fact in group),
            )
            for (file, reason), group in groupby(part, key=lambda fact: (fact.file, fact.reason))
        )
