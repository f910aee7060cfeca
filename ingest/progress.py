"""How a load is going, on stderr: one moving line in a terminal, plain lines elsewhere.

Knows what the journal tells of a step, and nothing of how it is loaded. Nothing is written
to stdout, and nothing is decided here.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ingest.wording import duration, happening, plural, printable
from journal.codec import event_name
from journal.events import Recorded, Started, StepCompleted, StepStarted, is_terminal
from journal.state import RunState
from journal.step import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

INTERVAL_SECONDS = 10.0
PACE_SECONDS = 30.0  # over how long the rate is taken

Elapsed = Callable[[], float]


class Display(Protocol):
    """What is told while a command loads."""

    def progress(self, progress: Progress) -> None:
        """More records are settled."""
        ...

    def wait(self, reason: str) -> None:
        """Somebody or something must be waited for."""
        ...

    def recorded(self, recorded: Recorded, state: RunState) -> None:
        """An event was journaled."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was, for a question or for good. May be called twice."""
        ...


class Pace:
    """Objects a second over the last while, and the time left at that pace."""

    def __init__(self, elapsed: Elapsed) -> None:
        self._elapsed = elapsed
        self._seen: deque[tuple[float, int]] = deque()
        self._step = ""

    def observe(self, progress: Progress) -> float:
        """Return the objects a second; 0 until two readings of the step lie apart."""
        now = self._elapsed()
        if progress.step != self._step:
            self._step = progress.step
            self._seen.clear()
        self._seen.append((now, progress.settled))
        while len(self._seen) > 2 and self._seen[1][0] <= now - PACE_SECONDS:
            self._seen.popleft()
        began_at, began_with = self._seen[0]
        return (progress.settled - began_with) / (now - began_at) if now > began_at else 0.0


def seconds_left(progress: Progress, rate: float) -> float | None:
    """Return the time to the end of the step, None where nobody can tell."""
    if progress.total is None or rate <= 0:
        return None
    return max(0, progress.total - progress.settled) / rate


def progress_line(progress: Progress, rate: float) -> str:
    """Return "step 5 of 7 skills: 8,192 of 13,939, 1,024/s, 5.6s left, 2 rejected"."""
    of_total = f" of {progress.total:,}" if progress.total is not None else ""
    left = seconds_left(progress, rate)
    parts = [f"{progress.settled:,}{of_total}"]
    parts += [f"{rate:,.0f}/s"] if rate > 0 else []
    parts += [f"{duration(left)} left"] if left is not None else []
    parts += [f"{progress.rejected:,} rejected"] if progress.rejected else []
    where = f"step {progress.position} of {progress.of} {printable(progress.step)}"
    return f"{where}: {', '.join(parts)}"


class Lines:
    """Plain lines: at each step, and every ten seconds inside one."""

    def __init__(self, say: Callable[[str], None], elapsed: Elapsed) -> None:
        self._say = say
        self._elapsed = elapsed
        self._pace = Pace(elapsed)
        self._said_at = elapsed()
        self._last_wait = ""

    def progress(self, progress: Progress) -> None:
        """Say how far the step is, now and then."""
        rate = self._pace.observe(progress)
        if self._is_due():
            self._say(progress_line(progress, rate))

    def wait(self, reason: str) -> None:
        """Say what is waited for, once and then now and then."""
        if reason != self._last_wait or self._is_due():
            self._last_wait = reason
            self._said_at = self._elapsed()
            self._say(f"waiting: {printable(reason)}")

    def recorded(self, recorded: Recorded, state: RunState) -> None:
        """Say what begins and ends."""
        if line := announcement(recorded, state):
            self._said_at = self._elapsed()
            self._say(line)

    def close(self) -> None:
        """Do nothing: lines need no tidying up."""

    def _is_due(self) -> bool:
        if self._elapsed() - self._said_at < INTERVAL_SECONDS:
            return False
        self._said_at = self._elapsed()
        return True


class MovingLine:
    """One line in a terminal that moves, and a line that stays for each step done."""

    def __init__(self, elapsed: Elapsed) -> None:
        self._pace = Pace(elapsed)
        self._bar = _bar()
        self._task = self._bar.add_task("", total=None, rate="", left="", rejected="")

    def progress(self, progress: Progress) -> None:
        """Move the line."""
        self._bar.start()
        rate = self._pace.observe(progress)
        left = seconds_left(progress, rate)
        self._bar.update(
            self._task,
            description=f"{progress.position}/{progress.of} {printable(progress.step)}",
            completed=progress.settled,
            total=progress.total,
            rate=f"{rate:,.0f}/s" if rate > 0 else "",
            left=f"{duration(left)} left" if left is not None else "",
            rejected=f"{progress.rejected:,} rejected" if progress.rejected else "",
        )

    def wait(self, reason: str) -> None:
        """Say in the line what is waited for."""
        self._show(f"waiting: {printable(reason)}")

    def recorded(self, recorded: Recorded, state: RunState) -> None:
        """Leave a line for what begins and ends; name the step that begins in the moving one."""
        if isinstance(recorded.event, StepStarted):
            self._show(f"{state.steps_done + 1}/{len(state.steps)} {printable(state.step)}")
        elif line := announcement(recorded, state):
            self._bar.start()
            self._bar.console.print(line, markup=False, highlight=False)

    def close(self) -> None:
        """Take the line away and show the cursor again; what comes next brings it back."""
        self._bar.stop()

    def _show(self, description: str) -> None:
        self._bar.start()
        self._bar.update(
            self._task, description=description, completed=0, total=None, rate="", left=""
        )


def announcement(recorded: Recorded, state: RunState) -> str:
    """Return the line that an event is worth, "" for most."""
    event = recorded.event
    match event:
        case Started():
            resumed = f" goes on after {plural(state.steps_done, 'step')}" * (event.attempt > 1)
            return f"run {printable(recorded.run_id)}{resumed}: {happening(event)}"
        case StepCompleted():
            return f"done: {happening(event)}"
        case _ if is_terminal(event):
            return f"{event_name(event)}: {happening(event)}"
        case _:
            return ""


def open_display(say: Callable[[str], None]) -> Display:
    """Return what fits stderr: a moving line in a terminal, `say` elsewhere."""
    if sys.stderr.isatty():
        return MovingLine(time.monotonic)
    return Lines(say, time.monotonic)


def _bar() -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[rejected]}", style="red", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        redirect_stdout=False,
    )
