"""Runs one scenario in a fresh place and measures its acts. Knows nothing of what they are for."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.measurement import Measurement
from tests.bench.scenario import Act, Place, Scenario
from tests.server import WeaviateServer

CHECKOUT = Path(__file__).parents[2]
LAUNCH = Path(__file__).with_name("launch.py")
GRACE_SECONDS = 30
TOLD_CHARACTERS = 1500


class ActFailed(Exception):
    """An act ended otherwise than it must; the message ends with what it told."""


def play(scenario: Scenario, folder: Path, *, number: int) -> Iterator[Measurement]:
    """Play the acts in order and yield what each measured one took.

    Raises:
        ActFailed: one of them failed; those after it are not played.
    """
    with _place(folder, needs_server=scenario.needs_server) as place:
        for act in scenario.acts(place):
            load_before = os.getloadavg()[0]
            before = _server_cpu(place)
            used, said = run(act, place)
            if act.is_measured:
                yield Measurement(
                    part=scenario.part,
                    scenario=scenario.name,
                    act=act.name,
                    round=number,
                    load_before=load_before,
                    server_cpu_seconds=None if before is None else _since(before, place),
                    said=said,
                    **used,
                )


def run(act: Act, place: Place) -> tuple[dict[str, float], dict[str, Any]]:
    """Run the act to its end; return what it used and what it said.

    Raises:
        ActFailed: another exit code than the act's.
    """
    used_file, told_file = place.folder / "used.json", place.folder / "told.txt"
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(used_file), str(act.seconds)]
    with told_file.open("wb") as told:
        process = subprocess.Popen(
            [*launcher, *act.command],
            cwd=CHECKOUT,
            env=_environment(act.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
        )
        printed = _printed(process, seconds=act.seconds + GRACE_SECONDS)
    told_text = told_file.read_text(errors="replace")
    if process.returncode != 0:
        raise ActFailed(f"{act.name} could not be started: {told_text[-TOLD_CHARACTERS:]}")
    used = json.loads(used_file.read_text())
    code = used.pop("code")
    if code != act.code:
        raise ActFailed(f"{act.name} ended with {code}: {told_text[-TOLD_CHARACTERS:]}")
    document = _document(printed)
    if document.get("outcome", "") != act.outcome:
        raise ActFailed(f"{act.name}: {document.get('outcome')!r}, expected {act.outcome!r}")
    return used, _said(document, act.keeps)


def _printed(process: subprocess.Popen[bytes], *, seconds: int) -> str:
    """Wait for the launcher; if somebody interrupts that, it ends what it has launched."""
    try:
        printed, _ = process.communicate(timeout=seconds)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return printed.decode(errors="replace")


@contextmanager
def _place(folder: Path, *, needs_server: bool) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="place-", dir=folder) as fresh:
        path = Path(fresh)
        if not needs_server:
            yield Place(folder=path)
            return
        server = WeaviateServer(path / "weaviate")
        try:
            yield Place(folder=path, server=server)
        finally:
            server.kill()


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    """Return what a user would have: no settings of the caller, bytecode is kept."""
    left_out = ("VARITY_", "WEAVIATE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | dict(added)


def _document(printed: str) -> dict[str, Any]:
    """Return the JSON document that was printed, whole or as the last line; {} of nothing."""
    lines = printed.strip().splitlines()
    try:
        found = json.loads(printed or "{}")
    except ValueError:
        found = json.loads(lines[-1])
    return dict(found)


def _said(document: Mapping[str, Any], keeps: tuple[str, ...]) -> dict[str, Any]:
    """Return the document's numbers, and what `keeps` names."""
    return {
        name: value
        for name, value in document.items()
        if name in keeps or (isinstance(value, int | float) and not isinstance(value, bool))
    }


def _server_cpu(place: Place) -> float | None:
    """Return the seconds that the server has computed so far."""
    if place.server is None:
        return None
    fields = Path(f"/proc/{place.server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _since(before: float, place: Place) -> float:
    now = _server_cpu(place)
    return 0.0 if now is None else now - before
