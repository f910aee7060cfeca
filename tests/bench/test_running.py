"""Scenarios are interleaved, and their acts measured, each in a process of its own."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.scenario import KILLED, Act, Place, Scenario, interleaved
from tests.bench.stage import ActFailed, play


def scenario(name: str, *acts: Act, once: bool = False) -> Scenario:
    """Return a scenario without a server."""
    return Scenario(part="p", name=name, acts=lambda place: acts, needs_server=False, once=once)


def act(line: str, **options: object) -> Act:
    """Return an act that runs a line of Python."""
    return Act(name="act", command=(sys.executable, "-c", line), **options)  # type: ignore[arg-type]


def test_sides_take_turns() -> None:
    order = interleaved([scenario("a"), scenario("b")], 3)
    assert [(number, side.name) for number, side in order] == [
        (0, "a"),
        (0, "b"),
        (1, "a"),
        (1, "b"),
        (2, "a"),
        (2, "b"),
    ]


def test_what_runs_once_is_in_the_first_round_only() -> None:
    order = interleaved([scenario("a"), scenario("b", once=True)], 2)
    assert [(number, side.name) for number, side in order] == [(0, "a"), (0, "b"), (1, "a")]


def test_an_act_is_measured_in_its_own_process(tmp_path: Path) -> None:
    busy = "import json; held = bytearray(64 << 20); print(json.dumps({'rows': 3, 'told': 'x'}))"
    [measured] = play(scenario("a", act(busy)), tmp_path, number=1)
    assert (measured.part, measured.scenario, measured.act, measured.round) == ("p", "a", "act", 1)
    assert measured.said == {"rows": 3}  # texts are left out, lest a path is among them
    assert 64 < measured.peak_mb < 160
    assert measured.cpu_seconds > 0
    assert measured.wall_seconds > 0
    assert measured.server_cpu_seconds is None


def test_our_own_memory_is_not_taken_for_that_of_an_act(tmp_path: Path) -> None:
    ours = bytearray(b"x") * (256 << 20)
    [measured] = play(scenario("a", act("")), tmp_path, number=0)
    assert measured.peak_mb < 100 < len(ours)


def test_acts_share_a_place_that_is_gone_afterwards(tmp_path: Path) -> None:
    seen: list[Path] = []

    def acts(place: Place) -> Sequence[Act]:
        seen.append(place.folder)
        file = place.folder / "made"
        return [
            act(f"open({str(file)!r}, 'w')", is_measured=False),
            act(f"open({str(file)!r})"),
        ]

    shared = Scenario(part="p", name="a", acts=acts, needs_server=False)
    assert len(list(play(shared, tmp_path, number=0))) == 1
    assert len(list(play(shared, tmp_path, number=1))) == 1
    assert seen[0] != seen[1]
    assert not any(folder.exists() for folder in seen)


def test_an_act_that_fails_ends_its_scenario(tmp_path: Path) -> None:
    failing = scenario("a", act("raise SystemExit('no luck')"), act(""))
    with pytest.raises(ActFailed, match="act ended with 1: no luck"):
        list(play(failing, tmp_path, number=0))


def test_an_act_may_have_to_be_killed(tmp_path: Path) -> None:
    die = "import os; os.kill(os.getpid(), 9)"
    [measured] = play(scenario("a", act(die, code=KILLED)), tmp_path, number=0)
    assert measured.said == {}


def test_an_act_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    hanging = scenario("a", act("import time; time.sleep(600)", seconds=1))
    with pytest.raises(ActFailed, match="act ended with -9"):
        list(play(hanging, tmp_path, number=0))


def test_an_act_that_did_something_else_than_it_must_is_refused(tmp_path: Path) -> None:
    ran = act("""print('{"outcome": "ran"}')""", outcome="already_completed")
    with pytest.raises(ActFailed, match="act: 'ran', expected 'already_completed'"):
        list(play(scenario("a", ran), tmp_path, number=0))


def test_settings_of_the_caller_do_not_reach_an_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARITY_STORE", "elsewhere")
    code = "import os; raise SystemExit('VARITY_STORE' in os.environ)"
    assert len(list(play(scenario("a", act(code)), tmp_path, number=0))) == 1
