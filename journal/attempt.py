"""One call's attempts: each decides by the log, does the steps, and writes how it ended.

Every attempt writes under an epoch of its own; how it ends is written last, when no request
of it can still be on its way. Knows nothing of how a lease is won.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import anyio

from journal.clock import Clock
from journal.errors import (
    JournalError,
    LeaseExpired,
    LeaseLost,
    Stopped,
    StoreUnavailable,
    leading,
)
from journal.events import (
    Completed,
    Failed,
    Interrupted,
    Owner,
    Recorded,
    Started,
    StepCompleted,
    StepStarted,
)
from journal.fencing import cuts_for
from journal.lease import Lease
from journal.log import read_run
from journal.plan import Choice, Pipeline, Promised, Step, StepResult, check_resumable
from journal.recorder import Listener, Recorder
from journal.state import RunState, Status, fold, unsettled
from journal.step import Progress, Requests, StepRun, StopSwitch
from journal.store import Store
from journal.supervision import guarded, stop_after_grace, unless_stopped, waiting_for_store

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 10.0
# Before another attempt when a store or target fell silent: doubled each time none comes farther.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
CANCELLED_SIGNAL = 0  # the surrounding program cancelled the run; no signal came


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Times, in seconds. Requests are shorter than the lease, or none could ever begin."""

    ttl_seconds: float = 30.0
    longest_request_seconds: float = 15.0

    @property
    def request_seconds(self) -> float:
        """The time-out of one request: at most half of the TTL."""
        return min(self.longest_request_seconds, self.ttl_seconds / 2)


