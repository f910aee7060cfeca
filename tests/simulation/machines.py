"""The machines that the processes of a seed run on: pids, start times, boot ids.

Stands in for what `journal.owner` asks the kernel, so that its own rules are run.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import journal.owner
from journal import RunState
from tests.simulation.loop import PROCESS, Life, Process

FIRST_PID = 2**22 + 1  # more than any kernel gives


class Incarnation(Process):
    """One process of ours: where it lives and how it ended. Pids are used again."""

    def __init__(self, name: str, host: str, pid: int) -> None:
        super().__init__(name)
        self.host = host
        self.pid = pid
        self.running = RunState()
        self.end = ""
        self.clock_offset = 0.0
        self.ids = 0
        self.task: asyncio.Task[Any] | None = None

    @property
    def is_there(self) -> bool:
        """Whether the kernel still knows it."""
        return self.life in (Life.RUNNING, Life.STOPPED) and not self.end


class Machines:
    """What the kernels say. `processes` are all that ever were, in the order of their starts."""

    def __init__(self) -> None:
        self.processes: list[Incarnation] = []

    def started(self, name: str, host: str) -> Incarnation:
        """Return a new process; it gets the lowest pid that is free on its host."""
        taken = {each.pid for each in self.processes if each.host == host and each.is_there}
        pid = next(pid for pid in count(FIRST_PID) if pid not in taken)
        process = Incarnation(name, host, pid)
        self.processes.append(process)
        return process

    @contextmanager
    def replacing_the_kernel(self) -> Iterator[None]:
        """Let `journal.owner` ask here."""
        names = ("os", "socket", "_boot_id", "_pid_namespace", "_start_time")
        kept = {name: getattr(journal.owner, name) for name in names}
        ours = (self, self, self.gethostname, lambda: "pid:[1]", self.start_time)
        try:
            for name, mine in zip(names, ours, strict=True):
                setattr(journal.owner, name, mine)
            yield
        finally:
            for name, theirs in kept.items():
                setattr(journal.owner, name, theirs)

    def getpid(self) -> int:
        """As `os` does."""
        return _asking().pid

    def gethostname(self) -> str:
        """As `socket` does; also the boot id."""
        return _asking().host

    def kill(self, pid: int, signal: int) -> None:
        """As `os` does; asks only."""
        if self._found(pid) is None:
            raise ProcessLookupError(pid)

    def start_time(self, pid: int) -> str:
        """Return what tells two processes of one pid apart, "" if it is not there."""
        found = self._found(pid)
        return found.name if found else ""

    def _found(self, pid: int) -> Incarnation | None:
        host = _asking().host
        for process in reversed(self.processes):
            if (process.host, process.pid) == (host, pid) and process.is_there:
                return process
        return None


def _asking() -> Incarnation:
    process = PROCESS.get()
    assert isinstance(process, Incarnation)
    return process
