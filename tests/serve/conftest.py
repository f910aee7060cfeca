"""A sample that is loaded once, and copied for who wants to spoil it."""

import shutil
from pathlib import Path

import anyio
import pytest

from ingest.settings import Settings
from tests.ingest.esco_builder import tiny, write_folder
from tests.serve.running import load


@pytest.fixture(scope="session")
def loaded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the generated sample, completed as epoch 1; only to be read."""
    path = tmp_path_factory.mktemp("loaded") / "varity.db"
    anyio.run(load, Settings(store=f"sqlite:///{path}", embedder="hashing"))
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """A file that is not there yet."""
    return Settings(store=f"sqlite:///{tmp_path / 'varity.db'}", embedder="hashing")


@pytest.fixture
def loaded(loaded_file: Path, empty: Settings, tmp_path: Path) -> Settings:
    """A copy of the loaded sample, to be spoiled at will."""
    shutil.copy(loaded_file, tmp_path / "varity.db")
    return empty


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A tiny real input, in a folder of its own."""
    return str(write_folder(tmp_path / "data", tiny()).resolve())
