"""Commands in processes of their own: signals, closed pipes, what a start imports."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import VARITY, Varity, environment, in_process
from tests.ingest.esco_builder import tiny, write_zip
from tests.server import Weaviate

HEAVY = ("weaviate", "wordllama", "numpy", "rich", "httpx", "pydantic")
# What reads the input, loads it, or is for other commands: not for a start that has nothing to do.
LOADERS = (
    "csv",
    "zipfile",
    "ingest.catalogue",
    "ingest.esco.tables",
    "ingest.loader",
    "ingest.sample",
    "ingest.wiring.diagnosing",
    "ingest.wiring.repairing",
)
SKIPS = ("--json", "--embedder", "hashing")

# A load that has begun and never ends, whatever it is told.
STUBBORN = """
import anyio
from ingest import wiring
from ingest.cli import main
from journal.state import RunState, evolve
from tests.cli.builders import history, started

async def ingest(settings, options, *, listener, **_):
    [recorded] = history(started())
    listener(recorded, evolve(RunState(), recorded))
    with anyio.CancelScope(shield=True):
        await anyio.sleep(600)

wiring.ingest = ingest
main()
"""

# A load that waits for something before it begins.
WAITING = """
import sys
import anyio
from ingest import wiring
from ingest.cli import main

async def ingest(settings, options, *, on_wait, **_):
    on_wait("another process")
    await anyio.sleep(600)

wiring.ingest = ingest
main()
"""


def begin(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def await_line(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"ended without saying {text!r}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_a_load_that_can_be_resumed(
    number: signal.Signals, code: int, varity: Varity
) -> None:
    varity("sample", "big.zip", "--concepts", "6000")
    load = begin(*VARITY, "ingest", "big.zip", "--embedder", "hashing")
    await_line(load, b"done: skill_groups")
    load.send_signal(number)
    _, said = load.communicate(timeout=60)
    assert load.returncode == code
    assert said.endswith(
        b"varity-journal: stopped by signal %d; resume with `varity-journal ingest --resume`\n"
        % number
    )
    assert varity("status", "--json").document["status"] == "interrupted"
    resumed = in_process("ingest", "--resume", "--embedder", "hashing", "--json")
    assert resumed.returncode == 0
    assert b'"outcome":"resumed"' in resumed.stdout


def test_a_second_signal_ends_at_once() -> None:
    load = begin(sys.executable, "-c", STUBBORN, "ingest")
    await_line(load, b"attempt 1")
    load.send_signal(signal.SIGINT)
    await_line(load, b"a second signal ends at once")
    load.send_signal(signal.SIGTERM)
    load.communicate(timeout=30)
    assert load.returncode == 143


def test_a_signal_before_the_run_has_begun_ends_it_there() -> None:
    load = begin(sys.executable, "-c", WAITING, "ingest")
    await_line(load, b"waiting: another process")
    load.send_signal(signal.SIGTERM)
    _, said = load.communicate(timeout=30)
    assert load.returncode == 143
    assert b"Traceback" not in said


@pytest.mark.usefixtures("own_folder")
def test_a_reader_that_went_away_ends_the_command_quietly(varity: Varity) -> None:
    assert in_process("ingest", "--embedder", "hashing").returncode == 0
    reader, writer = os.pipe()
    os.close(reader)
    export = subprocess.run(
        [*VARITY, "export"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (export.returncode, export.stderr) == (141, b"")


def test_an_encoding_that_lacks_a_character_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("")
    shown = in_process("replay", "run.jsonl", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stdout) == (0, b"sound: 0 events, 0 fenced, 0 legacy rows\n")


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--help",), ("yaml", "httpcore", *HEAVY)),
        (("status", "--json"), ("httpcore", *HEAVY)),
        (("history", "--json"), ("httpcore", *HEAVY)),
        (("status",), ("httpx", "httpcore", "weaviate", "wordllama", "numpy", "pydantic")),
        (("ingest", "data.zip", *SKIPS), ("httpcore", *LOADERS, *HEAVY)),
        (("init", "data.zip", *SKIPS), ("httpcore", *LOADERS, *HEAVY)),
    ],
)
def test_a_start_imports_nothing_heavy_that_it_does_not_need(
    arguments: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    write_zip(Path("data.zip"), tiny())
    assert in_process("ingest", "data.zip", "--embedder", "hashing").returncode == 0
    imported = imported_by(*arguments)
    assert "click" in imported
    assert sorted(imported & set(absent)) == []


@pytest.mark.weaviate
@pytest.mark.parametrize("command", ["ingest", "init"])
def test_a_start_on_weaviate_that_has_nothing_to_do_imports_one_small_http_library(
    command: str, clean_weaviate: Weaviate
) -> None:
    where = {
        "VARITY_STORE": clean_weaviate.url,
        "WEAVIATE_GRPC_PORT": str(clean_weaviate.grpc_port),
    }
    write_zip(Path("data.zip"), tiny())
    first = in_process("ingest", "data.zip", "--embedder", "hashing", **where)
    assert first.returncode == 0, first.stderr
    imported = imported_by(command, "data.zip", *SKIPS, **where)
    assert "httpcore" in imported
    assert sorted(imported & {*LOADERS, *HEAVY}) == []


def imported_by(*arguments: str, **extra: str) -> set[str]:
    """Return the modules that a command has imported when it ends well."""
    script = (
        "import sys\n"
        "from ingest.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    started = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment(**extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == 0
    return set(started.stderr.decode().splitlines()[-1].split())
