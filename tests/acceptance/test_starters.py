"""Several processes start at one moment: one loads, the others do not stand in its way."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.acceptance.digest import Digest, differing, digest
from tests.acceptance.hand_fold import Line, counting
from tests.acceptance.place import KILLED, Place, at_the_gate

pytestmark = pytest.mark.esco

HELD = 75
WAIT = ("--wait", "120")


@pytest.mark.parametrize("starters", [2, 8])
async def test_of_several_starters_one_loads(
    starters: int, place: Place, small: Path, undisturbed: Digest
) -> None:
    codes = _start_at_once(place, starters, small)

    assert codes["ran"] == [0]
    assert set(codes) <= {"ran", "waited", "already_completed", ""}
    assert set(codes.get("", [])) <= {HELD}
    await _check(place, undisturbed, attempts=1)


async def test_of_several_starters_one_goes_on_with_a_killed_load(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small, at="KILL:after:checkpoint:skills:2", code=KILLED)

    codes = _start_at_once(place, 4, small)

    assert codes["resumed"] == [0]
    assert set(codes) <= {"resumed", "waited", "already_completed", ""}
    assert set(codes.get("", [])) <= {HELD}
    await _check(place, undisturbed, attempts=2)


def _start_at_once(place: Place, starters: int, data: Path) -> dict[str, list[int]]:
    """Return the exit codes by outcome; "" for those that give none. Every second one waits."""
    commands = [
        place.start(
            "ingest", str(data), "--json", *(WAIT if number % 2 else ()), driven=("--gate",)
        )
        for number in range(starters)
    ]
    at_the_gate(commands)
    codes: dict[str, list[int]] = {}
    for command in commands:
        done = command.done()
        codes.setdefault(str(done.document.get("outcome", "")), []).append(done.code)
    return codes


async def _check(place: Place, undisturbed: Digest, *, attempts: int) -> None:
    assert differing(await digest(place.settings), undisturbed) == []
    lines = place.events()
    assert [line["event"] for line in counting(lines)].count("started") == attempts
    assert [line for line in lines if line["event"] in ("failed", "interrupted")] == []
    assert [run["status"] for run in place.ask("history")] == ["completed"]
    assert _overlapping(lines) == []
    assert place.check_status_by_hand()["status"] == "completed"


def _overlapping(lines: list[Line]) -> list[tuple[int, int]]:
    """Return the pairs of epochs the second of which wrote before the first was done."""
    times: dict[int, list[str]] = {}
    for line in counting(lines):
        times.setdefault(line["epoch"], []).append(line["at"])
    return [
        (older, newer)
        for older, newer in pairwise(sorted(times))
        if min(times[newer]) < max(times[older])
    ]
