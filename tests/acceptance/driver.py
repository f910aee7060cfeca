"""The command `varity-journal`, with a signal sent to it at a chosen moment.

    python -m tests.acceptance.driver --at KILL:after:checkpoint:skills:2 -- ingest DATA

Everything but the moment is the product's own. `--trace FILE` notes when it owned what.
A moment is one of
    SIGNAL:before:EVENT[:STEP[:N]]  the N-th such event is not in the store yet
    SIGNAL:after:EVENT[:STEP[:N]]   it is, and nobody has been told
    SIGNAL:call:N[:MILLISECONDS]    the N-th call of the store or the target began so long ago
    SIGNAL:write:N[:MILLISECONDS]   the same, of the calls that write objects or drop classes
    SIGNAL:clock:MILLISECONDS       the command began so long ago, whatever it is doing
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ingest.cli import main
from ingest.target import Target
from journal import owner, runner
from journal.clock import Clock
from journal.codec import NAMES, event_name
from journal.events import Owner, Recorded
from journal.store import Store
from tests.acceptance.trace import Tracer

READY = "ready"
WRITES = ("upsert", "create", "drop")
READS = ("read", "filtered", "nearest", "found_by_vector")

COUNTED = ("call", "write")
CLOCK = "clock"

Method = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to send which signal to this process. `step` "" means any step."""

    signal: signal.Signals
    when: str
    event: str = ""
    step: str = ""
    number: int = 1
    delay_seconds: float = 0.0


def moment(text: str) -> Moment:
    """Return the moment that `text` names."""
    name, when, *rest = text.split(":")
    number = signal.Signals[f"SIG{name}"]
    if when == CLOCK:
        return Moment(signal=number, when=when, delay_seconds=int(rest[0]) / 1000)
    if when in COUNTED:
        delay_seconds = int(rest[1]) / 1000 if len(rest) > 1 else 0.0
        return Moment(signal=number, when=when, number=int(rest[0]), delay_seconds=delay_seconds)
    event, step, nth = [*rest, *("", "", "1")[len(rest) :]]
    if when not in ("before", "after") or event not in NAMES.values():
        raise ValueError(f"{text} is no moment")
    return Moment(signal=number, when=when, event=event, step=step, number=int(nth))


class Failpoint:
    """Counts what happens, and sends the signal when its moment has come."""

    def __init__(self, wanted: Moment) -> None:
        self._wanted = wanted
        self._seen = 0

    def install(self) -> None:
        """Stand between the program and its stores, for as long as the process lives."""
        store, target = adapters()
        patch.object(store, "append", self._around_append(store.append)).start()
        for name in WRITES + READS:
            patch.object(target, name, self._around_call(getattr(target, name))).start()

    def begin(self) -> None:
        """The command begins now."""
        if self._wanted.when == CLOCK:
            self._later()

    def _around_append(self, append: Method) -> Method:
        async def appended(store: object, recorded: Recorded) -> None:
            self._count("append")
            is_wanted = self._is_wanted(recorded)
            if is_wanted and self._wanted.when == "before":
                self._send()
            await append(store, recorded)
            if is_wanted and self._wanted.when == "after":
                self._send()

        return appended

    def _around_call(self, method: Method) -> Method:
        async def called(*arguments: Any, **options: Any) -> Any:
            self._count(method.__name__)
            return await method(*arguments, **options)

        return called

    def _is_wanted(self, recorded: Recorded) -> bool:
        wanted = self._wanted
        if wanted.when in COUNTED or event_name(recorded.event) != wanted.event:
            return False
        if wanted.step not in ("", getattr(recorded.event, "step", "")):
            return False
        self._seen += 1
        return self._seen == wanted.number

    def _count(self, name: str) -> None:
        if self._wanted.when not in COUNTED or (
            self._wanted.when == "write" and name not in WRITES
        ):
            return
        self._seen += 1
        if self._seen == self._wanted.number:
            self._later()

    def _later(self) -> None:
        timer = threading.Timer(self._wanted.delay_seconds, self._send)
        timer.daemon = True  # a command that is over before ends
        timer.start()

    def _send(self) -> None:
        _, is_file, path = os.environ["VARITY_STORE"].partition("sqlite:///")
        if is_file and self._wanted.signal is signal.SIGSTOP:
            freezing = [sys.executable, "-m", "tests.acceptance.freezing", path, str(os.getpid())]
            subprocess.run(freezing, check=True)
        else:
            os.kill(os.getpid(), self._wanted.signal)


def adapters() -> tuple[type[Store], type[Target]]:
    """Return those that the environment's store needs; importing the others takes a second."""
    if os.environ["VARITY_STORE"].startswith("sqlite:"):
        from ingest.targets.sqlite import SqliteTarget
        from journal.stores.sqlite import SqliteStore

        return SqliteStore, SqliteTarget
    from ingest.targets.weaviate import WeaviateTarget
    from journal.stores.weaviate import WeaviateStore

    return WeaviateStore, WeaviateTarget


def as_if_elsewhere() -> None:
    """Own leases as a process of another machine, whose end nobody here can see."""

    def foreign(clock: Clock, *, ttl_seconds: float) -> Owner:
        return replace(owner.this_process(clock, ttl_seconds=ttl_seconds), boot_id="elsewhere")

    patch.object(runner, "this_process", foreign).start()


def wait_at_the_gate() -> None:
    """Say that everything slow is done; go on when stdin ends, with all the others."""
    import ingest.esco_pipeline
    import ingest.wiring  # noqa: F401

    print(READY, flush=True)
    sys.stdin.read()


def run() -> None:
    """Do as the arguments say; the part behind "--" is the command's own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at", type=moment)
    parser.add_argument("--elsewhere", action="store_true")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--trace", type=Path)
    split = sys.argv.index("--")
    chosen = parser.parse_args(sys.argv[1:split])
    failpoint = Failpoint(chosen.at) if chosen.at is not None else None
    if failpoint is not None:
        failpoint.install()
    if chosen.trace is not None:
        Tracer(chosen.trace).install(*adapters())
    if chosen.elsewhere:
        as_if_elsewhere()
    if chosen.gate:
        wait_at_the_gate()
    if failpoint is not None:
        failpoint.begin()
    sys.argv = ["varity-journal", *sys.argv[split + 1 :]]
    main()


if __name__ == "__main__":
    run()
