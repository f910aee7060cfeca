"""Running a command's coroutine: signals, questions, and errors out of task groups.

The first SIGINT or SIGTERM asks the run to stop, the second ends the process at once.
"""

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar, TypeVarTuple, Unpack

import anyio
from anyio.abc import TaskStatus

from ingest.cli.exits import SIGNALLED
from ingest.cli.output import say
from ingest.progress import Display
from ingest.wording import printable
from journal.errors import JournalError, Stopped, leading
from journal.events import Recorded
from journal.state import RunState
from journal.step import StopSwitch

SIGNALS = (signal.SIGINT, signal.SIGTERM)
YES = ("y", "yes")

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def run(function: Callable[[Unpack[Arguments]], Awaitable[T]], *arguments: *Arguments) -> T:
    """Run the coroutine to its end; a `JournalError` comes out without the groups around it."""
    try:
        return anyio.run(function, *arguments)
    except BaseExceptionGroup as group:
        error = leading(group)
        if isinstance(error, JournalError):
            raise error from group
        raise


class Attended:
    """A load that people and signals can talk to: what its callbacks need, in one place."""

    def __init__(self, display: Display) -> None:
        self.stop = StopSwitch()
        self._display = display
        self._has_begun = False

    def recorded(self, recorded: Recorded, state: RunState) -> None:
        """Note that the run has begun: from now on it ends in its own time."""
        self._has_begun = True
        self._display.recorded(recorded, state)

    def confirm(self, question: str) -> bool:
        """Ask the person at the terminal."""
        self._display.close()
        return ask(question)

    async def run(self, load: Callable[[], Awaitable[T]]) -> T:
        """Return what `load` returns.

        Raises:
            Stopped: a signal came before the run had written anything.
        """
        results: list[T] = []
        try:
            async with anyio.create_task_group() as tasks:
                with anyio.CancelScope() as scope:
                    await tasks.start(self._note_signals, scope)
                    results.append(await load())
                tasks.cancel_scope.cancel()
        finally:
            self._display.close()
        if not results:
            raise Stopped(self.stop.signal or 0)
        return results[0]

    async def _note_signals(
        self, scope: anyio.CancelScope, *, task_status: TaskStatus[None]
    ) -> None:
        with anyio.open_signal_receiver(*SIGNALS) as signals:
            task_status.started()
            async for number in signals:
                if self.stop.signal is not None:
                    self._display.close()
                    os._exit(SIGNALLED + number)
                self.stop.set(number)
                if self._has_begun:
                    say("stopping once what is on its way is known; a second signal ends at once")
                else:
                    scope.cancel()  # nothing was written: there is nothing to bring to an end


def ask(question: str) -> bool:
    """Ask on the terminal; anything but "y" or "yes" is no.

    Raises:
        Stopped: a signal came instead of an answer.
    """
    with _signals_raise():  # before the question shows: an answer may be a Ctrl-C at once
        sys.stderr.write(f"{printable(question)} [y/N] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
    return answer.strip().lower() in YES


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let signals interrupt a blocking read; the event loop, which waits too, can not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
            signal.siginterrupt(number, False)  # as the event loop had set it
