"""A seed is the whole story: again, in another process, on another day, it goes the same way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.world import simulate

ROOT = Path(__file__).parents[2]
SEEDS = (3, 8, 14)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_has_one_trace(seed: int) -> None:
    first, second = simulate(seed, keeps_trace=True), simulate(seed, keeps_trace=True)
    assert first.trace == second.trace
    assert first.digest == second.digest


def test_a_seed_has_the_same_trace_in_every_process() -> None:
    program = (
        "from tests.simulation.world import simulate\n"
        f"for seed in {SEEDS}: print(simulate(seed).digest)"
    )
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        ).stdout.split()
        for hash_seed in ("1", "2")
    ]
    assert digests[0] == digests[1] == [simulate(seed).digest for seed in SEEDS]


def test_seeds_differ() -> None:
    assert len({simulate(seed).digest for seed in range(10)}) == 10
