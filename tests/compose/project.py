"""One copy of the compose project: its own name, ports, volumes, data folder; the file as it is.

Knows how to ask what became of it: containers, journal, target, and the search service.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.compose.engine import Done, Engine, called

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
STAND_IN = Path(__file__).parent / "t2v.Dockerfile"
STAND_IN_CONTEXT = ROOT / "tests" / "embedders"
API_KEY = "key-of-the-drill"

LONG_SECONDS = 300.0  # everything on a slow machine; nothing is expected to take so long
LOOK_SECONDS = 0.5

FIRST_PORT, LAST_PORT = 20_000, 30_000
ASK = (
    "import sys, urllib.error as e, urllib.request as r\n"
    "try:\n"
    "    a = r.urlopen(sys.argv[1], timeout=20)\n"
    "except e.HTTPError as error:\n"
    "    a = error\n"
    "except OSError:\n"
    "    sys.exit()\n"
    "print(a.status); print(a.read().decode())\n"
)

Document = dict[str, Any]


class DrillFailed(Exception):
    """What had to happen did not, in a long time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container as `docker compose ps` shows it."""

    id: str
    service: str
    state: str
    health: str
    exit_code: int


class Project:
    """The compose project in a folder of its own, on `engine`."""

    def __init__(self, engine: Engine, folder: Path, name: str) -> None:
        self.engine = engine
        self.data = folder / "data"
        self._folder = folder
        self._name = name
        self._ports = _ports()
        for made in (self.data, folder / "logs"):
            made.mkdir(parents=True)
            made.chmod(0o755)
        (folder / ".env").write_text(
            f"WEAVIATE_API_KEY={API_KEY}\nWEAVIATE_HTTP_PORT={self._ports[0]}\n"
            f"WEAVIATE_GRPC_PORT={self._ports[1]}\nVARITY_SEARCH_PORT={self._ports[2]}\n"
        )

    # --- the engine ---------------------------------------------------------------------------

    def build(self) -> None:
        """Build the image as anybody would; where no image can be pulled, the stand-in too."""
        self.engine.docker("compose", "-f", str(COMPOSE_FILE), "build", "varity-init")
        if self.engine.is_made_here:
            services = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
            image = services["t2v-transformers"]["image"]
            self.engine.docker(
                "build", "-q", "-t", image, "-f", str(STAND_IN), str(STAND_IN_CONTEXT)
            )

    def compose(self, *arguments: str, check: bool = True) -> Done:
        """Run `docker compose` on this project."""
        return self.engine.docker(*self._compose(*arguments), check=check)

    def warnings(self, *options: str) -> str:
        """Return what `docker compose config` has to say about the file."""
        done = self.compose(*options, "config", "--quiet", check=False)
        return done.stdout + done.stderr

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Run it, and do not wait."""
        return self.engine.begin(*self._compose(*arguments))

    def clear(self) -> None:
        """Remove containers, network and volumes, and what lies in the data folder."""
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "30")
        for entry in self.data.iterdir():
            entry.unlink()

    def containers(self, service: str) -> list[Container]:
        """Return the service's containers, ended ones too."""
        said = self.compose("--profile", "*", "ps", "--all", "--format", "json", service).stdout
        rows = json.loads(said) if said.startswith("[") else map(json.loads, said.splitlines())
        return [
            Container(
                id=row["ID"],
                service=row["Service"],
                state=row["State"],
                health=row["Health"],
                exit_code=row["ExitCode"],
            )
            for row in rows
        ]

    def states(self, service: str) -> list[str]:
        """Return "running", "exited 0" and the like, one for each container."""
        return sorted(
            f"exited {one.exit_code}" if one.state == "exited" else one.state
            for one in self.containers(service)
        )

    def kill_process(self, service: str) -> None:
        """Kill -9 the service's process; unlike `docker kill` no order, so it is restarted."""
        [one] = self.containers(service)
        pid = self.engine.docker("inspect", "-f", "{{.State.Pid}}", one.id).stdout.strip()
        self.engine.docker(
            *("run", "--rm", "--pid", "host", "--network", "none", "python:3.12-slim"),
            *("python3", "-c", f"import os; os.kill({pid}, 9)"),
        )

    def restarts(self, service: str) -> int:
        """Return how often the engine has started the service's container again."""
        [one] = self.containers(service)
        counted = self.engine.docker("inspect", "-f", "{{.RestartCount}}", one.id).stdout
        return int(counted)

    def log(self, service: str) -> str:
        """Return what the service's containers said."""
        return self.compose("logs", "--no-log-prefix", service, check=False).stdout

    # --- what is in it ------------------------------------------------------------------------

    def put(self, source: Path) -> None:
        """Put a file into the data folder."""
        placed = self.data / source.name
        placed.write_bytes(source.read_bytes())
        placed.chmod(0o644)

    def status(self) -> Document:
        """Return `status --json`; also where the store does not answer."""
        document: Document = json.loads(self._varity("status", "--json", check=False).stdout)
        return document

    def events(self) -> list[Document]:
        """Return every event of every run."""
        return [json.loads(line) for line in self._varity("export", "--all").stdout.splitlines()]

    def digest(self) -> dict[str, str]:
        """Return by "Class/id" the digest of every object."""
        found: dict[str, str] = json.loads(self._ours("-m", "tests.compose.target_digest").stdout)
        return found

    def ask(self, path: str) -> tuple[int, str]:
        """Return the search service's answer, 0 and "" where nothing answers."""
        url = f"http://127.0.0.1:{self._ports[2]}{path}"
        status, _, body = self._ours("-c", ASK, url).stdout.partition("\n")
        return int(status or 0), body

    def _varity(self, *arguments: str, check: bool = True) -> Done:
        return self._ours("-c", "from ingest.cli import main; main()", *arguments, check=check)

    def _ours(self, *arguments: str, check: bool = True) -> Done:
        """Run our own Python, the checkout's, where the published ports are."""
        environment = {
            **self.engine.environment,
            "PYTHONPATH": str(ROOT),
            "VARITY_STORE": f"http://127.0.0.1:{self._ports[0]}",
            "WEAVIATE_GRPC_PORT": str(self._ports[1]),
            "WEAVIATE_API_KEY": API_KEY,
            "VARITY_WAIT": "60",
        }
        command = self.engine.reaching([sys.executable, *arguments])
        return called(command, environment, check=check)

    def _compose(self, *arguments: str) -> Sequence[str]:
        where = ("--project-directory", str(self._folder), "--file", str(COMPOSE_FILE))
        return ("compose", "--project-name", self._name, *where, *arguments)


def until(holds: Callable[[], bool], what: str, *, seconds: float = LONG_SECONDS) -> None:
    """Return once it holds.

    Raises:
        DrillFailed: it never did.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise DrillFailed(f"in {seconds:g} s never: {what}")
        time.sleep(LOOK_SECONDS)


def _ports() -> tuple[int, int, int]:
    """Return three ports in a row, drawn so that two drills at once hardly draw the same."""
    first = random.randrange(FIRST_PORT, LAST_PORT, 3)
    return first, first + 1, first + 2
