"""Validation: read-only, the journal first, and honest about what it can not know."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from ingest.esco_classes import esco_schemas
from ingest.objects import object_id
from ingest.report import ClassReport, RelationReport, ValidationReport
from ingest.target import TargetObject
from ingest.validation import not_completed, validate_against_digests, validate_against_input
from journal import Choice, RunState, Status
from tests.loading.runs import World
from tests.loading.sources import Read, fresh, grid, skill_uri
from tests.loading.tearing import TearingTarget, content, spoil


def skill_id(number: int) -> UUID:
    return object_id(skill_uri(number))


async def loaded(read: Read, *, skills: int = 12, refusing: frozenset[str] = frozenset()) -> World:
    world = World(read(grid(skills)))
    await world.load(refusing=refusing)
    return world


async def validated(world: World, *, deep: bool = False) -> ValidationReport:
    """Validate against the input, as a process that never loaded it."""
    before = content(world.database)
    report = await validate_against_input(
        await state(world),
        fresh(world.catalogue),
        reader(world),
        embedder=world.embedder if deep else None,
    )
    assert content(world.database) == before
    return report


async def digested(world: World) -> ValidationReport:
    """Validate without the input."""
    return await validate_against_digests(await state(world), reader(world))


async def state(world: World) -> RunState:
    return (await world.runs())[0]


def reader(world: World) -> TearingTarget:
    return TearingTarget(schemas=esco_schemas(), database=world.database)


def stored(world: World, number: int) -> TargetObject:
    return world.database.classes["Skill"].objects[skill_id(number)]


def remove(world: World, number: int) -> None:
    del world.database.classes["Skill"].objects[skill_id(number)]


def relabel(world: World, number: int, *, with_hash: bool) -> None:
    changed = {"preferredLabel": "mine", **({"contentHash": "mine"} if with_hash else {})}
    properties = {**stored(world, number).properties, **changed}
    spoil(world.database, "Skill", skill_id(number), properties=properties)


def add_stranger(world: World) -> None:
    """Put an object there that is not in the input; it holds one reference."""
    key = UUID(int=7)
    world.database.classes["Skill"].objects[key] = replace(
        stored(world, 2), id=key, references={"hasOptionalSkill": (skill_id(1),)}
    )


def test_what_is_not_completed_is_not_valid_and_says_why() -> None:
    report = not_completed(RunState(status=Status.FAILED), status="failed")
    assert not report.valid
    assert report.ingestion_status == "failed"
    assert report.errors == ["the ingestion is failed, not completed; resume or run it first"]


def test_a_repair_that_was_cut_short_names_its_own_way_out() -> None:
    report = not_completed(
        RunState(status=Status.FAILED, attributes={"repair": True}), status="failed"
    )
    assert report.errors == [
        "the ingestion is failed, not completed; go on with `varity-journal repair`, or load"
        " everything anew"
    ]


async def test_what_was_just_loaded_is_valid_in_every_way(read: Read) -> None:
    world = await loaded(read)
    for report in (
        await validated(world),
        await validated(world, deep=True),
        await digested(world),
    ):
        assert report.valid
        assert report.ingestion_status == "completed"
        assert report.errors == []
        assert report.classes["Skill"].expected == report.classes["Skill"].found == 12
        assert report.relations["Skill.memberOfSkillGroup"] == RelationReport(expected=12, found=12)
        assert report.relations["Skill.hasOptionalSkill"] == RelationReport(expected=4, found=4)


async def test_rejected_records_are_not_missed(read: Read) -> None:
    world = await loaded(read, refusing=frozenset({skill_uri(1)}))
    for report in (
        await validated(world),
        await validated(world, deep=True),
        await digested(world),
    ):
        assert report.valid
        assert report.classes["Skill"].expected == 11


async def test_missing_different_and_extra_objects_are_told_apart(read: Read) -> None:
    world = await loaded(read)
    remove(world, 6)
    relabel(world, 4, with_hash=True)
    add_stranger(world)
    report = await validated(world)
    assert not report.valid
    assert report.classes["Skill"] == ClassReport(
        expected=12,
        found=12,
        missing=1,
        extra=1,
        different=1,
        invisible=0,
        missing_keys=[skill_uri(6)],
        extra_keys=["00000000-0000-0000-0000-000000000007"],
        different_keys=[skill_uri(4)],
        invisible_keys=[],
    )
    assert report.errors == [
        "Skill: 1 missing, 1 different",
        "Skill.memberOfSkillGroup: expected 12 references, found 11",
    ]


async def test_extra_objects_alone_fail_nothing(read: Read) -> None:
    world = await loaded(read)
    add_stranger(world)
    report = await validated(world)
    assert report.valid
    assert report.classes["Skill"].extra == 1
    assert report.relations["Skill.hasOptionalSkill"] == RelationReport(expected=4, found=4)


async def test_lost_references_under_the_right_hash_are_seen_by_their_number(read: Read) -> None:
    world = await loaded(read)
    spoil(world.database, "Skill", skill_id(5), references={})
    for report in (await validated(world), await digested(world)):
        assert not report.valid
        assert "Skill.hasOptionalSkill: expected 4 references, found 3" in report.errors


async def test_a_reference_lost_here_and_one_doubled_there_do_not_make_up_for_each_other(
    read: Read,
) -> None:
    world = await loaded(read)
    held = stored(world, 5).references
    spoil(world.database, "Skill", skill_id(5), references={**held, "hasOptionalSkill": ()})
    too_many = {**stored(world, 8).references, "hasOptionalSkill": (skill_id(7), skill_id(6))}
    spoil(world.database, "Skill", skill_id(8), references=too_many)
    report = await validated(world)
    assert report.relations["Skill.hasOptionalSkill"] == RelationReport(expected=4, found=4)
    assert not report.valid
    assert report.classes["Skill"].different_keys == [skill_uri(5), skill_uri(8)]
    assert report.errors == ["Skill: 0 missing, 2 different"]


@pytest.mark.parametrize("deep", [False, True])
async def test_an_object_that_no_search_finds_is_invisible_and_not_indexed(
    deep: bool, read: Read
) -> None:
    world = await loaded(read)
    world.database.torn |= {skill_id(4), skill_id(6)}
    report = await validated(world, deep=deep)
    assert not report.valid
    assert report.classes["Skill"] == ClassReport(
        expected=12,
        found=12,
        invisible=2,
        missing_keys=[],
        extra_keys=[],
        different_keys=[],
        invisible_keys=[skill_uri(4), skill_uri(6)],
    )
    assert report.errors == ["Skill: 0 missing, 0 different, 2 invisible"]
    assert report.skills_indexed == 10
    assert report.occupations_indexed == 0


async def test_an_invisible_object_is_seen_without_the_input_as_well(read: Read) -> None:
    world = await loaded(read)
    world.database.torn.add(skill_id(4))
    report = await digested(world)
    assert not report.valid
    assert report.classes["Skill"].invisible_keys == [skill_uri(4)]
    assert report.errors == ["Skill: 1 invisible"]
    assert report.skills_indexed == 11


async def test_only_a_deep_look_sees_a_change_under_the_old_hash(read: Read) -> None:
    world = await loaded(read)
    relabel(world, 4, with_hash=False)
    assert (await validated(world)).valid
    deep = await validated(world, deep=True)
    assert not deep.valid
    assert deep.classes["Skill"].different_keys == [skill_uri(4)]


async def test_only_a_deep_look_sees_another_vector(read: Read) -> None:
    world = await loaded(read)
    turned = np.roll(np.asarray(stored(world, 4).vector), 1)
    spoil(world.database, "Skill", skill_id(4), vector=turned)
    assert (await validated(world)).valid
    deep = await validated(world, deep=True)
    assert not deep.valid
    assert deep.classes["Skill"].different_keys == [skill_uri(4)]


@pytest.mark.parametrize("deep", [False, True])
async def test_an_object_that_lost_its_vector_is_invisible(deep: bool, read: Read) -> None:
    world = await loaded(read)
    spoil(world.database, "Skill", skill_id(5), vector=None)
    report = await validated(world, deep=deep)
    assert not report.valid
    assert report.classes["Skill"].invisible_keys == [skill_uri(5)]
    assert report.classes["Skill"].different == int(deep)


async def test_a_vector_that_differs_in_its_last_bits_is_the_same(read: Read) -> None:
    world = await loaded(read)
    nudged = (stored(world, 4).vector * np.float32(1 - 1e-6)).astype(np.float32)  # type: ignore[operator]
    spoil(world.database, "Skill", skill_id(4), vector=nudged)
    assert (await validated(world, deep=True)).valid


# --- without the input ----------------------------------------------------------------------------


async def test_without_the_input_a_changed_hash_is_seen(read: Read) -> None:
    world = await loaded(read)
    relabel(world, 4, with_hash=True)
    report = await digested(world)
    assert not report.valid
    assert report.classes["Skill"].different == 1
    assert report.errors == [
        "Skill: its objects are not those that the run left; what differs can only be said with"
        " the input at hand"
    ]


async def test_without_the_input_a_missing_object_is_seen(read: Read) -> None:
    world = await loaded(read)
    remove(world, 0)
    report = await digested(world)
    assert not report.valid
    assert report.classes["Skill"].missing == 1


async def test_without_the_input_an_exchanged_object_is_seen(read: Read) -> None:
    world = await loaded(read)
    remove(world, 0)
    add_stranger(world)
    assert not (await digested(world)).valid


async def test_extra_objects_that_the_run_found_do_not_hide_a_change(read: Read) -> None:
    world = await loaded(read)
    world.catalogue = read(grid(9))
    world.fingerprint = "f2"
    await world.load(choice=Choice.BEGIN)
    report = await digested(world)
    assert report.valid
    assert (report.classes["Skill"].expected, report.classes["Skill"].found) == (9, 12)
    assert report.classes["Skill"].extra == 3
    relabel(world, 4, with_hash=True)
    assert not (await digested(world)).valid


async def test_an_extra_object_that_came_later_leaves_nothing_vouched_for(read: Read) -> None:
    world = await loaded(read)
    add_stranger(world)
    report = await digested(world)
    assert not report.valid
    assert report.classes["Skill"].extra == 1
    relabel(world, 4, with_hash=True)
    assert not (await digested(world)).valid
