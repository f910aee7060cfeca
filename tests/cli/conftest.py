"""The command line, run in this process or in one of its own, and a journal for it to read."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from ingest.cli import main
from journal import open_store
from journal.clock import system_clock
from journal.events import Recorded
from journal.owner import this_process

ROOT = Path(__file__).parents[2]
CANARY = "canary-5d0c2e7f-api-key"
VARITY = (sys.executable, "-c", "from ingest.cli import main; main()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout; fails if there is anything else."""
        return orjson.loads(self.out)


Varity = Callable[..., Said]
Fill = Callable[[Sequence[Recorded]], None]


@pytest.fixture(autouse=True)
def own_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Every test has a folder, and so a default store, of its own, and no settings but a key.

    The key is a canary: whatever a test does, no output and no file may hold it afterwards.
    """
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("VARITY_", "WEAVIATE_")) or name in ("DOCKER_ENV", "NON_INTERACTIVE"):
            monkeypatch.delenv(name)
    if request.node.get_closest_marker("weaviate") is None:  # a server without keys refuses one
        monkeypatch.setenv("WEAVIATE_API_KEY", CANARY)
    yield
    for folder, _, names in os.walk(tmp_path):
        for file in (Path(folder) / name for name in names):
            if not file.is_symlink() and os.access(file, os.R_OK) and file.is_file():
                assert CANARY.encode() not in file.read_bytes(), f"{file} holds the API key"


@pytest.fixture
def varity(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Varity:
    """Run a command in this process, as a pipe sees it."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["varity-journal", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
            sys.exit(0)
        shown = capsysbinary.readouterr()
        assert CANARY.encode() not in shown.out + shown.err, "the API key was shown"
        code = ended.value.code
        return Said(
            code=code if isinstance(code, int) else 0,
            out=shown.out.decode(),
            err=shown.err.decode(),
        )

    return call


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Put events into the default store, as processes would have that are gone by now."""
    ours = this_process(system_clock(), ttl_seconds=30.0)
    gone = replace(ours, id="gone", process_started="1")  # our pid, when another had it

    def filled(events: Sequence[Recorded]) -> None:
        async def append() -> None:
            async with open_store("sqlite:///varity.db") as store:
                await store.prepare()
                for recorded in events:
                    if recorded.seq == 1:
                        await store.create_lease("esco", recorded.epoch, gone)
                    await store.append(recorded)

        anyio.run(append)

    return filled


def environment(**extra: str) -> dict[str, str]:
    """Return an environment for a process of the test's own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "xterm", **extra}


def in_process(*arguments: str, **extra: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, without a terminal."""
    ended = subprocess.run(
        [*VARITY, *arguments],
        env=environment(**extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert CANARY.encode() not in ended.stdout + ended.stderr, "the API key was shown"
    return ended
