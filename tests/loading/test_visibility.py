"""What is stored and can not be found is told from what can, index by index."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from ingest.esco_classes import esco_schemas
from ingest.objects import object_id
from ingest.target import TargetObject, Vector
from ingest.visibility import unfiltered, unindexed
from tests.loading.runs import World
from tests.loading.sources import Read, grid, skill_uri
from tests.loading.tearing import TearingTarget, spoil

URIS = {object_id(skill_uri(number)): skill_uri(number) for number in range(12)}


class Counting(TearingTarget):
    """Counts the requests; its filters find what its vector index lost."""

    lookups = 0
    sweeps = 0
    most: int | None = None  # of the nearest that a search shows

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        return True

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        self.lookups += 1
        return await super().filtered(class_name, uris)

    async def found_by_vector(self, sought: TargetObject) -> bool:
        self.lookups += 1
        return await super().found_by_vector(sought)

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        self.sweeps += 1
        return await super().nearest(class_name, vector, limit=self.most or limit)


async def loaded(read: Read) -> tuple[World, Counting]:
    world = World(read(grid(12)))
    await world.load()
    return world, Counting(schemas=esco_schemas(), database=world.database)


def skill_id(number: int) -> UUID:
    return object_id(skill_uri(number))


async def test_what_only_the_vector_index_lost_is_unindexed_and_not_unfiltered(read: Read) -> None:
    world, target = await loaded(read)
    world.database.torn.add(skill_id(4))
    assert await unfiltered(target, "Skill", URIS) == set()
    assert await unindexed(target, "Skill", URIS) == {skill_id(4)}


async def test_two_sweeps_are_enough_for_what_they_show(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.visibility.LEAST_GAIN", 3)
    world, target = await loaded(read)
    world.database.torn |= {skill_id(4), skill_id(5)}
    assert await unindexed(target, "Skill", URIS) == {skill_id(4), skill_id(5)}
    assert (target.sweeps, target.lookups) == (2, 2)


async def test_what_no_sweep_shows_is_looked_up_on_its_own(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.visibility.LEAST_GAIN", 3)
    world, target = await loaded(read)
    target.most = 1
    world.database.torn.add(skill_id(4))
    assert await unindexed(target, "Skill", URIS) == {skill_id(4)}
    assert target.lookups >= 8


async def test_an_object_without_a_vector_is_found_by_none(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.visibility.LEAST_GAIN", 3)
    world, target = await loaded(read)
    for number in range(12):
        spoil(world.database, "Skill", skill_id(number), vector=None)
    assert await unindexed(target, "Skill", URIS) == set(URIS)


async def test_many_uris_are_asked_for_in_parts(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.visibility.URIS_PER_FILTER", 5)
    _, target = await loaded(read)
    gone = object_id(skill_uri(99))
    assert await unfiltered(target, "Skill", {**URIS, gone: skill_uri(99)}) == {gone}
    assert target.lookups == 3
