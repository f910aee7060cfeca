"""What every drill works with: a folder, a server of its own, the input, its undisturbed load.

Everything is made when it is first needed. Knows nothing of rounds.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path

import anyio

from tests.acceptance import trace
from tests.acceptance.hand_fold import Line
from tests.acceptance.place import Place
from tests.drills.inspection import Undisturbed
from tests.server import WeaviateServer

TTL_SECONDS = 5.0
SERVER = "weaviate"  # the folder of its data


# What `status` says of the result itself, and not of how it came about.
RESULT = ("status", "counts", "relations", "rejected", "dangling", "extra", "error")


def result_of(status: Mapping[str, object]) -> dict[str, object]:
    """Return what a status says of the result of the newest run."""
    return {name: status[name] for name in RESULT}


class Bench:
    """The undisturbed load goes into a file: stores are alike, and a file needs no server."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.data = data
        self._files = count()
        self._kept = ExitStack()

    @cached_property
    def server(self) -> WeaviateServer:
        """The server, which all rounds share; they may kill it."""
        return WeaviateServer(self.folder / SERVER)

    @cached_property
    def cluster(self) -> WeaviateServer:
        """Three servers that are one; all rounds share them."""
        return WeaviateServer(self.folder / "cluster", nodes=3)

    @cached_property
    def events(self) -> list[Line]:
        """The events of the undisturbed load."""
        return self.loaded.events()

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """What an undisturbed load of the input leaves."""
        return anyio.run(Undisturbed.read, self.loaded.settings)

    @cached_property
    def said(self) -> dict[str, object]:
        """What the undisturbed load says of its result."""
        return result_of(self.loaded.ask("status"))

    @cached_property
    def sendings(self) -> int:
        """How often an undisturbed load sends objects."""
        assert self.loaded
        acts = trace.read(self.folder / "undisturbed.trace")
        return sum(act["did"] == trace.SENT for act in acts)

    @cached_property
    def loaded(self) -> Place:
        """A file with the undisturbed load in it."""
        place = replace(self.file(), ttl_seconds=60)
        noted = ("--trace", str(self.folder / "undisturbed.trace"))
        done = place.start("ingest", str(self.data), "--json", driven=noted).done()
        assert done.code == 0, f"{self.data} can not be loaded in peace: {done.told}"
        return place

    def place(self) -> Place:
        """Return the server, up and without any class."""
        self.server.start()
        self.server.wipe()
        return Place(store=self.server.url, server=self.server, ttl_seconds=TTL_SECONDS)

    def file(self, folder: Path | None = None) -> Place:
        """Return an SQLite file that is not there yet."""
        path = (folder or self.folder) / f"varity{next(self._files)}.db"
        return Place(store=f"sqlite:///{path}", ttl_seconds=TTL_SECONDS)

    def keep(self, needed: AbstractContextManager[object]) -> None:
        """Enter what the server needs; it is left after the server's end."""
        self._kept.enter_context(needed)

    def close(self) -> None:
        """End the servers, if there are any, and leave what they needed."""
        for name in ("server", "cluster"):
            if name in self.__dict__:
                self.__dict__[name].kill()
        self._kept.close()


@contextmanager
def opened_bench(data: Path) -> Iterator[Bench]:
    """Yield a bench in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="varity-drill-") as folder:
        bench = Bench(Path(folder), data)
        try:
            yield bench
        finally:
            bench.close()
