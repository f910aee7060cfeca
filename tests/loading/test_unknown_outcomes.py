"""What is lost or torn on its way is written until the target says that it is there, whole."""

from collections.abc import Sequence

import pytest

from ingest.target import TargetObject, Verdict
from journal import Status
from tests.loading.runs import World
from tests.loading.sources import (
    HandMade,
    Read,
    skill,
    skill_uri,
    with_cycles,
)
from tests.loading.tearing import Fault, Sent, TearingTarget, content
from tests.loading.trouble import positions, seeded, settled_skills, undisturbed


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_lost_or_torn_the_result_is_that_of_a_quiet_load(
    seed: int, read: Read
) -> None:
    catalogue = read(with_cycles(60))
    world = World(catalogue)
    report = await world.load(faults=seeded(seed), largest_batch=(10_000, 5)[seed % 2])
    assert report.state.status is Status.COMPLETED
    assert report.state.counts["Skill"] == 60
    assert content(world.database) == await undisturbed(catalogue)


async def test_what_is_unknown_is_written_blank_and_then_whole(read: Read) -> None:
    """The server applied it and tore it; an equal write alone would not mend it."""
    world = World(read(HandMade([skill(0)])))

    def first_is_torn(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        return Fault(applied=1, torn=1) if request == 1 else None

    sent: list[str] = []

    def remember() -> None:
        sent[:] = world.trace.kinds(skill_uri(0))

    await world.load(faults=first_is_torn, before_verify=remember)
    assert sent == ["whole", "blank", "whole"]
    assert world.trace.kinds(skill_uri(0)) == sent  # verify found nothing to mend
    assert world.database.torn == set()


async def test_a_lost_blank_write_is_repeated_before_the_whole_one(read: Read) -> None:
    world = World(read(HandMade([skill(0)])))

    def first_two_are_lost(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        return Fault(applied=1, torn=1) if request <= 2 else None

    await world.load(faults=first_two_are_lost)
    assert world.trace.kinds(skill_uri(0)) == ["whole", "blank", "blank", "whole"]
    assert world.database.torn == set()


async def test_only_what_is_unknown_is_written_again(read: Read) -> None:
    world = World(read(HandMade([skill(number) for number in range(4)])))

    def first_is_half_known(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        return Fault(applied=4, torn=1, unknown=1) if request == 1 else None

    await world.load(faults=first_is_half_known)
    assert [len(world.trace.kinds(skill_uri(number))) for number in range(4)] == [3, 1, 1, 1]


async def test_a_target_that_does_not_tear_is_spared_blank_writes(read: Read) -> None:
    world = World(read(HandMade([skill(0)])))

    def untearing(target: TearingTarget) -> TearingTarget:
        target.tears = False
        return target

    def first_is_lost(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        return Fault(applied=1) if request == 1 else None

    await world.load(faults=first_is_lost, change=untearing)
    assert world.trace.kinds(skill_uri(0)) == ["whole", "whole"]


@pytest.mark.parametrize("share", [0.0, 0.4], ids=["quiet", "faulty"])
async def test_nothing_is_settled_before_the_target_acknowledged_it(
    share: float, read: Read
) -> None:
    """At each checkpoint, though requests overtake each other: all it covers was acknowledged."""
    catalogue = read(with_cycles(80))
    world = World(catalogue, window=8)
    await world.load(
        faults=seeded(5, share=share), turns=lambda request: (0, 90, 5, 200, 20)[request % 5]
    )
    order = positions(catalogue)
    acknowledged: set[tuple[str, bool]] = set()
    checked = 0
    for entry in world.trace.entries:
        if isinstance(entry, Sent) and entry.verdict is Verdict.ACKNOWLEDGED:
            acknowledged.add((entry.uri, entry.kind == "create"))
        elif settled := settled_skills(entry):
            covered = order[:settled]
            assert acknowledged.issuperset(covered), "settled, but not acknowledged"
            checked += len(covered)
    assert checked > 100
