"""An event loop that owns time and order, and processes in it that can be stopped and killed.

Never waits: when nothing is ready, the clock jumps to the next timer. What is ready at once runs
in an order that the seed decides. Each callback belongs to the process in whose context it
was made; one of a stopped or dead process is kept and not run, so that no `finally` of a dead
process reaches anybody.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from enum import Enum
from random import Random
from typing import Any

START_SECONDS = 1_000.0
CALLBACK_SECONDS = 1e-6  # nothing takes no time, so no two things happen at one instant
MOST_CALLBACKS = 150_000  # a seed takes 3,000, and hardly one of them 10,000


class Life(Enum):
    """What a process is up to. `BURIED`: dead, and only cleaned up after; it reaches nobody."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEAD = "dead"
    BURIED = "buried"


class Process:
    """What the loop knows of one process; `doom` is called at its callback number `doomed_at`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.life = Life.RUNNING
        self.callbacks = 0
        self.doomed_at = 0  # 0: never
        self.doomed_at_event = 0  # at its sending; 0: never
        self.doomed_at_write = 0  # shortly after the sending of one of data; 0: never
        self.doom: Callable[[], None] = lambda: None
        self.held: list[asyncio.Handle] = []

    def note_event(self) -> None:
        """Note that the process begins to write an event; that may be its end."""
        self.doomed_at_event -= 1
        if self.doomed_at_event == 0:
            self.doom()


PROCESS: ContextVar[Process | None] = ContextVar("PROCESS", default=None)


class _Task(asyncio.Task[Any]):
    """A task that knows its number: addresses order nothing here."""

    number: int


class SimulatedLoop(asyncio.BaseEventLoop):
    """Virtual time from `START_SECONDS`; `random` orders what is ready at once."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.now_seconds = START_SECONDS
        self.callbacks = 0
        self.accidents: list[str] = []
        self._random = random
        self._tasks = 0
        self._ready: Any
        self._scheduled: list[asyncio.TimerHandle]
        self.set_task_factory(self._numbered)
        self.set_exception_handler(self._note_accident)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.now_seconds

    def spawn(self, process: Process | None, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin `work` as a task of the process; None is the world itself."""
        context = Context()
        context.run(PROCESS.set, process)
        return self.create_task(work, context=context)

    def release(self, process: Process, life: Life) -> None:
        """Let what was kept of the process run."""
        process.life = life
        held, process.held = process.held, []
        self._ready.extend(held)

    def _numbered(self, loop: Any, work: Any, **more: Any) -> asyncio.Task[Any]:
        self._tasks += 1
        task = _Task(work, loop=self, **more)
        task.number = self._tasks
        return task

    def _note_accident(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.accidents.append(f"{context['message']}: {error!r}")

    def _run_once(self) -> None:
        """Run what is ready, or jump to the next timer."""
        batch = self._due()
        if len(batch) > 1:
            # Which task of a cancelled group is woken first hangs on addresses in memory.
            batch.sort(key=_number)
            self._random.shuffle(batch)
        for handle in batch:
            if handle._cancelled:
                continue
            self.callbacks += 1
            self.now_seconds += CALLBACK_SECONDS
            process = handle._context.get(PROCESS)  # type: ignore[attr-defined]
            if process is not None and not _may_run(process):
                process.held.append(handle)
            else:
                handle._run()
        if self.callbacks > MOST_CALLBACKS:
            self.callbacks = 0  # so that who cleans up after it has as many
            raise AssertionError("endless: too many callbacks")

    def _due(self) -> list[asyncio.Handle]:
        timers, ready = self._scheduled, self._ready
        while timers and timers[0]._cancelled:
            _taken(timers)
        if not ready:
            if not timers:
                raise AssertionError("deadlock: every task waits for another")
            self.now_seconds = max(self.now_seconds, timers[0]._when)  # type: ignore[attr-defined]
        while timers and timers[0]._when <= self.now_seconds:  # type: ignore[attr-defined]
            ready.append(_taken(timers))
        batch = list(ready)
        ready.clear()
        return batch

    def _process_events(self, event_list: Any) -> None:
        """Nothing: there are no files or sockets."""

    def _write_to_self(self) -> None:
        """Nothing: there are no threads."""


def settle(future: "asyncio.Future[None]") -> None:
    """Let whoever waits for the future go on; it may have been settled before."""
    if not future.done():
        future.set_result(None)


def _taken(timers: list[asyncio.TimerHandle]) -> asyncio.TimerHandle:
    """Return the next timer, as asyncio itself takes it: a later `cancel` counts nothing."""
    timer = heapq.heappop(timers)
    timer._scheduled = False  # type: ignore[attr-defined]
    return timer


def _number(handle: asyncio.Handle) -> int:
    owner = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    return owner.number if isinstance(owner, _Task) else 0


def _may_run(process: Process) -> bool:
    """Count the callback; the process may die right before it."""
    if process.life is Life.RUNNING:
        process.callbacks += 1
        if process.callbacks == process.doomed_at:
            process.doom()
    return process.life in (Life.RUNNING, Life.BURIED)
