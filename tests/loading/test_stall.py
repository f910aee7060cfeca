"""When a target that does not answer is given up, and when it is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ingest.records import Relation
from ingest.target import TargetObject
from journal import Choice, Status, StoreUnavailable
from tests.loading.runs import World
from tests.loading.sources import (
    HandMade,
    Read,
    needs,
    skill,
    skill_uri,
)
from tests.loading.tearing import Fault
from tests.loading.trouble import skill_id


def hurried(world: World) -> Callable[[float], None]:
    """Give the senders a clock of their own; return what moves it on."""
    elapsed = 0.0

    def advance(seconds: float) -> None:
        nonlocal elapsed
        elapsed += seconds

    world.clock = replace(world.clock, elapsed=lambda: elapsed)
    return advance


@pytest.mark.parametrize("relations", [[], [needs(0, 0)]], ids=["batch", "create"])
async def test_a_target_that_acknowledges_nothing_for_a_minute_is_unavailable(
    relations: list[Relation], read: Read
) -> None:
    world = World(read(HandMade([skill(0)], relations)))
    advance = hurried(world)
    requests = 0

    def never(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        nonlocal requests
        requests += 1
        assert requests < 20, "it does not give up"
        advance(10.0)
        return Fault(lost=False)

    with pytest.raises(StoreUnavailable, match=r"for 60 s \(no answer\); resume when it does"):
        await world.load(faults=never)
    assert requests == 7
    report = await world.load()
    assert report.state.status is Status.COMPLETED


@pytest.mark.parametrize("relations", [[], [needs(5, 5)]], ids=["batch", "create"])
async def test_a_sender_that_had_nothing_to_send_for_long_is_not_stalled(
    relations: list[Relation], read: Read
) -> None:
    """An embedder may take minutes for a chunk; then one lost request is no stall."""
    world = World(read(HandMade([skill(number) for number in range(6)], relations)), window=2)
    advance = hurried(world)
    seen: set[str] = set()

    def first_time(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if objects[0].uri in seen:
            return None
        seen.add(objects[0].uri)
        return Fault()

    embed = world.embedder.embed

    class SlowEmbedder(type(world.embedder)):  # type: ignore[misc]
        async def embed(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
            advance(300.0)
            return await embed(texts)

    world.embedder = SlowEmbedder()
    report = await world.load(faults=first_time)
    assert report.state.status is Status.COMPLETED


async def test_progress_of_a_part_is_no_stall(read: Read) -> None:
    world = World(read(HandMade([skill(number) for number in range(9)])), window=1000)
    advance = hurried(world)

    def one_at_a_time(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        advance(20.0)
        return Fault(applied=len(objects), unknown=len(objects) - 1, lost=False)

    report = await world.load(faults=one_at_a_time)
    assert report.state.status is Status.COMPLETED


async def test_a_missing_reference_is_unknown_and_waits_for_its_target(read: Read) -> None:
    """Something else removes a target while its holders are on their way."""
    world = World(read(HandMade([*map(skill, range(3))], [needs(1, 0), needs(2, 1)])))
    taken: list[TargetObject] = []

    def thief(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        objects_there = world.database.classes["Skill"].objects
        if objects[0].uri == skill_uri(1) and not taken:
            taken.append(objects_there.pop(skill_id(0)))
        elif taken and skill_id(0) not in objects_there:
            objects_there[skill_id(0)] = taken[0]
        return None

    report = await world.load(faults=thief)
    assert report.state.rejected == frozenset()
    assert set(world.database.classes["Skill"].objects) == {skill_id(n) for n in range(3)}


async def test_what_refers_to_an_object_that_somebody_removed_names_another_way_out(
    read: Read,
) -> None:
    """A resume would meet the same: the step that writes that object is completed, or past it."""
    world = World(read(HandMade([skill(0), skill(1)], [needs(1, 0)])))
    advance = hurried(world)

    def robbed(request: int, objects: Sequence[TargetObject]) -> None:
        advance(10.0)
        if request > 1:
            world.database.classes["Skill"].objects.pop(skill_id(0), None)

    with pytest.raises(StoreUnavailable, match=r"not there.*removed.*begin anew with --restart"):
        await world.load(faults=robbed)
    report = await world.load(choice=Choice.BEGIN)
    assert report.state.status is Status.COMPLETED
