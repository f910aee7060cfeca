"""A real Weaviate server for the tests, and where it comes from.

Starts, kills and wipes through `scripts/weaviate`; knows nothing of what is tested.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

SCRIPT = Path(__file__).parent.parent / "scripts" / "weaviate"
NOT_TO_BE_HAD = 3  # its exit code where no server can be had on this machine
WIPE_SECONDS = 60


class Weaviate:
    """A server that tests may wipe: one they started, or one that the environment names."""

    def __init__(self, url: str, grpc_port: int) -> None:
        self.url = url
        self.grpc_port = grpc_port

    @property
    def port(self) -> int:
        """The REST port on the host of `url`."""
        return int(httpx.URL(self.url).port or 80)

    @property
    def host(self) -> str:
        """The host of `url`."""
        return httpx.URL(self.url).host

    def classes(self) -> list[str]:
        """Return the names of all classes."""
        schema = httpx.get(f"{self.url}/v1/schema", timeout=WIPE_SECONDS).raise_for_status().json()
        return [found["class"] for found in schema["classes"]]

    def wipe(self) -> None:
        """Delete every class."""
        with httpx.Client(base_url=self.url, timeout=WIPE_SECONDS) as client:
            for name in self.classes():
                client.delete(f"/v1/schema/{name}").raise_for_status()


class WeaviateServer(Weaviate):
    """A server of our own in the folder `data`, that may be killed and started again there.

    A restart keeps the data, the addresses and the settings (`env`, the server's own names).
    With several nodes `url` and `grpc_port` are the first one's; `urls` has them all.
    """

    def __init__(self, data: Path, *, nodes: int = 1, env: dict[str, str] | None = None) -> None:
        self._data = data
        self._nodes = nodes
        self._env = env or {}
        self._found: list[dict[str, Any]] = []
        self.start()
        super().__init__(self.urls[0], self._found[0]["grpc_port"])

    @property
    def urls(self) -> list[str]:
        """The REST address of every node."""
        return [str(node["url"]) for node in self._found]

    @property
    def grpc_ports(self) -> list[int]:
        """The gRPC port of every node."""
        return [int(node["grpc_port"]) for node in self._found]

    @property
    def pid(self) -> int:
        """The first node's process."""
        return int(self._found[0]["pid"])

    @property
    def log(self) -> Path:
        """The first node's log."""
        return Path(self._found[0]["log"])

    def start(self) -> None:
        """Start the nodes that do not run, and return when they are ready."""
        settings = [f"{key}={value}" for key, value in self._env.items()]
        env = ["--env", *settings] if settings else []
        self._found = json.loads(self._run("start", "--nodes", str(self._nodes), *env))["nodes"]

    def kill(self, node: int | None = None) -> None:
        """Send SIGKILL to every node, or to one, and return when the process is gone."""
        self._run("kill", *_only(node))

    def stop(self, node: int | None = None) -> None:
        """End every node cleanly, or one."""
        self._run("stop", *_only(node))

    def restart(self) -> None:
        """Kill -9, then start again on the same data."""
        self.kill()
        self.start()

    def _run(self, command: str, *arguments: str) -> str:
        done = _script(command, "--data", str(self._data), *arguments)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/weaviate {command}: {done.stderr}")
        return done.stdout


def named_server() -> Weaviate | None:
    """Return the server that VARITY_TEST_WEAVIATE_URL gives to the tests, to be wiped by them."""
    url = os.environ.get("VARITY_TEST_WEAVIATE_URL")
    if not url:
        return None
    return Weaviate(url.rstrip("/"), int(os.environ["VARITY_TEST_WEAVIATE_GRPC_PORT"]))


def why_none() -> str:
    """Return why no server can be started here, "" when one can. Builds it if need be."""
    done = subprocess.run(  # stderr stays the terminal's: a build takes minutes and says so
        [sys.executable, str(SCRIPT), "obtain"], stderr=None, stdout=subprocess.PIPE, check=False
    )
    if done.returncode not in (0, NOT_TO_BE_HAD):
        raise RuntimeError(f"scripts/weaviate obtain: exit code {done.returncode}")
    return "" if done.returncode == 0 else "scripts/weaviate found no Weaviate server"


def _script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _only(node: int | None) -> list[str]:
    return [] if node is None else ["--node", str(node)]
