"""A bench for the drills' own tests: the generated sample, so that a round is short."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sample import write_sample
from tests.drills.bench import Bench, opened_bench


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated sample of 300 concepts."""
    path = tmp_path_factory.mktemp("drills") / "sample.zip"
    write_sample(path)
    return path


@pytest.fixture(scope="module")
def bench(sample: Path) -> Iterator[Bench]:
    """One bench for all drills: one server, one undisturbed load."""
    with opened_bench(sample) as opened:
        yield opened
