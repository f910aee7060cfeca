"""What the target refuses for good: journaled, left out, and referred to by nothing."""

from collections.abc import Sequence

import pytest

from ingest.catalogue import Catalogue
from ingest.objects import object_id
from ingest.records import Rejection
from ingest.target import TargetObject
from journal import Choice, Status
from journal.events import Rejected
from tests.loading.runs import World
from tests.loading.sources import (
    HandMade,
    Read,
    grid,
    needs,
    skill,
    skill_uri,
)
from tests.loading.tearing import Fault, Sent, content
from tests.loading.trouble import positions, seeded, settled_skills, skill_id, undisturbed


async def test_a_refused_record_is_journaled_and_nothing_refers_to_it(read: Read) -> None:
    catalogue = read(HandMade([*map(skill, range(5))], [needs(1, 0), needs(2, 0), needs(4, 3)]))
    world = World(catalogue)
    report = await world.load(refusing=frozenset({skill_uri(0)}))
    assert report.state.status is Status.COMPLETED
    assert report.state.rejected == {("skills", skill_uri(0))}
    assert report.state.counts["Skill"] == 4
    assert report.state.dangling == {"Skill.hasOptionalSkill": 2}
    assert report.state.relations["Skill.hasOptionalSkill"] == 1
    there = world.database.classes["Skill"].objects
    assert set(there) == {skill_id(number) for number in (1, 2, 3, 4)}
    assert there[skill_id(1)].references["hasOptionalSkill"] == ()
    assert there[skill_id(4)].references["hasOptionalSkill"] == (skill_id(3),)
    [event] = world.events(Rejected)
    assert isinstance(event.event, Rejected)
    [group] = event.event.groups
    assert (group.file, group.reason) == ("Skill.csv", "refused by the target: told to")
    assert [(row.line, row.key) for row in group.records] == [(2, skill_uri(0))]


@pytest.mark.parametrize("seed", range(6))
async def test_a_rejection_is_journaled_before_what_hangs_on_it(seed: int, read: Read) -> None:
    catalogue = read(grid(90))
    refused = frozenset(skill_uri(number) for number in range(1, 90, 7))
    world = World(catalogue, window=10)
    await world.load(refusing=refused, faults=seeded(seed), largest_batch=4)
    order = [uri for uri, _ in positions(catalogue)]
    journaled: set[str] = set()
    for entry in world.trace.entries:
        if isinstance(entry, Sent):
            held = {target for held in entry.whole.references.values() for target in held}
            assert not held & {object_id(uri) for uri in refused}
            journaled_or_not_referred = {
                uri for uri in refused if refers(catalogue, entry.uri, uri)
            }
            assert journaled_or_not_referred <= journaled
        elif isinstance(entry.event, Rejected):
            journaled |= {row.key for group in entry.event.groups for row in group.records}
        elif settled := settled_skills(entry):
            assert refused & set(order[:settled]) <= journaled
    assert journaled == refused
    assert content(world.database) == await undisturbed(catalogue, refusing=refused)


def refers(catalogue: Catalogue, holder: str, target: str) -> bool:
    """Whether the input has a reference from holder to target."""
    records = catalogue.classes["Skill"]
    if holder not in records.uris:
        return False
    index = records.uris.index(holder)
    return any(
        records.uris[number] == target
        for links in records.links
        if links.target_class == "Skill"
        for number in links.of(index).tolist()
    )


async def test_rejections_of_a_completed_step_still_count_after_a_resume(read: Read) -> None:
    """The next process never saw them: without the journal it would refer to what is not there."""
    catalogue = read(grid(6))
    refused = frozenset({"http://example.org/group/0001"})
    world = World(catalogue)

    def broken(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if any(each.class_name == "Skill" for each in objects):
            raise RuntimeError("the program has a bug")
        return None

    with pytest.raises(RuntimeError):
        await world.load(refusing=refused, faults=broken)
    report = await world.load(refusing=refused)
    assert report.choice is Choice.RESUME
    assert report.state.dangling == {"Skill.memberOfSkillGroup": 3}
    assert content(world.database) == await undisturbed(catalogue, refusing=refused)


async def test_a_refusal_on_a_cycle_leaves_the_rest_of_the_cycle(read: Read) -> None:
    catalogue = read(HandMade([*map(skill, range(3))], [needs(0, 1), needs(1, 2), needs(2, 0)]))
    world = World(catalogue)
    report = await world.load(refusing=frozenset({skill_uri(1)}))
    there = world.database.classes["Skill"].objects
    assert set(there) == {skill_id(0), skill_id(2)}
    assert there[skill_id(0)].references["hasOptionalSkill"] == ()
    assert there[skill_id(2)].references["hasOptionalSkill"] == (skill_id(0),)
    assert report.state.dangling == {"Skill.hasOptionalSkill": 2}


async def test_bad_rows_are_journaled_once_however_often_the_run_is_resumed(read: Read) -> None:
    bad = Rejection(class_name="Skill", file="Skill.csv", line=9, key="Skill.csv:9", reason="bad")
    world = World(read(HandMade([*map(skill, range(3)), bad])))

    def broken(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        raise RuntimeError("the program has a bug")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await world.load(faults=broken)
    report = await world.load()
    assert report.state.rejected == {("skills", "Skill.csv:9")}
    assert len(world.events(Rejected)) == 1
    assert report.state.counts["Skill"] == 3


async def test_a_repeated_row_that_says_otherwise_leaves_the_first_in_the_load(read: Read) -> None:
    bad = Rejection(
        class_name="Skill", file="Skill.csv", line=9, key=skill_uri(1), reason="said otherwise"
    )
    world = World(read(HandMade([*map(skill, range(3)), bad], [needs(2, 1)])))
    report = await world.load()
    assert set(world.database.classes["Skill"].objects) == {skill_id(0), skill_id(1), skill_id(2)}
    assert report.state.rejected == {("skills", "Skill.csv:9")}
    assert report.state.dangling == {}