class Engine:
    """One call's attempts: usually one, more if its lease expires uncontested."""

    def __init__(
        self,
        given: Pipeline | Promised,
        store: Store,
        settings: Settings,
        clock: Clock,
        choose: Callable[[RunState], Choice],
        stop: StopSwitch,
        listener: Listener | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._given = given
        self._store = store
        self._settings = settings
        self._clock = clock
        self._choose = choose
        self._stop = stop
        self._listener = listener
        self._on_progress = on_progress
        # Of all attempts: what one of them gave up may land while the next is at work.
        self._requests = Requests(clock)
        self._pipeline: Pipeline  # from the first attempt that has work on
        self._run_id = ""
        self._before = RunState()  # what our first attempt found
        self._written_epoch = 0
        self._fruitless_since: float | None = None
        self._failure: Exception | None = None
        self._reached = (0, 0)  # steps done, settled of the next one: how far the attempts came
        self._stuck_at: tuple[int, int] | None = None  # and where they came no farther
        self._stuck_since = 0.0
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._began_at = clock.elapsed()
        self.chosen: Choice | None = None

    def check_goes_on(
        self, lease: Lease, expiry: LeaseExpired | StoreUnavailable, *, wait_seconds: float
    ) -> None:
        """Raise if another attempt after an expired lease would be in vain.

        Raises:
            Exception: what had ended the attempt already, when its last words found no way out.
            StoreUnavailable: two leases in a row, the store took no event of ours.
        """
        if self._failure is not None:
            raise self._failure
        now = self._clock.elapsed()
        if self._written_epoch == lease.epoch:
            self._fruitless_since = None
        elif self._fruitless_since is None:
            self._fruitless_since = now
        elif now - self._fruitless_since >= wait_seconds:
            raise StoreUnavailable(
                f"{self._store.url} grants leases and takes no event; see its log, then resume"
            ) from expiry

    async def pause_after(
        self, error: StoreUnavailable, *, wait_seconds: float, on_wait: Callable[[str], None]
    ) -> None:
        """Wait before another attempt after one that met no answer.

        `wait_seconds` bounds the time in which no attempt comes any farther. Who waits for less
        than a lease makes no other attempt: its own lease might be in the way.

        Raises:
            StoreUnavailable: the error, where another attempt would be in vain.
            Stopped: a stop was asked for.
        """
        now = self._clock.elapsed()
        if self._stuck_at != self._reached:
            self._stuck_at, self._stuck_since = self._reached, now
            self._pause_seconds = FIRST_PAUSE_SECONDS
        else:
            self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        left_seconds = self._stuck_since + wait_seconds - now
        if left_seconds < self._settings.ttl_seconds + self._pause_seconds:
            raise error
        on_wait(str(error))
        await unless_stopped(self._stop, partial(anyio.sleep, self._pause_seconds))

    def _decide(self, before: RunState, owner: Owner) -> Choice:
        """Choose by the log; after an expired lease go on with what we had begun.

        Raises:
            LeaseLost: meanwhile another process went on with it, or began a run of its own.
        """
        if self.chosen is None:
            return self._choose(before)
        if _place(before) == _place(self._before):
            return self.chosen  # our `started` never landed
        if before.run_id != self._run_id:
            raise LeaseLost(
                f"{self._given.name}: run {before.run_id} of another process replaced ours"
            )
        if before.owner is not None and before.owner.id != owner.id:
            raise LeaseLost(
                f"{self._given.name}: another process went on with run {before.run_id};"
                f" it is {before.status}"
            )
        # Ours; if it is completed, only the answer to our last event was lost.
        return Choice.SKIP if before.status is Status.COMPLETED else Choice.RESUME

    async def attempt(self, lease: Lease) -> tuple[Choice, RunState]:
        """Decide by the log and, if there is work, do it under `lease`."""
        older = await waiting_for_store(
            partial(read_run, self._store, self._given.name, below=lease.epoch),
            self._clock,
            self._settings.ttl_seconds,  # if need be until the lease runs out
            log.info,
        )
        before = fold(older)
        try:
            choice = self._decide(before, lease.owner)
            if choice is not Choice.SKIP:
                self._pipeline = await self._promised()
            if choice is Choice.RESUME:
                check_resumable(before, self._pipeline)
        except Exception:
            await lease.release()
            raise
        if choice is Choice.SKIP:
            await lease.release()
            return choice, before
        resumes = choice is Choice.RESUME
        if self.chosen is None:
            self.chosen, self._before = choice, before
        self._run_id = before.run_id if resumes else self._run_id or self._clock.new_id()
        recorder = Recorder(
            self._store,
            lease,
            self._clock,
            before if resumes else RunState(),
            run_id=self._run_id,
            not_before=before,
            append_timeout_seconds=self._settings.request_seconds,
            listener=self._listener,
        )
        started = self._started(before, lease, older, resumes=resumes)
        await self._pipeline.own(lease.epoch)
        return choice, await self._perform(recorder, lease, started)

    async def _promised(self) -> Pipeline:
        if isinstance(self._given, Pipeline):
            return self._given
        return await unless_stopped(self._stop, self._given.pipeline)

    def _started(
        self, before: RunState, lease: Lease, older: list[Recorded], *, resumes: bool
    ) -> Started:
        pipeline = self._pipeline
        suspects = unsettled(before)
        return Started(
            source=pipeline.source,
            fingerprint=pipeline.fingerprint,
            steps=pipeline.step_names,
            window=pipeline.window,
            attempt=before.attempt + 1 if resumes else 1,
            owner=lease.owner,
            versions=pipeline.versions,
            attributes=pipeline.attributes,
            cuts=cuts_for(lease.epoch, older),
            suspects=suspects,
            trusted=before.trusted if resumes else self._is_trustworthy(before),
        )

    def _is_trustworthy(self, before: RunState) -> bool:
        """Whether a run that did just these steps completed: a reset, say, left nothing whole."""
        is_alike = before.steps == self._pipeline.step_names
        return before.status is Status.COMPLETED and is_alike

    async def _perform(self, recorder: Recorder, lease: Lease, started: Started) -> RunState:
        """Write `started`, do the steps, and write how it ended."""
        try:
            await recorder.record(started)
            self._written_epoch = lease.epoch
            await lease.drop_older()
            # Blank, a late write of the attempt before would undo what this one acknowledges.
            await self._requests.let_settle()
            await guarded(
                lambda: self._steps(recorder, lease),
                lambda: stop_after_grace(self._stop),
            )
            await self._requests.let_settle()
            return await recorder.record(_completed(recorder.state))
        except BaseException as error:  # cancellation too: it is recorded, then re-raised
            self._reached = (recorder.state.steps_done, recorder.state.settled)
            with anyio.move_on_after(LAST_WORDS_SECONDS, shield=True):
                if lease.is_over:
                    await self._cut_off()  # nothing of ours may follow the next's
                else:
                    if isinstance(error, Exception) and not isinstance(error, StoreUnavailable):
                        self._failure = error
                    await self._last_words(recorder, error)
            raise

    async def _steps(self, recorder: Recorder, lease: Lease) -> None:
        """Do every step that the log does not have as completed."""
        self._stop.check()
        for step in self._pipeline.steps[recorder.state.steps_done :]:
            run = StepRun(
                step.name,
                recorder,
                lease,
                self._clock,
                self._stop,
                self._requests,
                wide=frozenset(each.name for each in self._pipeline.steps if each.is_wide),
                age_started_at=self._began_at,
                on_progress=self._on_progress,
            )
            await _apply(step, run, recorder)
            self._stop.check()

    async def _last_words(self, recorder: Recorder, error: BaseException) -> None:
        """Record how the attempt ended, once nothing of it can be on its way."""
        if recorder.state.status is not Status.IN_PROGRESS or recorder.state.epoch == 0:
            return
        try:
            if self._requests.lost_at is not None:
                await self._cut_off()
                await self._requests.let_settle()
            await recorder.record(_ending(recorder.state, error))
        except JournalError as unrecorded:
            log.warning("the end of the attempt was not recorded: %s", unrecorded)

    async def _cut_off(self) -> None:
        """Close the data connections: only what is given up by now can still be on its way."""
        await self._pipeline.disconnect()
        if self._requests.lost_at is not None:
            self._requests.lose()


async def _apply(step: Step, run: StepRun, recorder: Recorder) -> None:
    """Run one step between its two events."""
    await recorder.record(StepStarted(step=step.name))
    try:
        result = await step.apply(run)
    except Exception as error:
        if isinstance(leading(error), Stopped):
            await run.checkpoint()
        raise
    result = result or StepResult()
    await recorder.record(
        StepCompleted(
            step=step.name,
            position=recorder.state.steps_done + 1,
            of=len(recorder.state.steps),
            counts=result.counts,
            relations=result.relations,
            dangling=result.dangling,
            digests=result.digests,
            summary=result.summary,
        )
    )


def _completed(state: RunState) -> Completed:
    """Return the last event; all it says is already in the log."""
    return Completed(
        totals=state.counts,
        relations=state.relations,
        dangling=state.dangling,
        digests=state.digests,
        summary=state.summary,
    )


def _ending(state: RunState, error: BaseException) -> Failed | Interrupted:
    error = leading(error)
    if isinstance(error, Stopped):
        return Interrupted(signal=error.signal)
    if not isinstance(error, Exception):
        return Interrupted(signal=CANCELLED_SIGNAL)
    # The text of a foreign exception may hold record content; only ours are written with care.
    message = str(error) if isinstance(error, JournalError) else "unexpected; see the log"
    return Failed(step=state.step, error=type(error).__name__, message=message)


def _place(state: RunState) -> tuple[str, int, int]:
    """Return what changes whenever anything was written."""
    return (state.run_id, state.epoch, state.seq)
