"""What failed is written down without a word of where things lie."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.ground import Ground
from tests.bench.part import Part
from tests.bench.scenario import Scenario
from tests.bench.session import Session
from tests.bench.stage import CHECKOUT


def test_a_failure_names_no_path_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    cache, data, folder = home / "cached", home / "given", tmp_path / "made"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))

    def failing(_: Ground) -> Sequence[Scenario]:
        places = (home, cache, data, folder, CHECKOUT)
        raise OSError(" ".join(f"{place}/x" for place in places))

    session = Session()
    ground = Ground(folder, data, is_quick=True)
    session.run([Part(name="p", says="", scenarios=failing)], ground, rounds=1)
    [failure] = session.failures
    assert failure["told"] == "HOME/x CACHE/x DATA/x FOLDER/x CHECKOUT/x"


def test_an_unset_cache_masks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "")

    def failing(_: Ground) -> Sequence[Scenario]:
        raise OSError("no luck")

    session = Session()
    ground = Ground(tmp_path / "made", tmp_path / "given", is_quick=True)
    session.run([Part(name="p", says="", scenarios=failing)], ground, rounds=1)
    assert session.failures == [{"part": "p", "scenario": "p", "told": "no luck"}]
