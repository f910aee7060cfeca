"""What another attempt or another run sends again, and what it does not."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest

from ingest.target import Reply, TargetObject
from journal import UNSETTLED, Choice, Status
from journal.errors import leading
from journal.events import Checkpoint, Event, Recorded, Started, StepCompleted, Suspect
from tests.loading.runs import Killed, Life, World
from tests.loading.sources import (
    HandMade,
    Read,
    grid,
    member,
    needs,
    skill,
    skill_uri,
    with_cycles,
)
from tests.loading.tearing import Fault, Sent, TearingTarget, content, spoil
from tests.loading.trouble import skill_id


def started(world: World) -> Started:
    event = world.events(Started)[-1].event
    assert isinstance(event, Started)
    return event


async def broken_at(world: World, uri: str) -> None:
    """Load until the object is sent, and fail there."""

    def fault(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if any(each.uri == uri for each in objects):
            raise RuntimeError("the program has a bug")
        return None

    with pytest.raises(RuntimeError):
        await world.load(faults=fault)


async def test_a_resume_sends_nothing_before_its_checkpoint_and_the_window_twice(
    read: Read,
) -> None:
    world = World(read(HandMade([skill(number) for number in range(60)])), window=10)
    await broken_at(world, skill_uri(33))
    last = world.events(Checkpoint)[-1].event
    assert isinstance(last, Checkpoint)
    settled = last.settled
    assert 20 <= settled <= 33
    report = await world.load()
    assert report.choice is Choice.RESUME
    kinds = [world.trace.kinds(skill_uri(number)) for number in range(60)]
    assert kinds[:settled] == [[]] * settled
    assert kinds[settled : settled + 10] == [["blank", "whole"]] * 10
    assert kinds[settled + 10 :] == [["whole"]] * (50 - settled)


async def test_a_kill_right_before_the_end_of_a_step_costs_nothing_of_it(read: Read) -> None:
    """The last checkpoint covers the whole step: nothing of it is sent again, or in doubt."""
    catalogue = read(HandMade([skill(number) for number in range(30)]))
    quiet = World(catalogue, window=10)
    await quiet.load()
    last = {each.event.step: each.seq for each in quiet.events(StepCompleted)}  # type: ignore[union-attr]
    world = World(catalogue, window=10)
    with pytest.raises(BaseException) as ended:
        await world.load(life=Life(at_event=last["skills"]))
    assert isinstance(leading(ended.value), Killed)
    await world.load()
    assert [world.trace.kinds(skill_uri(number)) for number in range(30)] == [[]] * 30
    assert started(world).suspects == (
        Suspect(step="skills", settled=30, window=10, fingerprint="f1"),
    )


async def test_another_input_after_an_unfinished_one_writes_the_whole_step_twice(
    read: Read,
) -> None:
    """Positions of another order mean nothing."""
    world = World(read(HandMade([skill(number) for number in range(30)])), window=10)
    await broken_at(world, skill_uri(12))
    world.catalogue = read(HandMade([skill(number) for number in reversed(range(30))]))
    world.fingerprint = "f2"
    report = await world.load()
    assert report.choice is Choice.BEGIN
    assert [world.trace.kinds(skill_uri(number)) for number in range(30)] == [
        ["blank", "whole"]
    ] * 30


async def torn_and_replaced(read: Read, life: Life | None = None) -> World:
    """Return a world in which an input of twelve was abandoned and one of eleven loaded after it.

    The twelfth object is torn. `life` is that of the load in between.
    """
    abandoned, between = (
        read(HandMade([*map(skill, range(count))], [needs(5, 4)])) for count in (12, 11)
    )
    world, first = World(abandoned), Life()
    with pytest.raises(BaseException):  # noqa: B017 - whatever a death looks like from outside
        await world.load(life=first, before_verify=first.end)
    world.database.torn.add(skill_id(11))
    world.catalogue, world.fingerprint = between, "f2"
    with suppress(BaseException):
        await world.load(life=life)
    world.catalogue, world.fingerprint = abandoned, "f1"
    return world


async def test_what_an_abandoned_input_left_torn_is_mended_once_it_is_an_input_again(
    read: Read,
) -> None:
    """The run in between does not know the object, and completes without it."""
    world = await torn_and_replaced(read)
    [between, _] = await world.runs()
    assert between.status is Status.COMPLETED
    assert between.summary == {**between.summary, "extra": 1, UNSETTLED: "skills"}

    report = await world.load()

    assert report.state.status is Status.COMPLETED
    assert world.database.torn == set()
    assert world.trace.kinds(skill_uri(11)) == ["blank", "whole"]
    assert UNSETTLED not in report.state.summary
    await world.load(choice=Choice.BEGIN)
    assert world.trace.sent() == []


@pytest.mark.parametrize("before_the_end", [0, 1, 2])
async def test_it_is_also_mended_where_the_run_in_between_was_killed_at_its_end(
    before_the_end: int, read: Read
) -> None:
    """It had looked, and named the step; it did not get to say that it is completed."""
    undisturbed = Life()
    await torn_and_replaced(read, undisturbed)
    world = await torn_and_replaced(read, Life(at_event=undisturbed.events - before_the_end))
    [between, _] = await world.runs()
    assert between.status is Status.IN_PROGRESS

    report = await world.load()

    assert report.state.status is Status.COMPLETED
    assert world.database.torn == set()


async def test_an_extra_object_that_nobody_could_take_for_a_whole_one_leaves_nothing_behind(
    read: Read,
) -> None:
    world = await torn_and_replaced(read)
    spoil(world.database, "Skill", skill_id(11), vector=None)
    world.catalogue = read(HandMade([*map(skill, range(11))], [needs(5, 4)]))
    world.fingerprint = "f2"
    report = await world.load(choice=Choice.BEGIN)
    assert report.state.summary["extra"] == 1
    assert UNSETTLED not in report.state.summary


async def test_a_restart_with_the_same_input_writes_only_the_window_twice(read: Read) -> None:
    world = World(read(HandMade([skill(number) for number in range(40)])), window=10)
    await broken_at(world, skill_uri(22))
    last = world.events(Checkpoint)[-1].event
    assert isinstance(last, Checkpoint)
    settled = last.settled
    await world.load(choice=Choice.BEGIN)
    kinds = [world.trace.kinds(skill_uri(number)) for number in range(40)]
    assert kinds[settled : settled + 10] == [["blank", "whole"]] * 10
    assert kinds[:settled] + kinds[settled + 10 :] == [["whole"]] * 30


async def test_a_step_that_is_not_known_any_more_makes_everything_suspect(read: Read) -> None:
    world = World(read(HandMade([*map(skill, range(5))])))
    await broken_at(world, skill_uri(2))
    # The attempt before was of a version whose steps were named otherwise.
    for place, recorded in list(world.log.events.items()):
        event = recorded.event
        if isinstance(event, Started):
            steps = tuple("talents" if step == "skills" else step for step in event.steps)
            changed: Event = replace(event, steps=steps)
        elif hasattr(event, "step") and event.step == "skills":
            changed = replace(event, step="talents")  # type: ignore[arg-type]
        else:
            continue
        world.log.events[place] = replace(recorded, event=changed)
    world.fingerprint = "f2"
    await world.load()
    assert [world.trace.kinds(skill_uri(number)) for number in range(5)] == [["blank", "whole"]] * 5


async def test_a_forced_run_after_a_completed_one_embeds_and_sends_nothing_anew(
    read: Read,
) -> None:
    world = World(read(with_cycles()))
    await world.load()
    before = content(world.database)
    world.embedder.texts = 0
    report = await world.load(choice=Choice.BEGIN)
    assert started(world).trusted
    assert world.trace.sent(class_name="Skill") == []
    assert world.trace.requests == 0
    assert report.state.counts["Skill"] == 40
    assert content(world.database) == before


async def test_one_changed_record_is_the_only_one_sent(read: Read) -> None:
    source = grid(40)
    world = World(read(source))
    await world.load()
    before = content(world.database)["Skill"]
    world.embedder.texts = 0
    source.concepts_read = [
        skill(5, description="another") if each.uri == skill_uri(5) else each  # type: ignore[union-attr]
        for each in source.concepts_read
    ]
    world.catalogue = read(source)
    world.fingerprint = "f2"
    await world.load(choice=Choice.BEGIN)
    assert [(sent.uri, sent.kind) for sent in world.trace.sent()] == [(skill_uri(5), "whole")]
    assert world.embedder.texts == 1
    after = content(world.database)["Skill"]
    assert {key for key in after if after[key] != before[key]} == {skill_id(5)}


async def test_a_run_after_an_unfinished_one_skips_nothing(read: Read) -> None:
    world = World(read(HandMade([*map(skill, range(6))])))
    await world.load()
    await world.load(choice=Choice.BEGIN)
    world.fingerprint = "f2"
    world.catalogue = read(HandMade([*map(skill, range(7))]))
    await broken_at(world, skill_uri(6))
    world.fingerprint = "f3"
    world.catalogue = read(HandMade([*map(skill, range(6))]))
    await world.load()
    assert not started(world).trusted
    assert all(world.trace.kinds(skill_uri(number)) for number in range(6))


async def test_a_suspect_is_written_twice_even_if_its_hash_is_right(read: Read) -> None:
    """A trusted run was killed; its torn write left the right hash."""
    world = World(read(HandMade([*map(skill, range(6))])))
    await world.load()
    world.catalogue = read(HandMade([skill(n, description="new") for n in range(6)]))
    world.fingerprint = "f2"

    def torn_then_broken(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if request == 1:
            return Fault(applied=6, torn=6)
        raise RuntimeError("the program has a bug")

    with pytest.raises(RuntimeError):
        await world.load(faults=torn_then_broken, choice=Choice.BEGIN)
    assert len(world.database.torn) > 0
    report = await world.load()
    assert report.choice is Choice.RESUME
    assert started(world).trusted
    assert world.trace.kinds(skill_uri(0)) == ["blank", "whole"]
    done = next(
        at
        for at, entry in enumerate(world.trace.entries)
        if isinstance(entry, Recorded) and isinstance(entry.event, StepCompleted)
    )
    assert not any(isinstance(entry, Sent) for entry in world.trace.entries[done:])  # not mended
    assert world.database.torn == set()


async def test_dropped_relations_reach_the_totals(read: Read) -> None:
    world = World(read(grid(4, [member(0, 7), needs(1, 9)])))
    report = await world.load()
    assert report.state.dangling == {"Skill.memberOfSkillGroup": 1, "Skill.hasOptionalSkill": 1}
    assert report.state.summary["total_skills"] == 4
    assert report.state.summary["total_relations"] == 5
    completed = [event.event for event in world.events(StepCompleted)]
    assert [(each.step, each.position, each.of) for each in completed] == [  # type: ignore[union-attr]
        ("schema", 1, 7),
        ("isco_groups", 2, 7),
        ("skill_groups", 3, 7),
        ("skill_collections", 4, 7),
        ("skills", 5, 7),
        ("occupations", 6, 7),
        ("verify", 7, 7),
    ]


@pytest.mark.parametrize("how", ["resumed", "begun anew", "another input"])
async def test_what_verify_was_writing_when_it_died_is_in_doubt_in_every_step(
    how: str, read: Read
) -> None:
    """It writes records of any step. Written once, equal, what it left torn would stay so."""
    world, life = World(read(HandMade([*map(skill, range(12))])), window=4), Life()
    verifies: list[bool] = []

    def before_verify() -> None:
        verifies.append(True)
        del world.database.classes["Skill"].objects[skill_id(1)]

    def faults(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if not verifies or objects[0].vector is None:
            return None
        life.is_over = True  # with the whole write on its way, and it lands torn
        return Fault(applied=len(objects), torn=len(objects))

    with suppress(BaseException):
        await world.load(faults=faults, life=life, before_verify=before_verify)
    assert world.database.torn == {skill_id(1)}

    torn_before_verify: list[set[UUID]] = []
    if how == "another input":
        world.fingerprint = "f2"
    report = await world.load(
        choice=Choice.BEGIN if how == "begun anew" else None,
        before_verify=lambda: torn_before_verify.append(set(world.database.torn)),
    )
    assert report.state.status is Status.COMPLETED
    assert world.database.torn == set()
    assert how == "resumed" or torn_before_verify == [set()]


async def test_a_resumed_step_with_nothing_left_to_send_has_the_index_written_out(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of what it settled before may stand in the server's memory only."""
    monkeypatch.setattr("journal.step.CHECKPOINT_SECONDS", 0.0)
    world, flushed = World(read(HandMade([*map(skill, range(12))]))), list[str]()

    class Noted(TearingTarget):
        async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
            flushed.extend(each.uri for each in objects)
            return await super().flush(objects, timeout_seconds=timeout_seconds)

    def noted(target: TearingTarget) -> TearingTarget:
        target.__class__ = Noted
        return target

    undisturbed = World(world.catalogue)
    await undisturbed.load()
    events = [each.event for each in undisturbed.trace.entries if isinstance(each, Recorded)]
    ended = [isinstance(each, StepCompleted) and each.step == "skills" for each in events]
    with suppress(BaseException):  # all of them are settled, and the step has not ended
        await world.load(life=Life(at_event=ended.index(True) + 1))
    last = world.events(Checkpoint)[-1].event
    assert isinstance(last, Checkpoint)
    assert last.settled == 12
    in_time: list[str] = []
    await world.load(change=noted, before_verify=lambda: in_time.extend(flushed))
    assert in_time == [skill_uri(number) for number in range(12)]
