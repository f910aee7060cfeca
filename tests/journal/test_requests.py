"""What a request of the journal's REST client must not do beside asking."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from journal import open_store
from tests.journal.loopback import answering


class Watcher(MetaPathFinder):
    """Notes every module that the import system has to look for."""

    def __init__(self) -> None:
        self.sought: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Note the name; the others find it or do not."""
        self.sought.append(fullname)
        return None


async def test_a_request_looks_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing module is sought anew with each import of it, in all folders of sys.path.

    httpcore imports `sniffio` with every lock and every connection.
    """
    async with answering(lambda _: (404, "")) as url, open_store(url) as store:
        await store.heartbeat("esco", 1)
        watcher = Watcher()
        monkeypatch.setattr(sys, "meta_path", [watcher, *sys.meta_path])
        await store.heartbeat("esco", 1)
    assert watcher.sought == []
