"""Standard streams that are full or closed: nothing else suffers, and nobody sees a traceback."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import VARITY, environment
from tests.ingest.esco_builder import tiny, write_folder

STORE = "sqlite:///varity.db"
LOAD = "ingest data --embedder hashing"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the tiny input in it."""
    write_folder(tmp_path / "data", tiny())
    return tmp_path


def shell(place: Path, command: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command under a shell that redirects its streams."""
    words = f"{shlex.join(VARITY)} {command} {redirection}"
    return subprocess.run(
        ["sh", "-c", words],
        cwd=place,
        env=environment(VARITY_STORE=STORE),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def status(place: Path) -> str:
    """Return what the journal says."""
    return str(json.loads(shell(place, "status --json", "").stdout)["status"])


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_load_is_completed_whatever_becomes_of_its_words(place: Path, redirection: str) -> None:
    done = shell(place, LOAD, redirection)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert status(place) == "completed"


@pytest.mark.parametrize("command", [f"{LOAD} --json", LOAD])
def test_a_load_whose_result_can_not_be_written_says_so_and_is_completed(
    place: Path, command: str
) -> None:
    done = shell(place, command, ">/dev/full")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "varity-journal: the result can not be written to stdout (No space left on device);"
        " what was done is done: `varity-journal status` tells of it"
    )
    assert status(place) == "completed"


@pytest.mark.parametrize("command", ["status", "status --json", "history", "export"])
def test_what_can_not_be_written_is_one_sentence(place: Path, command: str) -> None:
    assert shell(place, LOAD, "").returncode == 0
    done = shell(place, command, ">/dev/full")
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert "No space left on device" in sentence


def test_a_closed_stream_is_not_what_is_opened_next(place: Path) -> None:
    """What would go to stdout goes nowhere, and not into the database."""
    assert shell(place, LOAD, ">&-").returncode == 0
    done = shell(place, "status", ">&- 2>&-")
    assert done.returncode == 0
    assert os.path.getsize(place / "varity.db") > 0
    assert status(place) == "completed"
