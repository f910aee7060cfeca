"""Where the acceptance tests load to, and from what."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from tests.acceptance.digest import Digest, digest
from tests.acceptance.place import Place
from tests.server import Weaviate

Places = Callable[[int], Place]


@pytest.fixture
def small(esco_data: Path) -> Path:
    """A coherent part of the real data: 1,584 objects."""
    return esco_data / "esco-small-en.zip"


@pytest.fixture
def full(esco_data: Path) -> Path:
    """All of the real data: 18,243 objects."""
    return esco_data / "esco-1.2.0-en.zip"


@pytest.fixture(params=["sqlite", pytest.param("weaviate", marks=pytest.mark.weaviate)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return sqlite_place(tmp_path)
    return weaviate_place(request.getfixturevalue("clean_weaviate"))


@pytest.fixture
def places(place: Place, tmp_path: Path) -> Places:
    """As many places as wanted, by number; they do not see each other."""

    def numbered(number: int) -> Place:
        if place.server is not None:
            return replace(place, prefix=f"P{number}")
        folder = tmp_path / f"place{number}"
        folder.mkdir()
        return sqlite_place(folder)

    return numbered


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, esco_data: Path) -> Digest:
    """The digest of the small data, loaded once and in peace."""
    place = sqlite_place(tmp_path_factory.mktemp("undisturbed"))
    place.ingest(esco_data / "esco-small-en.zip")
    return anyio.run(digest, place.settings)


def sqlite_place(folder: Path) -> Place:
    """Return a file that is not there yet."""
    return Place(store=f"sqlite:///{folder / 'varity.db'}")


def weaviate_place(server: Weaviate, *, ttl_seconds: float = 30.0) -> Place:
    """Return a server as a place."""
    return Place(store=server.url, server=server, ttl_seconds=ttl_seconds)
