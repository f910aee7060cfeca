"""Requests on their way between processes and the server, and what becomes of them.

Knows the dice, not what is asked: a request is a function that the server applies, whole or cut
short. What is late is late by less than `SETTLE_SECONDS`, which is what the engine is told
to rely on: a dead sender's connections are closed.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, TypeVar

from journal.lease import SETTLE_SECONDS
from tests.simulation.dice import Dice, Fault
from tests.simulation.loop import PROCESS, Life, Process, settle

T = TypeVar("T")

LATEST_SECONDS = 0.75 * SETTLE_SECONDS
REFUSED_SECONDS = 0.01
SLOW_WHILE_PARTED = 0.5  # of the data that a process writes when the journal is out of reach
READS_HIT = 0.15  # most requests are reads, and a lost one only ends an attempt


class Unanswered(Exception):
    """The client got no answer. `is_lost`: the request may still be on its way."""

    def __init__(self, *, is_lost: bool) -> None:
        super().__init__("no answer")
        self.is_lost = is_lost


@dataclass(frozen=True, slots=True)
class Cut:
    """How far the server came: shares of the objects done, and of the rest stored unindexed.

    `by_server` says that the server itself was killed, which also tears filters.
    """

    done: float
    torn: float
    by_server: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that is not ready yet: `finish` is applied after `seconds`."""

    seconds: float
    finish: Callable[[], Any]


Apply = Callable[[Cut | None], Any]


class _Request:
    """One request in flight; `is_open` until the server has taken it or never will."""

    __slots__ = ("apply", "future", "is_journal", "is_open", "kind", "process", "reads")

    def __init__(
        self, process: Process | None, kind: str, apply: Apply, future: "asyncio.Future[Any]"
    ) -> None:
        self.process = process
        self.kind = kind
        self.apply = apply
        self.future = future
        self.is_open = True
        first = kind.partition(" ")[0]
        self.is_journal = first.isupper()  # a REST method; data go another way
        self.reads = first not in ("POST", "PUT", "DELETE", "upsert", "create", "flush", "drop")


