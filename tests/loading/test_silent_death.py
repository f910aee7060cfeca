"""A server that dies and is back between two requests takes the end of its indexes with it.

No request fails, so nothing of ours hears of it: only what it says of itself tells.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from ingest.target import Reply, TargetObject
from tests.loading.runs import World
from tests.loading.sources import HandMade, Read, skill, skill_uri, with_cycles
from tests.loading.tearing import Fault, TearingTarget, content, spoil
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


def blanked_before_the_flush(target: TearingTarget) -> TearingTarget:
    """Let a request be given up, whose like lands late: right before the step's flush."""
    flush = target.flush
    given_up: list[UUID] = []
    has_landed = False

    def give_up(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if given_up or objects[0].class_name != "Skill":
            return None
        given_up.append(objects[-1].id)
        return Fault()

    async def too_late(objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        nonlocal has_landed
        if objects[0].class_name == "Skill" and not has_landed:
            spoil(target.database, "Skill", given_up[0], vector=None)
            has_landed = True
        return await flush(objects, timeout_seconds=timeout_seconds)

    target.faults = give_up
    target.flush = too_late  # type: ignore[method-assign]
    return target


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


async def test_what_a_late_blank_made_the_flush_index_outlives_a_death_too(read: Read) -> None:
    """A write that was given up lands right before the step's flush, which then indexes."""
    world = World(read(HandMade([skill(number) for number in range(20)])))
    await world.load(change=blanked_before_the_flush)
    world.database.restart()
    assert world.database.torn == set()


async def test_a_death_right_after_verify_has_looked_makes_it_look_again(read: Read) -> None:
    catalogue = read(HandMade([skill(number) for number in range(20)]))
    world = World(catalogue)
    looks = 0

    def change(target: TearingTarget) -> TearingTarget:
        look = target.found_by_vector

        async def dying(sought: TargetObject) -> bool:
            nonlocal looks
            looks += 1
            found = await look(sought)
            if looks == len(catalogue.classes["Skill"]):
                world.database.restart()
            return found

        target.found_by_vector = dying  # type: ignore[method-assign]
        return blanked_before_the_flush(target)

    await world.load(change=change)
    assert world.database.starts == 2
    assert world.database.torn == set()
    assert content(world.database) == await undisturbed(catalogue)
