"""A load killed at any instant is resumed to the same result."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import anyio
import pytest

from tests.acceptance.conftest import Places
from tests.acceptance.data import with_bad_row
from tests.acceptance.digest import Digest, differing, digest, invisible, objects
from tests.acceptance.hand_fold import begun_again, counting
from tests.acceptance.place import KILLED, Place

pytestmark = pytest.mark.esco

# Each chain is one run, killed before and after each kind of event in attempt after attempt.
BOUNDARIES = (
    (
        "before:started",
        "after:started",
        "before:step_started:isco_groups",
        "after:step_started:isco_groups",
    ),
    (
        "before:rejected:skills",
        "after:rejected:skills",
        "before:checkpoint:skills:2",
        "after:checkpoint:skills:2",
        "before:step_completed:skills",
    ),
    (
        "after:step_completed:skills",
        "before:step_completed:verify",
        "after:step_completed:verify",
        "before:completed",
        "after:completed",
    ),
)
MOMENTS = {"sqlite": 12, "weaviate": 8}
CHAINS = 2  # side by side: most of the time of a resume is waiting
PATIENCE = 4  # times as many kills until one has torn something
CALLS_A_LOAD = 120  # about as many calls as an undisturbed load makes of its store and target
WRITES_A_LOAD = 50
LONGEST_DELAY_MILLISECONDS = 40

Note = Callable[[str, object], None]


def test_a_load_killed_at_each_event_boundary_is_resumed_to_the_same_result(
    places: Places, small: Path, tmp_path: Path, undisturbed: Digest
) -> None:
    data = with_bad_row(small, tmp_path / "one-bad-row.zip")
    with ThreadPoolExecutor() as pool:
        chains = [
            pool.submit(_kill_at_boundaries, chain, places(number), data, undisturbed)
            for number, chain in enumerate(BOUNDARIES)
        ]
    for done in chains:
        done.result()


def test_a_load_killed_at_random_moments_is_resumed_to_the_same_result(
    places: Places,
    place: Place,
    small: Path,
    undisturbed: Digest,
    record_testsuite_property: Note,
) -> None:
    kind = "weaviate" if place.server else "sqlite"
    with ThreadPoolExecutor() as pool:
        chains = [
            pool.submit(_kill_at_random, chain, MOMENTS[kind] // CHAINS, places, small, undisturbed)
            for chain in range(CHAINS)
        ]
    torn = [number for done in chains for number in done.result()]
    record_testsuite_property(f"objects that {len(torn)} kills made invisible, {kind}", torn)
    assert len(torn) >= MOMENTS[kind]


async def test_three_forced_loads_one_of_them_killed_change_nothing(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small)
    force = "--force-reingest"
    place.ingest(small, force, at="KILL:before:checkpoint:skills:3", code=KILLED)
    assert place.ingest(small, force).outcome == "ran"  # nothing is trusted: all written again
    assert place.ingest(small, force).outcome == "ran"

    assert differing(await digest(place.settings), undisturbed) == []
    runs = place.ask("history")
    assert [run["status"] for run in runs] == ["completed", "completed", "failed", "completed"]


def _kill_at_boundaries(
    chain: tuple[str, ...], place: Place, data: Path, undisturbed: Digest
) -> None:
    allowed = ("--resume", "--max-rejected", "1")
    for boundary in chain:
        place.ingest(data, *allowed, at=f"KILL:{boundary}", code=KILLED)
    place.check_status_by_hand()
    place.ingest(data, *allowed)

    attempts = sum(boundary != "before:started" for boundary in chain)
    if chain[-1] != "after:completed":
        attempts += 1
    _check_whole(place, undisturbed, attempts=attempts)
    assert place.check_status_by_hand()["rejected"] == 1
    assert len(place.ask("rejected")) == 1


def _kill_at_random(
    chain: int, kills: int, places: Places, data: Path, undisturbed: Digest
) -> list[int]:
    """Kill loads until there were so many kills; each load is resumed until it completes.

    Where kills can tear objects, go on until one did: mending is what this is about.
    Return how many objects each kill left that their own vector does not find.
    """
    chance = random.Random(chain)
    torn: list[int] = []

    def goes_on(place: Place) -> bool:
        is_waiting = place.server is not None and not any(torn)
        return len(torn) < (PATIENCE * kills if is_waiting else kills)

    for load in count(100 * chain):
        place = places(load)
        if not goes_on(place):
            return torn
        is_killed = True
        while is_killed:
            at = _moment(chance) if goes_on(place) else ""
            command = ("ingest", str(data), "--resume", "--json")
            done = place.start(*command, driven=("--at", at) if at else ()).done()
            is_killed = done.code == KILLED
            assert done.code == 0 or (at and is_killed), (at, done.told)
            if is_killed:
                torn.append(len(anyio.run(_unindexed, place)))
        _check_whole(place, undisturbed)
    raise AssertionError("unreachable")


async def _unindexed(place: Place) -> list[str]:
    held = await objects(place.settings)
    return await invisible(place.settings, held, ways=("vector",))


def _moment(chance: random.Random) -> str:
    kind, most = chance.choice((("call", CALLS_A_LOAD // 2), ("write", WRITES_A_LOAD // 2)))
    delay = chance.randint(0, LONGEST_DELAY_MILLISECONDS)
    return f"KILL:{kind}:{chance.randint(1, most)}:{delay}"


def _check_whole(place: Place, undisturbed: Digest, *, attempts: int | None = None) -> None:
    """Check the target, each object's visibility, and the one run's history."""
    assert differing(anyio.run(digest, place.settings), undisturbed) == []
    held = anyio.run(objects, place.settings)
    assert anyio.run(invisible, place.settings, held) == []
    (run,) = place.ask("history")
    assert run["status"] == "completed"
    lines = place.events()
    assert run["attempts"] == sum(line["event"] == "started" for line in lines)
    assert attempts in (None, run["attempts"])
    assert begun_again(counting(lines)) == []
    assert place.check_status_by_hand()["status"] == "completed"
