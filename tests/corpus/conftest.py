"""The world that a case is arranged in: a folder, an environment, a journal, the command."""

import importlib
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.cli.conftest import Said, Varity, varity
from tests.corpus.case import SECRET
from tests.corpus.checks import journal
from tests.server import Weaviate

__all__ = ["varity"]

T = TypeVar("T")


class OneWorld:
    """`tests.corpus.case.World`, and the command line in it."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, stack: ExitStack, varity: Varity
    ) -> None:
        self.folder = folder
        self.names = {"FOLDER": str(folder)}
        self.mend: Callable[[], None] = lambda: None
        self.recorded: Callable[[], object] = lambda: journal(folder / "varity.db")
        self._monkeypatch = monkeypatch
        self._stack = stack
        self._varity = varity
        self.set("WEAVIATE_API_KEY", SECRET)
        self.set("COLUMNS", "200")

    def set(self, variable: str, value: str) -> None:
        """Set an environment variable."""
        self._monkeypatch.setitem(os.environ, variable, value)

    def change(self, where: str, value: object) -> None:
        """Set a module's constant."""
        module, _, name = where.rpartition(".")
        self._monkeypatch.setattr(importlib.import_module(module), name, value)

    def use(self, server: Weaviate) -> None:
        """Load into a real server, which has no keys."""
        self.names["URL"] = server.url
        self.set("WEAVIATE_URL", server.url)
        self.set("WEAVIATE_GRPC_PORT", str(server.grpc_port))
        self.set("WEAVIATE_API_KEY", "")
        self.recorded = lambda: sorted(server.classes())

    def open(self, context: AbstractContextManager[T]) -> T:
        """Enter a context until the case is over."""
        return self._stack.enter_context(context)

    def varity(self, command: str) -> None:
        """Run a command that must succeed."""
        said = self.run(command)
        assert said.code == 0, said

    def run(self, command: str | tuple[str, ...], *more: str) -> Said:
        """Run a command; {NAME} in it stands for what the world knows by that name."""
        words = shlex.split(command) if isinstance(command, str) else list(command)
        for name, value in self.names.items():
            words = [word.replace(f"{{{name}}}", value) for word in words]
        return self._varity(*words, *more)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, varity: Varity) -> Iterator[OneWorld]:
    """A folder and an environment without settings, but for a key that must show nowhere."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("VARITY_", "WEAVIATE_")) or name in ("DOCKER_ENV", "NON_INTERACTIVE"):
            monkeypatch.delenv(name)
    with ExitStack() as stack:
        yield OneWorld(tmp_path, monkeypatch, stack, varity)
