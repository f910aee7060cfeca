"""What all tests of loading share: no pauses, and the generated sample."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue, read_catalogue
from ingest.esco import open_esco
from ingest.esco_classes import esco_schemas
from ingest.sample import write_sample
from ingest.settings import Settings
from tests.ingest.esco_builder import tiny, write_folder
from tests.loading.sources import EMBEDDER, HandMade, Read, read_by_hand


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is ever on its way: the target answers in the same instant."""
    monkeypatch.setattr("ingest.sending.FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("journal.step.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("journal.lease.SETTLE_SECONDS", 0.0)


@pytest.fixture(scope="session")
def sample_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated sample of 300 concepts."""
    path = tmp_path_factory.mktemp("sample") / "sample.zip"
    write_sample(path)
    return path


@pytest.fixture(scope="session")
def sample(sample_zip: Path) -> Iterator[Catalogue]:
    """The sample, read."""
    catalogue = read_catalogue(open_esco(sample_zip), esco_schemas(), embedder=EMBEDDER)
    yield catalogue
    catalogue.close()


@pytest.fixture
def read() -> Iterator[Read]:
    """How a test reads an input made by hand; what was read is closed after the test."""
    with ExitStack() as stack:

        def reading(source: HandMade) -> Catalogue:
            catalogue = read_by_hand(source)
            stack.callback(catalogue.close)
            return catalogue

        yield reading


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A file that is not there yet."""
    return Settings(store=f"sqlite:///{tmp_path / 'varity.db'}", embedder="hashing")


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A tiny input, in a folder of its own."""
    return str(write_folder(tmp_path / "data", tiny()).resolve())
