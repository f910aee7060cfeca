"""What the scenarios share: the inputs, the records, the peers' interpreter. Made when needed.

Knows files and programs; nothing of servers or rounds.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from tests.bench import inputs
from tests.bench.scenario import Act, Place
from tests.bench.stage import CHECKOUT, run

PEERS = Path(__file__).with_name("peers.txt")
INSTALL_SECONDS = 3600


class Ground:
    """`source` is the folder of the real files; `is_quick` takes the small ones."""

    def __init__(self, folder: Path, source: Path, *, is_quick: bool) -> None:
        self.folder = folder
        self.is_quick = is_quick
        self.source = source

    def compile_bytecode(self) -> None:
        """Have the bytecode there that an installation has, so that no side makes it."""
        packages = ("journal", "ingest", "schemas", "tests/bench")
        _call([sys.executable, "-m", "compileall", "-q", *packages])

    @cached_property
    def data(self) -> Path:
        """The input."""
        if self.is_quick:
            return self.source / inputs.SMALL
        return inputs.write_whole(self.source, self.folder / "esco.zip")

    @cached_property
    def changed(self) -> Path:
        """The input with one percent changed."""
        return inputs.write_changed(self.data, self.folder / "changed.zip")

    @cached_property
    def records(self) -> Path:
        """The input as records and vectors; see `tests.bench.sides.records`."""
        out = self.folder / "records"
        command = python("tests.bench.sides.records", self.data, out)
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            act = Act(name="records", command=command, is_measured=False)
            run(act, Place(folder=Path(place)))
        return out

    @cached_property
    def peers(self) -> Path:
        """The interpreter that has the programs we are compared with, installed if need be."""
        wanted = hashlib.sha256(PEERS.read_bytes()).hexdigest()[:12]
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        place = cache / "varity-journal" / f"peers-{wanted}"
        interpreter = place / "bin" / "python"
        if not (place / "complete").exists():
            print("installing what we are compared with ...", file=sys.stderr, flush=True)
            _call([sys.executable, "-m", "venv", "--clear", str(place)])
            _call([str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(PEERS)])
            (place / "complete").touch()
        return interpreter


def python(module: str, *arguments: object) -> tuple[str, ...]:
    """Return the command that runs one of our programs."""
    return (sys.executable, "-m", module, *map(str, arguments))


def program(*arguments: object) -> tuple[str, ...]:
    """Return a command of the program as people have it."""
    return (str(Path(sys.executable).parent / "varity-journal"), *map(str, arguments))


def _call(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=CHECKOUT, timeout=INSTALL_SECONDS, stdout=sys.stderr)
