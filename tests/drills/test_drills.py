"""Each drill, a few rounds of it: nothing is lost, nothing is there twice, one owner at a time.

Those with a server take a minute or two each: VARITY_TEST_DRILLS=true runs them.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.place import CHECKOUT
from tests.drills.bench import Bench
from tests.drills.catalogue import DRILLS
from tests.drills.figures import HARM, Figures
from tests.drills.running import run

OBJECTS = 300
NOT_POSSIBLE = 3
COMMAND_SECONDS = 500


def drilled(name: str, bench: Bench, rounds: Sequence[int]) -> Figures:
    """Play the rounds of these numbers, each clean, and return their figures."""
    figures = Figures(drill=name, seed=1, data=bench.data.name)
    run(DRILLS[name], bench, figures, rounds=rounds)
    assert figures.failures == []
    assert {name: figures.harm[name] for name in HARM} == dict.fromkeys(HARM, 0)
    assert (figures.rounds, figures.idle, figures.is_clean) == (len(rounds), 0, True)
    return figures


def commanded(name: str, data: Path, *, first: int, rounds: int) -> dict[str, Any]:
    """Run the command, which may mount, and return what it prints."""
    chosen = ("--first", str(first), "--rounds", str(rounds), "--data", str(data))
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills", name, *chosen],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode == NOT_POSSIBLE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    assert (figures["rounds"], figures["is_clean"], figures["failures"]) == (rounds, True, [])
    assert figures["idle"] == 0
    return figures


@pytest.mark.drill
@pytest.mark.weaviate
def test_of_starters_released_at_one_instant_no_two_own_the_pipeline(bench: Bench) -> None:
    figures = drilled("contenders-2", bench, (1,))
    assert figures.counts["starters"] == 2
    assert figures.counts["owners"] >= 2  # the one before, whose load was killed, too


@pytest.mark.drill
@pytest.mark.weaviate
def test_an_owner_that_wakes_too_late_changes_nothing_and_says_that_it_lost(bench: Bench) -> None:
    figures = drilled("zombie", bench, (0, 3))
    assert figures.counts["zombies"] == 2
    assert figures.counts["late_events_that_count"] == 0
    assert len(figures.seconds["takeover_of_the_frozen"]) == 2


@pytest.mark.drill
@pytest.mark.weaviate
def test_a_load_whose_owners_are_killed_one_after_another_comes_to_its_end(bench: Bench) -> None:
    figures = drilled("kill-ingester", bench, (2, 3))
    assert figures.counts["kills"] >= 2
    assert set(figures.seconds) == {"takeover_on_same_host", "takeover_on_other_host"}


@pytest.mark.drill
@pytest.mark.weaviate
def test_a_load_comes_to_its_end_through_a_bad_network(bench: Bench) -> None:
    figures = drilled("network", bench, (4, 10))
    assert figures.counts["troubles"] >= 1
    assert figures.counts["ended_by_themselves"] + figures.counts["resumed"] == 2


@pytest.mark.drill
@pytest.mark.weaviate
def test_a_load_comes_to_its_end_though_its_server_is_killed(bench: Bench) -> None:
    figures = drilled("kill-server", bench, (1,))
    assert figures.counts["kills"] == 1


def test_a_locked_file_is_waited_for_and_another_file_is_refused(bench: Bench) -> None:
    figures = drilled("sqlite", bench, (1, 2))
    assert [figures.counts[kind] for kind in ("locked_for_a_while", "no_database")] == [1, 1]


def test_a_file_survives_a_full_disk_and_one_that_can_not_be_written(sample: Path) -> None:
    figures = commanded("sqlite", sample, first=5, rounds=2)
    assert (figures["read_only"], figures["disk_full_for_long"]) == (1, 1)
    assert figures["objects"] == OBJECTS


@pytest.mark.drill
@pytest.mark.weaviate
def test_a_load_comes_to_its_end_though_the_servers_disk_was_full(sample: Path) -> None:
    figures = commanded("disk-full", sample, first=0, rounds=1)
    assert figures["objects"] == OBJECTS
