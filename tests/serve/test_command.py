"""`varity-journal serve` as a process: its address, its end, and what others do not pay for."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from ingest.serve.server import answering, listening, url_of
from ingest.settings import Settings
from ingest.wiring.serving import kept_open
from tests.serve.faults import disturbed_service

ROOT = Path(__file__).parents[2]
VARITY = (sys.executable, "-W", "error", "-c", "from ingest.cli import main; main()")


def environment(**extra: str) -> dict[str, str]:
    """Return an environment without settings of ours."""
    foreign = ("VARITY_", "WEAVIATE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


@contextmanager
def serving(
    folder: Path, *arguments: str, **extra: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `serve` in the folder; yield the URL that it announces, and the process."""
    process = subprocess.Popen(
        [*VARITY, "serve", *arguments],
        cwd=folder,
        env=environment(**extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            announced = process.stderr.readline()
            assert announced.startswith("varity-journal: serving sqlite:///varity.db at http://")
            yield announced.split()[-1], process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0_and_no_word(
    loaded: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    with serving(tmp_path, "--port", "0") as (url, process):
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url, timeout=60) as client:
            assert client.get("/search?q=secretly").status_code == 200
            process.send_signal(number)
            assert process.wait(60) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""  # no access log: what people search for is theirs


def test_the_address_can_come_from_the_environment(tmp_path: Path) -> None:
    with (
        serving(tmp_path, VARITY_HOST="localhost", VARITY_PORT="0") as (url, _),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        assert client.get("/health").json()["healthy"] is True
        assert client.get("/ready").status_code == 503
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_can_not_be_had_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _ended(tmp_path, "--port", str(port))
    assert ended.returncode == 2
    assert ended.stderr == (
        f"varity-journal: can not listen on 127.0.0.1 port {port} (Address already in use);"
        " choose another with --host or --port\n"
    )
    assert _ended(tmp_path, "--port", "70000").stderr == (
        "varity-journal: port must be 65535 or less, not 70000\n"
    )


def test_other_commands_do_not_import_the_server() -> None:
    program = (
        "import sys; import ingest.cli; import ingest.wiring;"
        " print([name for name in ('starlette', 'uvicorn', 'ingest.serve') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "[]\n"


async def test_an_answer_that_is_on_its_way_is_finished_before_the_end(loaded: Settings) -> None:
    is_asked, may_answer = anyio.Event(), anyio.Event()
    statuses: list[int] = []

    async def hold() -> None:
        is_asked.set()
        await may_answer.wait()

    async with kept_open(loaded) as backing, anyio.create_task_group() as tasks:
        with listening("127.0.0.1", 0) as listener:
            async with answering(disturbed_service(backing, hold), listener) as server:
                url = url_of(listener)

                async def ask() -> None:
                    async with httpx.AsyncClient(timeout=60) as client:
                        statuses.append((await client.get(f"{url}/search?q=a")).status_code)

                tasks.start_soon(ask)
                await is_asked.wait()
                server.should_exit = True
                while listener.fileno() != -1:  # the door is closed
                    await anyio.sleep(0.01)
                assert statuses == []
                may_answer.set()
    assert statuses == [200]


def _ended(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VARITY, "serve", *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
