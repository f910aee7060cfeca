"""Start a node's process, wait until it answers, end it: always the one that was started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from server.cluster import PASSED_ON, Node
from server.program import IMAGE

READY_SECONDS = 120
STOP_SECONDS = 30
PROBE_SECONDS = 2
LOG_LINES = 20


class StartFailed(Exception):
    """The server ended, or did not become ready; the message ends with its log's last lines."""


def launch(binary: Path | None, node: Node, env: dict[str, str]) -> None:
    """Start the node by the binary, or in a container where there is none."""
    Path(node.data).mkdir(exist_ok=True)
    node.container = None if binary else f"varity-weaviate-{node.ports['rest']}-{os.getpid()}"
    program = [str(binary)] if binary else _container(node, env)
    address = ["--scheme", "http", "--host", "127.0.0.1", "--port", str(node.ports["rest"])]
    with Path(node.log).open("ab") as log:
        process = subprocess.Popen(
            [*program, *address],
            env=env,
            cwd=node.data,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C meant for the tests must not reach the server
        )
    node.pid, node.start_time = process.pid, _start_time(process.pid)


def await_ready(node: Node) -> None:
    """Return when REST and gRPC answer.

    Raises:
        StartFailed: it ended, or took too long.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not (_answers(node.url) and _listens(node.grpc_port)):
        if not alive(node):
            raise StartFailed(f"The server ended while starting.\n{_tail(node.log)}")
        if time.monotonic() > deadline:
            raise StartFailed(f"Not ready after {READY_SECONDS} s.\n{_tail(node.log)}")
        time.sleep(0.1)


def finish(node: Node, how: signal.Signals) -> None:
    """Signal the node's process and return when it is gone; SIGKILL when it takes too long."""
    if not alive(node):
        return
    _signal(node, how)
    deadline = time.monotonic() + STOP_SECONDS
    while alive(node):
        if time.monotonic() > deadline:
            _signal(node, signal.SIGKILL)
        time.sleep(0.02)


def alive(node: Node) -> bool:
    """Tell whether the process that was started for the node runs, and not another of its pid."""
    return node.pid is not None and node.start_time == _start_time(node.pid)


def _container(node: Node, env: dict[str, str]) -> list[str]:
    """Return the command that runs the image as if it were the binary: same paths, same ports."""
    ours = [f"--env={key}={value}" for key, value in env.items() if key not in PASSED_ON]
    owner = f"{os.getuid()}:{os.getgid()}"
    place = ["--network", "host", "--user", owner, "--volume", f"{node.data}:{node.data}"]
    return ["docker", "run", "--rm", "--name", str(node.container), *place, *ours, IMAGE]


def _signal(node: Node, how: signal.Signals) -> None:
    if node.container and how is signal.SIGKILL:  # docker's client passes on every other signal
        subprocess.run(["docker", "kill", node.container], check=False, capture_output=True)
    elif node.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(node.pid, how)


def _start_time(pid: int) -> int | None:
    """Return when the process began, in clock ticks since boot; None if it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return None if state in "ZX" else int(fields[18])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v1/.well-known/ready", timeout=PROBE_SECONDS):
            return True  # another status than 200 raises
    except OSError:
        return False


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def _tail(log: str) -> str:
    lines = Path(log).read_text(errors="replace").splitlines()[-LOG_LINES:]
    return "\n".join([f"The end of {log}:", *lines])
