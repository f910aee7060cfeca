"""`init`: what a service waits for. Load what is to be loaded, or wait for who does it.

Decides nothing about loading: that is `ingest`. Knows when to look again, and believes no one
but the journal: the end is always a look at it.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import anyio

from ingest.data_folder import data_in
from ingest.decision import ALREADY_COMPLETED, SKIPPED_EXISTING_DATA, WAITED
from ingest.records import InputError
from ingest.report import StatusReport
from ingest.settings import Settings
from ingest.wiring.ingesting import IngestOptions, IngestResult, ingest
from ingest.wiring.reading import read_status
from journal import (
    LeaseHeld,
    LeaseLost,
    Progress,
    Recorded,
    RunState,
    Status,
    StopSwitch,
    StoreUnavailable,
)
from journal.clock import system_clock
from journal.events import Checkpoint, StepCompleted
from journal.supervision import unless_stopped, waiting_for_store

LEAST_POLL_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0  # until a store that was lost in the middle is tried again

EXISTING_DATA = (
    "there are objects in the classes, but no journal says what they are, so nothing was loaded;"
    " write over them with `varity-journal ingest --force-reingest`, or drop them with"
    " `varity-journal reset`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """What one call of `init` was asked for. `data` may be a folder that holds the input."""

    data: str | None = None
    wait_seconds: float = 3600.0
    poll_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartResult:
    """What the journal said at the end, and what had been done. Not always "completed"."""

    outcome: str
    report: StatusReport
    message: str = ""

    @property
    def is_completed(self) -> bool:
        """Whether a service may start on it."""
        return self.report.status == Status.COMPLETED


async def start(
    settings: Settings,
    options: StartOptions,
    *,
    stop: StopSwitch | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    listener: Callable[[Recorded, RunState], None] | None = None,
) -> StartResult:
    """Return once the journal says completed, or nothing can be done without a decision.

    A store that does not answer and a process that is at work are waited for, no longer than
    `wait_seconds` since this process began or last journaled anything; what another process
    began is never touched while it lives.

    Raises:
        InputError: the input can not be used.
        LeaseHeld: another process was still at work at the end of the wait.
        JournalError: as `ingest`.
    """
    if not math.isfinite(options.poll_seconds) or options.poll_seconds < LEAST_POLL_SECONDS:
        raise InputError(f"poll must be {LEAST_POLL_SECONDS} or more, not {options.poll_seconds:g}")
    starter = _Starter(
        # What lies in the folder is the input; the folder itself would be none.
        replace(settings, data=None),
        options,
        data_in(options.data or settings.data),
        stop or StopSwitch(),
        on_wait or (lambda _: None),
    )

    def recorded(event: Recorded, state: RunState) -> None:
        if isinstance(event.event, Checkpoint | StepCompleted):
            starter.take_heart()
        if listener is not None:
            listener(event, state)

    return await starter.completed(
        partial(
            ingest,
            stop=starter.stop,
            on_progress=on_progress,
            on_wait=on_wait,
            listener=recorded,
        )
    )


class _Starter:
    """One call of `init`: its patience, and how often it looks."""

    def __init__(
        self,
        settings: Settings,
        options: StartOptions,
        data: str | None,
        stop: StopSwitch,
        on_wait: Callable[[str], None],
    ) -> None:
        self.stop = stop
        self._settings = settings
        self._options = options
        self._data = data
        self._on_wait = on_wait
        self._clock = system_clock()
        self._deadline = 0.0
        self.take_heart()

    def take_heart(self) -> None:
        """Count the wait anew: something was achieved."""
        self._deadline = self._clock.elapsed() + self._options.wait_seconds

    async def completed(self, load: Callable[..., Awaitable[IngestResult]]) -> StartResult:
        """Load or wait, until the journal says that it is done."""
        has_waited = False
        while True:
            report = await self._read()
            if report.status == Status.IN_PROGRESS and report.lease.held:
                has_waited = True
                await self._rest(report)
                continue
            try:
                result = await load(
                    self._settings,
                    IngestOptions(data=self._data, wait_seconds=self._seconds_left()),
                )
            except LeaseLost as error:  # another process goes on with the run: wait for that
                has_waited = True
                await self._pause(error)
                continue
            except StoreUnavailable as error:
                await self._pause(error)
                continue
            if result.outcome != ALREADY_COMPLETED or result.state != report.state:
                report = await self._read()  # else both looks saw the same: a third sees no more
            if result.outcome == SKIPPED_EXISTING_DATA:
                return StartResult(outcome=result.outcome, report=report, message=EXISTING_DATA)
            if report.status == Status.COMPLETED:
                waited = has_waited and result.outcome == ALREADY_COMPLETED
                return StartResult(
                    outcome=WAITED if waited else result.outcome,
                    report=report,
                    message=result.message,
                )

    async def _read(self) -> StatusReport:
        """Read the journal, as soon as the store answers."""
        return await waiting_for_store(
            partial(read_status, self._settings),
            self._clock,
            self._seconds_left(),
            self._on_wait,
            stop=self.stop,
        )

    async def _rest(self, report: StatusReport) -> None:
        """Leave the process at work alone for a while, no longer than its lease surely lives.

        Raises:
            LeaseHeld: there is no time left.
        """
        owner = report.state.owner
        who = f"{owner.host} (pid {owner.pid})" if owner else "another process"
        if self._seconds_left() <= 0:
            raise LeaseHeld(
                f"{self._settings.pipeline}: {who} is still at work after"
                f" {self._options.wait_seconds:g} s; wait longer with --wait SECONDS"
            )
        done = f"{report.state.steps_done} of {len(report.state.steps)} steps done"
        self._on_wait(f"{who} is at work, {done}")
        lives_seconds = self._settings.ttl_seconds - (report.lease.age_seconds or 0.0)
        await self._sleep(min(self._options.poll_seconds, max(LEAST_POLL_SECONDS, lives_seconds)))

    async def _pause(self, error: LeaseLost | StoreUnavailable) -> None:
        """Wait a little before the next look; raise `error` if there is no time for one."""
        if self._seconds_left() <= 0:
            raise error
        self._on_wait(str(error))
        await self._sleep(min(self._options.poll_seconds, LONGEST_RETRY_SECONDS))

    async def _sleep(self, seconds: float) -> None:
        await unless_stopped(self.stop, partial(anyio.sleep, min(seconds, self._seconds_left())))

    def _seconds_left(self) -> float:
        return max(0.0, self._deadline - self._clock.elapsed())
