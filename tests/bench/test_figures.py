"""Medians, spreads and ratios are those of the stored result, worked out by hand."""

from pathlib import Path

import pytest

from tests.bench import document
from tests.bench.measurement import Measurement, Spread, spread
from tests.bench.part import Goal, Result, Series
from tests.bench.parts import crash, growth, ours, peers, warm
from tests.bench.rows import goal_row, number, shown

STORED = Path(__file__).with_name("stored.json")


@pytest.fixture
def result() -> Result:
    """The stored result."""
    return document.result_of(document.read(STORED))


def found(goal_name: str, goals: tuple[Goal, ...], result: Result) -> Spread | None:
    """Return what a goal of that name comes to."""
    [goal] = [goal for goal in goals if goal.name == goal_name]
    return goal.spread(result)


def test_a_spread_is_median_least_and_most() -> None:
    assert spread([5.0, 1.0, 2.0]) == Spread(median=2.0, least=1.0, most=5.0, times=3)


def test_nothing_measured_has_no_spread() -> None:
    assert spread([]) is None


def test_a_ratio_is_taken_round_by_round(result: Result) -> None:
    name = "cold with precomputed vectors, reading included, against the floor"
    ratio = found(name, tuple(ours.PART.goals), result)
    # 12 / 10, 22 / 20, 11.4 / 10; the medians' ratio would be 1.2.
    assert ratio is not None
    assert shown(ratio) == "1.14 (1.1–1.2)"


def test_the_floor_is_the_best_of_its_grid(result: Result) -> None:
    floor = Series(scenario="floor *", act="load", figure="load_seconds")
    assert floor.rounds(result) == {0: 9.0, 1: 19.0, 2: 9.5}  # 256 x 4: median 9.5, not 13


def test_a_killed_load_counts_both_processes_without_the_wait_to_take_over(
    result: Result,
) -> None:
    name = "killed and resumed against undisturbed, without the wait to take over, sqlite"
    ratio = found(name, tuple(crash.PART.goals), result)
    assert ratio == Spread(median=1.1, least=1.1, most=1.1, times=1)  # (6 + 7 - 2) / 10


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"cold_seconds": 12.0, "load_seconds": 9.9}, 12.0),
        ({"load_seconds": 9.9}, 9.9),
        ({}, None),
    ],
)
def test_a_whole_load_has_the_reading_of_who_tells_it(
    said: dict[str, float], seconds: float | None
) -> None:
    measured = Measurement(
        part="p",
        scenario="a",
        act="load",
        round=0,
        wall_seconds=20,
        cpu_seconds=1,
        peak_mb=1,
        load_before=0,
        said=said,
    )
    assert measured.figure("whole_load_seconds") == seconds


def test_the_peers_chart_and_its_goals_count_the_same_of_ours(result: Result) -> None:
    [chart] = peers.PART.charts
    of_ours = Series(scenario=ours.PRECOMPUTED, act="load", figure=chart.figure)
    assert of_ours.rounds(result) == {0: 12.0, 1: 22.0, 2: 11.4}
    assert peers.PART.goals[0].over.rounds(result) == {0: 12.0, 1: 22.0, 2: 11.4}


def test_growth_is_held_against_small_loads_and_one_whose_fixed_costs_weigh_little() -> None:
    limits = {goal.name: goal.limit for goal in growth.PART.goals}
    assert limits == {
        "time per object, 1,000,000 against 100,000, SQLite": 1.25,
        "time per object, 1,000,000 against 10,000, SQLite": 1.25,
        "peak memory with 1,000,000 concepts": 700,
    }


@pytest.mark.parametrize("store", ["weaviate", "sqlite"])
def test_a_second_run_has_its_goals_with_either_embedder(store: str) -> None:
    limits = {goal.name: goal.limit for goal in warm.PART.goals}
    for embedder in ("hashing", "local"):
        assert limits[f"skip, {embedder}, {store}"] == 0.5
        assert limits[f"cold against forced again, {embedder}, {store}"] == 5
        assert limits[f"one percent changed against unchanged, {embedder}, {store}"] == 1.3


def test_a_goal_that_was_not_measured_says_so(result: Result) -> None:
    goal = Goal(name="a", over=Series(scenario="nobody", act="load"), limit=1)
    assert goal_row(goal, result) == ("a", "not measured", "at most 1 x", "")


@pytest.mark.parametrize(
    ("limit", "is_at_most", "verdict"),
    [
        (12.0, True, "reached"),
        (11.8, True, "missed"),
        (12.0, False, "reached"),
        (13.0, False, "missed"),
    ],
)
def test_a_goal_is_reached_by_its_median(
    limit: float, is_at_most: bool, verdict: str, result: Result
) -> None:
    cold = Series(scenario="ours, precomputed vectors", act="load", figure="cold_seconds")
    goal = Goal(name="a", over=cold, limit=limit, is_at_most=is_at_most, unit="s")
    assert goal_row(goal, result)[3] == verdict


def test_what_our_side_computes_is_told_for_a_thousand_objects(result: Result) -> None:
    figure = "cpu_per_1000_objects_seconds"
    assert result.rounds("undisturbed, sqlite", "load", figure) == {0: 6.0}
    assert result.rounds("killed at half, sqlite", "until the kill", figure) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


def test_a_spread_of_equal_figures_is_one_number() -> None:
    assert shown(Spread(median=2.0, least=2.0, most=2.0, times=3)) == "2"
    assert shown(Spread(median=2.0, least=1.5, most=2.25, times=3)) == "2 (1.5–2.25)"
