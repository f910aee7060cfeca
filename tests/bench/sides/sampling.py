"""Where the time goes: looks at every thread of this process, some hundred times a second.

A profile that hooks calls slows down what it measures, and sees one thread; this one sees the
worker threads too. A thread that waits is not counted.
"""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PERIOD_SECONDS = 0.004
ROWS = 15
OURS = ("journal", "ingest", "schemas")
# Innermost functions of a thread that waits for others.
WAITING = {
    ("threading.py", "wait"),
    ("threading.py", "run"),  # a thread of compiled code, such as the one that polls for gRPC
    ("selectors.py", "select"),
    ("queue.py", "get"),
    ("thread.py", "_worker"),
}


class Samples:
    """How often what was at work: `leaves` are functions, `ours` the module of ours it was for."""

    def __init__(self) -> None:
        self.leaves: Counter[str] = Counter()
        self.ours: Counter[str] = Counter()
        self.total = 0

    def take(self, frame: FrameType) -> None:
        """Count one thread's stack, innermost frame first."""
        code = frame.f_code
        if (Path(code.co_filename).name, code.co_name) in WAITING:
            return
        self.total += 1
        self.leaves[_name(frame)] += 1
        walked: FrameType | None = frame
        while walked is not None:
            if (module := _module(walked)).partition(".")[0] in OURS:
                self.ours[f"{module}.{walked.f_code.co_name}"] += 1
                return
            walked = walked.f_back
        self.ours["(none of ours)"] += 1

    def table(self) -> dict[str, list[list[object]]]:
        """Return shares of the samples, largest first: [name, share]."""
        return {"leaves": self._shares(self.leaves), "ours": self._shares(self.ours)}

    def _shares(self, counted: Counter[str]) -> list[list[object]]:
        total = max(1, self.total)
        return [[name, round(count / total, 4)] for name, count in counted.most_common(ROWS)]


@contextmanager
def sampled() -> Iterator[Samples]:
    """Yield the samples that are taken until the end."""
    samples, over = Samples(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(samples, over), name="sampling")
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def _watch(samples: Samples, over: threading.Event) -> None:
    itself = threading.get_ident()
    while not over.wait(PERIOD_SECONDS):
        for ident, frame in sys._current_frames().items():
            if ident != itself:
                samples.take(frame)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _name(frame: FrameType) -> str:
    return f"{_module(frame)}.{frame.f_code.co_name}"
