"""Getting a batch of objects settled: acknowledged or refused, each, whatever it takes.

Knows the target's port and the running step. An outcome that is unknown is neither success
nor failure: the object is written twice, blank and whole, until the target says.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio

from ingest.pace import Pace
from ingest.target import REFERS_TO_NOTHING, Outcome, Reply, Target, TargetObject, Verdict, blank
from journal import RejectedFact, StepRun, StoreUnavailable
from journal.clock import Clock

STALL_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

TOO_LARGE = Outcome(verdict=Verdict.REFUSED, reason="larger than a request may be")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One object on its way: `position` is its place in the step's order, `index` its number.

    `twice` says that its outcome in an earlier attempt is unknown. `line` and `file` name
    its row, for a rejection.
    """

    position: int
    index: int
    sent: TargetObject
    file: str
    line: int
    twice: bool = False


class Sender:
    """Sends for one step; `unsure` collects (class, index) of every unknown outcome."""

    def __init__(
        self,
        run: StepRun,
        target: Target,
        clock: Clock,
        pace: Pace,
        in_flight: anyio.CapacityLimiter,
        *,
        request_seconds: float,
        unsure: set[tuple[str, int]],
    ) -> None:
        self._run = run
        self._target = target
        self._clock = clock
        self._pace = pace
        self._in_flight = in_flight
        self._request_seconds = request_seconds
        self._unsure = unsure

    async def settle(self, parcels: Sequence[Parcel]) -> None:
        """Return when each object is acknowledged, or rejected and journaled as such.

        Raises:
            StoreUnavailable: nothing was acknowledged for `STALL_SECONDS`.
            LeaseLost, Stopped: the run must not go on.
        """
        pending = list(parcels)
        progressed_at = self._clock.elapsed()
        pause_seconds = FIRST_PAUSE_SECONDS
        while pending:
            before = len(pending)
            pending, reason = await self._round(pending)
            if len(pending) < before:
                progressed_at = self._clock.elapsed()
                pause_seconds = FIRST_PAUSE_SECONDS
            elif self._clock.elapsed() - progressed_at > STALL_SECONDS:
                way_out = "resume when it does"
                if REFERS_TO_NOTHING in reason:
                    way_out = "somebody removed that one: begin anew with --restart"
                raise StoreUnavailable(
                    f"step {self._run.name}: the target acknowledged nothing for"
                    f" {STALL_SECONDS:g} s ({reason}); {way_out}"
                )
            if pending:
                await anyio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def flush(self, written: Sequence[Parcel]) -> None:
        """Return when a kill of the server can take nothing back of what it acknowledged.

        Raises:
            StoreUnavailable: the target did not do it for `STALL_SECONDS`.
            LeaseLost, Stopped: the run must not go on.
        """
        objects = [parcel.sent for parcel in written]
        began_at = self._clock.elapsed()
        pause_seconds = FIRST_PAUSE_SECONDS
        while objects:
            reply = await self._request(
                partial(self._target.flush, objects, timeout_seconds=self._request_seconds)
            )
            if reply.too_large:
                objects = objects[: len(objects) // 2]
                continue
            unknown = [each for each in reply.outcomes if each.verdict is Verdict.UNKNOWN]
            if not unknown:
                return
            if self._clock.elapsed() - began_at > STALL_SECONDS:
                raise StoreUnavailable(
                    f"step {self._run.name}: the target did not write its indexes out for"
                    f" {STALL_SECONDS:g} s ({unknown[0].reason}); resume when it does"
                )
            await anyio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def create(self, parcel: Parcel) -> None:
        """Create the object unless its id exists; return when it surely does, or is rejected.

        Raises:
            StoreUnavailable: the target did not take it for `STALL_SECONDS`.
            LeaseLost, Stopped: the run must not go on.
        """
        began_at = self._clock.elapsed()
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            reply = await self._request(
                lambda: self._target.create(parcel.sent, timeout_seconds=self._request_seconds)
            )
            outcome = TOO_LARGE if reply.too_large else reply.outcomes[0]
            if outcome.verdict is Verdict.ACKNOWLEDGED:
                return
            if outcome.verdict is Verdict.REFUSED:
                await self._run.reject([_fact(parcel, outcome)])
                return
            if self._clock.elapsed() - began_at > STALL_SECONDS:
                raise StoreUnavailable(
                    f"step {self._run.name}: the target did not take {parcel.sent.uri} for"
                    f" {STALL_SECONDS:g} s ({outcome.reason}); resume when it does"
                )
            await anyio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _round(self, pending: Sequence[Parcel]) -> tuple[list[Parcel], str]:
        """Send each pending object once, blank first where need be; return what is left."""
        tears = self._target.tears
        doubtful = [parcel for parcel in pending if parcel.twice and tears]
        ready = [parcel for parcel in pending if not (parcel.twice and tears)]
        left: list[Parcel] = []
        reason = ""
        if doubtful:
            # Between blank and whole, a late write of the whole one would make that an equal one.
            await self._run.let_settle()
            blanks = await self._upsert([blank(parcel.sent) for parcel in doubtful])
            for parcel, outcome in zip(doubtful, blanks, strict=True):
                if outcome.verdict is Verdict.ACKNOWLEDGED:
                    ready.append(parcel)
                elif outcome.verdict is Verdict.REFUSED:
                    await self._run.reject([_fact(parcel, outcome)])
                else:
                    left.append(parcel)
                    reason = outcome.reason
        outcomes = await self._upsert([parcel.sent for parcel in ready]) if ready else ()
        refused: list[RejectedFact] = []
        for parcel, outcome in zip(ready, outcomes, strict=True):
            match outcome.verdict:
                case Verdict.REFUSED:
                    refused.append(_fact(parcel, outcome))
                case Verdict.UNKNOWN:
                    self._unsure.add((parcel.sent.class_name, parcel.index))
                    left.append(replace(parcel, twice=True))
                    reason = outcome.reason
        if refused:
            await self._run.reject(refused)
        return left, reason

    async def _upsert(self, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        """Send one batch; one that is too large is cut until it fits, or is one object."""
        reply = await self._request(
            lambda: self._target.upsert(objects, timeout_seconds=self._request_seconds)
        )
        if not reply.too_large:
            return reply.outcomes
        if len(objects) == 1:
            return (TOO_LARGE,)
        half = len(objects) // 2
        return (*await self._upsert(objects[:half]), *await self._upsert(objects[half:]))

    async def _request(self, send: Callable[[], Awaitable[Reply]]) -> Reply:
        async with self._in_flight, self._run.request(self._request_seconds):
            began_at = self._clock.elapsed()
            reply = await send()
        if reply.lost:
            self._run.lose()
        if reply.pushback:
            self._pace.pushed_back()
        elif not reply.too_large:
            self._pace.answered(self._clock.elapsed() - began_at)
        self._in_flight.total_tokens = self._pace.in_flight
        return reply


def _fact(parcel: Parcel, outcome: Outcome) -> RejectedFact:
    return RejectedFact(
        file=parcel.file,
        line=parcel.line,
        key=parcel.sent.uri,
        reason=f"refused by the target: {outcome.reason}",
    )
