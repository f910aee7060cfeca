"""A real container engine: the machine's own, or one that a script sets up where there is none.

Knows how to call it and how to reach the ports that it publishes; nothing of what runs there.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

SCRIPT_VARIABLE = "VARITY_DRILL_ENGINE"
FOLDER_VARIABLE = "VARITY_DRILL_FOLDER"
DEFAULT_FOLDER = Path("~/.cache/varity-journal/engine")
SERVER = Path(__file__).parents[2] / "scripts" / "weaviate"

SET_UP_SECONDS = 1200  # the first time it is made from packages
CALL_SECONDS = 600
ASKS_SECONDS = 20

Done = subprocess.CompletedProcess[str]


class NoEngine(Exception):
    """No engine can be had here."""


class Engine:
    """The machine's own engine. Its ports are this machine's, and nobody restarts it."""

    name = "the machine's own engine"
    is_made_here = False

    def __init__(self) -> None:
        self.environment = dict(os.environ)

    def docker(self, *arguments: str, check: bool = True) -> Done:
        """Call the client, and return what it printed."""
        return called(["docker", *arguments], self.environment, check=check)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Call the client and do not wait for it."""
        return subprocess.Popen(
            ["docker", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def reaching(self, command: Sequence[str]) -> list[str]:
        """Return the command as it must be called to reach published ports on loopback."""
        return list(command)

    def restart(self) -> None:
        """End the engine and every container at once, and start it again."""
        raise NotImplementedError

    def close(self) -> None:
        """End what was started here."""


class MadeEngine(Engine):
    """An engine of our own, in a network of its own; images stay in its folder."""

    is_made_here = True

    def __init__(self, script: Path, folder: Path) -> None:
        self._script = script
        self._folder = folder
        self._binary = self._server_binary()
        self.name = f"an engine made by {script.name}"
        self.restart()

    def restart(self) -> None:
        """As if the machine had lost its power: nothing is ended in order."""
        command = ["bash", str(self._script), "up", str(self._folder), self._binary]
        called(command, dict(os.environ), seconds=SET_UP_SECONDS)
        said = called(self._sourced("env", "-0"), dict(os.environ)).stdout
        self.environment = dict(line.split("=", 1) for line in said.split("\0") if "=" in line)

    def reaching(self, command: Sequence[str]) -> list[str]:
        """Step into the engine's network first."""
        return self._sourced("innet", *command)

    def close(self) -> None:
        """End the engine and all that runs in it."""
        called(["bash", str(self._script), "down", str(self._folder)], dict(os.environ))

    def _sourced(self, *command: str) -> list[str]:
        return ["bash", "-c", '. "$0/env.sh"; "$@"', str(self._folder), *command]

    def _server_binary(self) -> str:
        return called([str(SERVER), "binary"], dict(os.environ)).stdout.strip()


def open_engine() -> Engine:
    """Return the engine that the environment asks for, else the machine's own.

    Raises:
        NoEngine: there is none.
    """
    script = os.environ.get(SCRIPT_VARIABLE)
    if script:
        folder = Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER).expanduser()
        return MadeEngine(Path(script).resolve(), folder)
    reason = why_none()
    if reason:
        raise NoEngine(reason)
    return Engine()


def why_none() -> str:
    """Return why the drill can not run here, "" where it can. Starts nothing."""
    script = os.environ.get(SCRIPT_VARIABLE)
    if script:
        return "" if Path(script).is_file() else f"{SCRIPT_VARIABLE}={script} is not there"
    asked = ("docker", "info"), ("docker", "compose", "version")
    if shutil.which("docker") and all(_answers(command) for command in asked):
        return ""
    return f"no container engine with compose answers, and {SCRIPT_VARIABLE} names no script"


def called(
    command: Sequence[str],
    environment: dict[str, str],
    *,
    seconds: float = CALL_SECONDS,
    check: bool = True,
) -> Done:
    """Run a command to its end; with `check` raise `RuntimeError` on another code than 0."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise RuntimeError(f"{' '.join(command[:6])} ...: exit code {done.returncode}: {said}")
    return done


def _answers(command: Sequence[str]) -> bool:
    try:
        done = called(command, dict(os.environ), seconds=ASKS_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
