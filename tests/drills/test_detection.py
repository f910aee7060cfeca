"""The drills' own eyes: harm that is there is seen and named, and nothing else is."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from tests.acceptance import trace
from tests.drills.bench import Bench
from tests.drills.figures import Figures
from tests.drills.inspection import harm
from tests.drills.rounds import Round
from tests.drills.running import run

LAST_SKILL = "(select max(row) from objects join classes on class = number where name = 'Skill')"


@pytest.fixture
def harmed(bench: Bench, tmp_path: Path) -> Callable[[str], Counter[str]]:
    """Do something to a copy of an undisturbed load, and say what is seen of it."""

    def seen(statement: str) -> Counter[str]:
        place = bench.file(tmp_path)
        file = Path(place.store.removeprefix("sqlite:///"))
        shutil.copy(bench.loaded.store.removeprefix("sqlite:///"), file)
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute(statement).rowcount in (-1, 1)
            connection.commit()
        return +anyio.run(harm, place.settings, bench.undisturbed)

    return seen


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select 1", {}),
        (
            'update objects set properties = replace(properties, \'"preferredLabel":"\','
            f' \'"preferredLabel":"x\') where row = {LAST_SKILL}',
            {"different": 1},
        ),
        (
            f"delete from vectors where row = {LAST_SKILL}",
            {"different": 1},
        ),
        (
            "delete from refs where (source, property, target) in (select * from refs limit 1)",
            {"reference_differences": 1},
        ),
    ],
    ids=["nothing", "a text", "a vector", "a reference"],
)
def test_what_differs_is_seen(
    statement: str, expected: dict[str, int], harmed: Callable[[str], Counter[str]]
) -> None:
    assert harmed(statement) == expected


def test_a_lost_object_is_seen(harmed: Callable[[str], Counter[str]]) -> None:
    assert harmed(f"delete from objects where row = {LAST_SKILL}")["lost"] == 1


def test_what_is_harmed_makes_the_figures_unclean() -> None:
    figures = Figures(drill="zombie", seed=1, data="sample.zip", rounds=1)
    assert figures.is_clean
    figures.harm["lost"] = 1
    assert not figures.is_clean
    line = json.loads(figures.line())
    assert (line["drill"], line["lost"], line["is_clean"]) == ("zombie", 1, False)


def act(owner: str, epoch: int, did: str, at: float) -> trace.Act:
    return {"owner": owner, "epoch": epoch, "did": did, "at": at}


def test_an_owner_that_goes_on_after_the_next_one_won_overlaps_it() -> None:
    acts = [
        act("a", 1, trace.WON, 1.0),
        act("b", 2, trace.WON, 3.0),
        act("a", 1, trace.SENT, 3.5),
        act("b", 2, trace.SENT, 4.0),
    ]
    assert trace.overlapping(trace.ownerships(acts)) == [(1, 2)]


def test_owners_that_follow_each_other_do_not_overlap() -> None:
    acts = [
        act("a", 1, trace.WON, 1.0),
        act("a", 1, trace.APPENDS, 2.9),
        act("b", 2, trace.WON, 3.0),
        act("b", 2, trace.SENT, 4.0),
    ]
    assert trace.overlapping(trace.ownerships(acts)) == []


def test_two_owners_of_one_epoch_overlap() -> None:
    acts = [
        act("a", 1, trace.WON, 1.0),
        act("b", 1, trace.WON, 1.1),
        act("a", 1, trace.SENT, 1.2),
        act("b", 1, trace.SENT, 1.3),
    ]
    assert trace.overlapping(trace.ownerships(acts)) == [(1, 1)]


def test_a_claim_that_led_to_nothing_overlaps_nothing() -> None:
    acts = [
        act("a", 1, trace.WON, 1.0),
        act("b", 2, trace.WON, 1.1),
        act("a", 1, trace.SENT, 1.2),
    ]
    assert trace.overlapping(trace.ownerships(acts)) == []


def test_a_round_in_which_nothing_went_wrong_is_counted_as_idle(bench: Bench) -> None:
    def drill(played: Round) -> None:
        if played.number == 1:
            played.disturbed("a kill")

    figures = Figures(drill="some", seed=1, data="sample.zip")
    run(drill, bench, figures, rounds=range(3))
    assert (figures.rounds, figures.idle) == (3, 2)
    assert json.loads(figures.line())["idle"] == 2


def test_rounds_that_were_all_idle_are_not_clean() -> None:
    assert not Figures(drill="zombie", seed=1, data="sample.zip").is_clean
    assert not Figures(drill="zombie", seed=1, data="sample.zip", rounds=2, idle=2).is_clean
    assert Figures(drill="zombie", seed=1, data="sample.zip", rounds=2, idle=1).is_clean
