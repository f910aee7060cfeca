"""The simulator finds faults planted in the engine, and shows the shortest way to each."""

import re

import pytest

from tests.simulation.plants import PLANTS, Plant, window_ignored
from tests.simulation.shrink import shortest
from tests.simulation.workload import SHAPES, VERSIONS
from tests.simulation.world import simulate, undisturbed

SEEDS = 200


@pytest.fixture(autouse=True, scope="module")
def _undisturbed() -> None:
    """Have each input loaded in peace before anything is planted: it is what is compared with."""
    for shape in range(SHAPES):
        for version in range(VERSIONS):
            assert undisturbed(shape, version)


@pytest.mark.parametrize(("plant", "told"), PLANTS)
def test_a_planted_fault_is_found(plant: Plant, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in range(SEEDS):
        outcome = simulate(seed)
        if any(re.search(told, wrong) for wrong in outcome.wrong):
            return
    raise AssertionError(f"{SEEDS} seeds, and nothing of it")


def test_a_failing_seed_is_cut_down_to_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    window_ignored(monkeypatch)
    failing = shortest(3)
    assert failing.wrong
    assert failing.fired == {}  # it needs no fault at all
    assert "a1 starts" in failing.trace[0]
