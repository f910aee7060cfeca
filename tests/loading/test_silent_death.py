"""A server that dies and is back between two requests takes the end of its indexes with it.

No request fails, so nothing of ours hears of it: only what it says of itself tells.
"""

from collections.abc import Callable

import pytest

from tests.loading.runs import World
from tests.loading.sources import HandMade, Read, skill, skill_uri, with_cycles
from tests.loading.tearing import TearingTarget, content
from tests.loading.trouble import undisturbed


def dying(after: int) -> Callable[[TearingTarget], TearingTarget]:
    """Let the server be killed and started again once it has answered so many requests."""

    def change(target: TearingTarget) -> TearingTarget:
        count = target.before_request

        def restarting() -> None:
            if target.trace.requests == after:
                target.database.restart()
            count()

        target.before_request = restarting
        return target

    return change


@pytest.mark.parametrize("after", [1, 2, 3, 5, 8])
async def test_what_a_silent_death_took_is_found_and_mended(after: int, read: Read) -> None:
    catalogue = read(with_cycles(60))
    world = World(catalogue)
    report = await world.load(change=dying(after))
    assert world.database.starts == 2
    assert world.database.torn == set()
    assert content(world.database) == await undisturbed(catalogue)
    assert sum(map(int, report.state.summary.values())) > 0


async def test_without_a_death_nothing_is_looked_up(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError("looked up")

    monkeypatch.setattr(TearingTarget, "found_by_filter", never)
    monkeypatch.setattr(TearingTarget, "filtered", never)
    monkeypatch.setattr(TearingTarget, "nearest", never)
    world = World(read(HandMade([skill(number) for number in range(40)])))
    report = await world.load()
    assert "unsure_Skill" not in report.state.summary


async def test_a_death_after_the_load_takes_nothing(read: Read) -> None:
    """Each step ends with what makes the server write its indexes out."""
    world = World(read(with_cycles(60)))
    await world.load()
    world.database.restart()
    assert world.database.torn == set()


async def test_a_death_between_a_steps_end_and_its_event_takes_nothing(read: Read) -> None:
    world = World(read(with_cycles(60)))
    await world.load(before_verify=world.database.restart)
    assert world.database.torn == set()


async def test_what_was_mended_outlives_a_death_too(read: Read) -> None:
    world = World(read(HandMade([skill(number) for number in range(20)])))

    def lose() -> None:
        del world.database.classes["Skill"].objects[
            next(
                stored.id
                for stored in world.database.classes["Skill"].objects.values()
                if stored.uri == skill_uri(7)
            )
        ]

    await world.load(before_verify=lose)
    world.database.restart()
    assert world.database.torn == set()
