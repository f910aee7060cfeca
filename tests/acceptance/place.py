"""A store to load into, and the commands that work on it, each in a process of its own."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.settings import Settings
from tests.acceptance import hand_fold
from tests.acceptance.driver import READY
from tests.server import Weaviate

CHECKOUT = Path(__file__).parent.parent.parent
COMMAND_SECONDS = 240
LOOK_SECONDS = 0.001
KILLED = -signal.SIGKILL

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended: its exit code, its JSON document and what it told people."""

    code: int
    document: Document
    told: str

    @property
    def outcome(self) -> str:
        """What `ingest` says it did."""
        return str(self.document["outcome"])


class Command(subprocess.Popen[str]):
    """A command that runs."""

    def done(self) -> Done:
        """Wait for its end."""
        try:
            printed, told = self.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        document = json.loads(printed) if printed.strip() else {}
        return Done(code=self.returncode, document=document, told=told)

    def end(self) -> None:
        """Kill it if it still runs, and let go of its pipes; may be called at any time."""
        self.kill()
        with suppress(ValueError):  # its pipes were read to the end already
            self.communicate(timeout=COMMAND_SECONDS)

    def wake(self) -> None:
        """Let a process go on that stands still."""
        self.send_signal(signal.SIGCONT)

    def until_stopped(self) -> None:
        """Return when it stands still and whoever froze it is gone; a SIGSTOP must be on its way.

        `freezing` holds the file's lock until it has seen the process stand still: woken before
        that, the process would be waited for, and the file locked, for ever.
        """
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"ended with {status}"
        until(lambda: not _running_children(self.pid), what=f"who froze {self.pid} ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One store. The window is small, so that even the small data have many boundaries."""

    store: str
    server: Weaviate | None = None
    embedder: str = "hashing"
    window: int | None = 64
    ttl_seconds: float = 30.0
    prefix: str = ""

    @property
    def settings(self) -> Settings:
        """What opens the store from within the test."""
        plain = Settings(store=self.store, embedder=self.embedder, prefix=self.prefix)
        return replace(plain, grpc_port=self.server.grpc_port) if self.server else plain

    def start(
        self, *command: str, driven: Sequence[str] = (), within: Sequence[str] = ()
    ) -> Command:
        """Start a command; `driven` are the driver's own options, `within` what runs it all."""
        driver = [sys.executable, "-m", "tests.acceptance.driver"]
        arguments = [*within, *driver, *driven, "--", *command]
        return Command(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=self._environment(),
        )

    def ingest(self, data: Path | None = None, *options: str, at: str = "", code: int = 0) -> Done:
        """Ingest to the end, or to the moment `at`, which ends it; check the exit code."""
        named = () if data is None else (str(data),)
        done = self.start(
            "ingest", *named, "--json", *options, driven=("--at", at) if at else ()
        ).done()
        assert done.code == code, f"exit code {done.code}, {at or 'undisturbed'}: {done.told}"
        return done

    def ask(self, *command: str) -> Any:
        """Return what a command of the real program prints as JSON."""
        program = [str(Path(sys.executable).parent / "varity-journal"), *command, "--json"]
        done = subprocess.run(
            program,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=True,
        )
        return json.loads(done.stdout)

    def events(self) -> list[Document]:
        """Return the lines of all events, of all runs."""
        program = [str(Path(sys.executable).parent / "varity-journal"), "export", "--all"]
        done = subprocess.run(
            program,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check_status_by_hand(self) -> Document:
        """Fold the shuffled events by hand, hold it against the status, and return that."""
        lines, status = self.events(), self.ask("status")
        random.Random(len(lines)).shuffle(lines)
        folded = hand_fold.fold(lines)
        if folded["status"] == "in_progress":  # nobody runs while a test looks
            folded["status"] = "interrupted"
        assert folded == {key: status[key] for key in folded}
        return dict(status)

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("VARITY_", "WEAVIATE_"))
        }
        chosen = {
            "VARITY_STORE": self.store,
            "VARITY_EMBEDDER": self.embedder,
            "VARITY_PREFIX": self.prefix,
            "VARITY_LEASE_TTL": f"{self.ttl_seconds:g}",
            "WEAVIATE_GRPC_PORT": str(self.settings.grpc_port),
        }
        if self.window is not None:
            chosen["VARITY_WINDOW"] = str(self.window)
        return kept | chosen


def until(holds: Callable[[], bool], *, what: str) -> None:
    """Return when it holds; raise if it does not come to that."""
    ends_at = time.monotonic() + COMMAND_SECONDS
    while not holds():
        if time.monotonic() > ends_at:
            raise AssertionError(f"still not true: {what}")
        time.sleep(LOOK_SECONDS)


def _running_children(pid: int) -> list[int]:
    """Return the child processes that have not ended; a process that stands still reaps none."""
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    assert lists, "this kernel does not list a process's children"
    children = [int(child) for each in lists for child in each.split()]
    return [child for child in children if not _is_over(child)]


def _is_over(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def at_the_gate(commands: Sequence[Command]) -> None:
    """Let commands that wait at their gates go on, all at one moment."""
    for command in commands:
        assert command.stdout is not None
        if command.stdout.readline().strip() != READY:
            raise AssertionError(f"ended before the gate: {command.done().told}")
    for command in commands:
        assert command.stdin is not None
        command.stdin.close()
        command.stdin = None