class Network:
    """All connections. `latency` gives the seconds that the next request takes."""

    def __init__(
        self,
        dice: Dice,
        random: Random,
        trace: Callable[[str], None],
        *,
        typical_seconds: float = 0.05,
    ) -> None:
        self.is_up = True
        self.requests = 0
        self._dice = dice
        self._random = random
        self._trace = trace
        self._typical_seconds = typical_seconds
        self._world = Context()
        self._awaited: asyncio.Future[None] | None = None  # somebody waits for a write
        self._waiting: dict[_Request, None] = {}  # somebody waits for their answers
        self._undecided: dict[_Request, None] = {}  # the server may still take these
        self._parted_until: dict[Process, float] = {}
        self._refused: dict[Process, bool] = {}  # what is parted: at once, or never answered

    async def call(self, kind: str, apply: Callable[[Cut | None], T], seconds: float) -> T:
        """Send one request and return the server's answer within `seconds`.

        Raises:
            Unanswered: there was none.
        """
        process = PROCESS.get()
        if process is not None and process.life is Life.BURIED:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        self.requests += 1
        request = _Request(process, kind, apply, loop.create_future())
        self._send(request, seconds)
        try:
            answer: T = await request.future
        except asyncio.CancelledError:
            self._give_up(request)
            raise
        return answer

    def disconnect(self, process: Process, *, journal_too: bool) -> None:
        """Close the process's connections: what is open lands soon, in part, or never."""
        for request in [each for each in self._waiting if each.process is process]:
            if journal_too or not request.is_journal:
                self._give_up(request)
                self._fail(request, True)

    def part(self, process: Process, seconds: float) -> None:
        """Have none of its requests to the journal arrive for a while; its data do, many slowly.

        By turns they are refused at once, so that a lease that ran out is noticed early and the
        next attempt begins while the data of the last may be on their way, or get no answer.
        """
        self._parted_until[process] = asyncio.get_running_loop().time() + seconds
        self._refused[process] = self.requests % 2 == 0

    def landing(self, process: Process) -> list[str]:
        """Return the process's writes of data that may still be applied."""
        return [
            each.kind
            for each in self._undecided
            if each.process is process and not each.is_journal and not each.reads
        ]

    async def write_on_its_way(self, *, within_seconds: float) -> None:
        """Return when the next write of data has been sent and is half-way, or was not in time."""
        loop = asyncio.get_running_loop()
        self._awaited = loop.create_future()
        timer = loop.call_later(within_seconds, settle, self._awaited)
        await self._awaited
        self._awaited = None
        timer.cancel()
        await asyncio.sleep(self._random.uniform(0, self._typical_seconds))

    def go_down(self) -> None:
        """Kill the server: what it had in hand is done in part, or not at all."""
        for request in list(self._undecided):
            if self._random.random() < 0.5:
                cut = Cut(self._random.random(), self._random.random(), by_server=True)
                self._note_unheard(request, cut)
                answer = request.apply(cut)
                if isinstance(answer, Later):  # all its steps, before it dies
                    answer.finish()
            self._close(request)
        for request in list(self._waiting):
            self._after(self._random.uniform(0, 0.2), self._fail, request, True)
        self.is_up = False

    def come_up(self) -> None:
        """Start the server again."""
        self.is_up = True

    def _send(self, request: _Request, seconds: float) -> None:
        """Decide what becomes of the request; the answer, if any, comes within `seconds`."""
        name = request.process.name if request.process else "world"
        if not self.is_up:
            self._trace(f"{name} {request.kind}: refused, the server is down")
            self._after(REFUSED_SECONDS, self._fail, request, False)
            request.is_open = False
            return
        is_parted = request.is_journal and self._is_parted(request.process)
        if is_parted and request.process is not None and self._refused[request.process]:
            self._trace(f"{name} {request.kind}: refused")
            self._after(REFUSED_SECONDS, self._fail, request, False)
            request.is_open = False
            return
        if is_parted:
            self._trace(f"{name} {request.kind}: goes nowhere")
            self._waiting[request] = None
            request.is_open = False
            self._after(seconds, self._fail, request, True)
            return
        self._waiting[request] = self._undecided[request] = None
        if not request.is_journal and not request.reads:
            self._note_write(request.process)
        fault = None
        if self._random.random() < (READS_HIT if request.reads else 1.0):
            fault = next((kind for kind in _FATES if self._dice.fires(kind)), None)
        if fault is None and not request.reads and self._is_parted(request.process):
            fault = Fault.SLOW if self._random.random() < SLOW_WHILE_PARTED else None
        self._trace(f"{name} {request.kind}" + (f": {fault}" if fault else ""))
        travel = self._random.uniform(0.2, 2.0) * self._typical_seconds
        if fault is None:
            self._carry(request, travel, seconds)
        else:
            self._strike(request, fault, travel, seconds)

    def _is_parted(self, process: Process | None) -> bool:
        if process is None:
            return False
        return asyncio.get_running_loop().time() < self._parted_until.get(process, 0.0)

    def _note_write(self, process: Process | None) -> None:
        """Some wait for a write to be on its way, and some die then."""
        if self._awaited is not None:
            settle(self._awaited)
        if process is not None:
            process.doomed_at_write -= 1
            if process.doomed_at_write == 0:
                self._after(self._random.uniform(0, self._typical_seconds), process.doom)

    def _carry(self, request: _Request, travel: float, seconds: float) -> None:
        """Apply and answer it, unless that takes too long."""
        if travel < seconds:
            self._after(travel, self._take, request)
        else:
            self._after(seconds, self._expire, request)

    def _strike(self, request: _Request, fault: Fault, travel: float, seconds: float) -> None:
        """Let something go wrong with the request."""
        dice = self._dice
        gives_up = seconds
        if dice.whole(fault, 0, 1):  # a broken connection, not a time-out
            gives_up = dice.between(fault, travel, min(seconds, 4 * travel))
        match fault:
            case Fault.SLOW:
                slow = dice.between(fault, 1, 1.3 * seconds)
                if dice.whole(fault, 0, 1):  # the way there is, or the way back
                    return self._carry(request, slow, seconds)
                self._after(travel, self._take_early, request, slow)
                gives_up = seconds
            case Fault.DUPLICATED:  # by something in between that saw no answer to the first
                again = travel + dice.between(fault, 0, LATEST_SECONDS)
                self._after(travel, self._repeat, request)
                return self._carry(request, again, seconds)
            case Fault.LOST:
                self._close(request)
            case Fault.UNACKNOWLEDGED:
                self._after(min(travel, gives_up), self._take_unheard, request, None)
            case Fault.CUT:
                self._after(min(travel, gives_up), self._take_unheard, request, _a_cut(dice))
            case Fault.LATE:
                late = gives_up + dice.between(fault, 0, LATEST_SECONDS)
                cut = _a_cut(dice) if dice.whole(fault, 0, 1) else None
                self._after(late, self._take_unheard, request, cut)
        return self._after(gives_up, self._fail, request, True)

    def _close(self, request: _Request) -> None:
        request.is_open = False
        self._undecided.pop(request, None)

    def _give_up(self, request: _Request) -> None:
        """The client is gone; the server may notice in the middle, or not at all."""
        if not request.is_open:
            return
        chance = self._random.random()
        self._waiting.pop(request, None)
        if chance < 0.4:
            self._close(request)
            return
        late = self._random.uniform(0, LATEST_SECONDS)
        cut = Cut(self._random.random(), self._random.random()) if chance < 0.8 else None
        self._after(late, self._take_unheard, request, cut)

    def _expire(self, request: _Request) -> None:
        self._give_up(request)
        self._fail(request, True)

    def _take(self, request: _Request) -> None:
        if request.is_open:
            self._close(request)
            self._do(request, None, partial(self._answer, request))

    def _take_early(self, request: _Request, seconds: float) -> None:
        """Do it now, and answer later; what it takes two steps for is not later for that."""
        if request.is_open:
            self._close(request)
            self._do(request, None, partial(self._after, seconds, self._answer_if_up, request))

    def _do(self, request: _Request, cut: Cut | None, then: Callable[[Any], None]) -> None:
        """Apply it, all of its steps, and hand the answer on; a killed server takes no step."""
        answer = request.apply(cut)
        if isinstance(answer, Later):
            self._after(answer.seconds, self._finish, answer.finish, then)
        else:
            then(answer)

    def _finish(self, finish: Callable[[], Any], then: Callable[[Any], None]) -> None:
        if self.is_up:
            then(finish())

    def _take_unheard(self, request: _Request, cut: Cut | None) -> None:
        if request.is_open and self.is_up:
            self._close(request)
            self._apply_unheard(request, cut)
        else:
            self._close(request)

    def _repeat(self, request: _Request) -> None:
        if self.is_up and request.is_open:
            self._apply_unheard(request, None)

    def _apply_unheard(self, request: _Request, cut: Cut | None) -> None:
        self._note_unheard(request, cut)
        self._do(request, cut, _unheard)

    def _note_unheard(self, request: _Request, cut: Cut | None) -> None:
        name = request.process.name if request.process else "world"
        self._trace(f"{name} {request.kind}: lands unheard{' in part' if cut else ''}")

    def _answer_if_up(self, request: _Request, answer: Any) -> None:
        if self.is_up:
            self._answer(request, answer)

    def _answer(self, request: _Request, answer: Any) -> None:
        self._waiting.pop(request, None)
        if not request.future.done():
            request.future.set_result(answer)

    def _fail(self, request: _Request, is_lost: bool) -> None:
        self._waiting.pop(request, None)
        if not request.future.done():
            request.future.set_exception(Unanswered(is_lost=is_lost))

    def _after(self, seconds: float, act: Callable[..., None], *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, act, *arguments, context=self._world)


_FATES = (
    Fault.LOST,
    Fault.UNACKNOWLEDGED,
    Fault.LATE,
    Fault.CUT,
    Fault.DUPLICATED,
    Fault.SLOW,
)


def _unheard(_: Any) -> None:
    """Nobody waits for this answer."""


def _a_cut(dice: Dice) -> Cut:
    return Cut(dice.between(Fault.CUT, 0, 1), dice.between(Fault.CUT, 0, 1))
