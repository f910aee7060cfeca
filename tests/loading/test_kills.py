"""The process may end at any event and at any request, and the next one finishes its work.

Each kill is followed by a quiet resume; what is then in the database, in the journal and in
every index must be what a load that nobody disturbed leaves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest

from ingest.catalogue import Catalogue
from ingest.objects import object_id
from ingest.target import TargetObject
from journal import Choice, Status
from journal.errors import leading
from journal.events import Checkpoint, StepCompleted, StepStarted
from tests.loading.runs import CountingEmbedder, Killed, Life, World
from tests.loading.sources import Read, skill_uri, with_cycles
from tests.loading.tearing import Fault, FaultPlan, content, no_fault, spoil

Content = Mapping[str, Mapping[UUID, object]]

EMBEDDER = CountingEmbedder()  # its memory of vectors is all that the loads here share


@dataclass(frozen=True, slots=True)
class Quiet:
    """An undisturbed load: how many events and requests it has, and what it leaves."""

    events: int
    requests: int
    left: Content


@pytest.fixture(scope="module")
def quiet(sample: Catalogue) -> Quiet:
    """The undisturbed load of the sample."""
    life, world = Life(), of_sample(sample)
    asyncio.run(world.load(life=life))
    return Quiet(life.events, life.requests, content(world.database))


def of_sample(sample: Catalogue) -> World:
    return World(sample, window=32, embedder=EMBEDDER)


def torn_at(at: int, *, seed: int) -> FaultPlan:
    """Request `at`, which the kill cuts short, is applied in part, and torn in part."""
    random = Random(seed)

    def fault(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if request != at:
            return None
        applied = random.randint(0, len(objects))
        return Fault(applied=applied, torn=random.randint(0, applied))

    return fault


async def killed(world: World, life: Life, faults: FaultPlan = no_fault) -> None:
    with pytest.raises(BaseException) as ended:
        await world.load(life=life, faults=faults)
    assert isinstance(leading(ended.value), Killed), ended.value


async def assert_resumes(world: World, expected: Content) -> None:
    """Resume, and compare with the undisturbed load: database, counts, history, steps."""
    done = {event.event.step for event in world.events(StepCompleted)}  # type: ignore[union-attr]
    attempts = len({epoch for _, epoch, _ in world.log.events})
    report = await world.load()
    assert report.state.status is Status.COMPLETED
    assert content(world.database) == expected
    [run] = await world.runs()
    assert run.attempt == attempts + 1
    assert run.counts == {
        "ISCOGroup": 30,
        "SkillGroup": 30,
        "SkillCollection": 6,
        "Skill": 180,
        "Occupation": 54,
    }
    assert run.dangling == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.broaderSkill": 1,
        "Occupation.hasEssentialSkill": 2,
        "Occupation.hasOptionalSkill": 1,
    }
    newest = max(epoch for _, epoch, _ in world.log.events)
    begun = [event for event in world.events(StepStarted) if event.epoch == newest]
    assert done.isdisjoint(event.event.step for event in begun)  # type: ignore[union-attr]


async def test_an_undisturbed_load_has_events_of_every_kind(sample: Catalogue) -> None:
    """So that the kills below meet all of them."""
    world = of_sample(sample)
    await world.load()
    assert len(world.events(StepCompleted)) == 7
    assert len(world.events(Checkpoint)) > 5
    assert len(world.trace.sent()) > 300


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
async def test_a_kill_at_any_event_changes_nothing_in_the_end(
    lands: bool, sample: Catalogue, quiet: Quiet
) -> None:
    for at in range(1, quiet.events + (0 if lands else 1)):
        world = of_sample(sample)
        await killed(world, Life(at_event=at, lands=lands))
        await assert_resumes(world, quiet.left)


async def test_a_kill_after_the_last_event_leaves_nothing_to_do(
    sample: Catalogue, quiet: Quiet
) -> None:
    world = of_sample(sample)
    await killed(world, Life(at_event=quiet.events, lands=True))
    report = await world.load()
    assert report.choice is Choice.SKIP
    assert content(world.database) == quiet.left
    assert world.trace.entries == []


@pytest.mark.parametrize("part", range(4))
async def test_a_kill_at_a_request_that_tears_changes_nothing_in_the_end(
    part: int, sample: Catalogue, quiet: Quiet
) -> None:
    for at in range(1 + part, quiet.requests, 4):
        world = of_sample(sample)
        await killed(world, Life(at_request=at + 1), torn_at(at, seed=at))
        await assert_resumes(world, quiet.left)


@pytest.mark.parametrize("seed", range(6))
async def test_kill_after_kill_changes_nothing_in_the_end(
    seed: int, sample: Catalogue, quiet: Quiet
) -> None:
    random, world = Random(seed), of_sample(sample)
    for _ in range(4):
        at = random.randint(1, 5)
        await killed(world, Life(at_request=at + 1), torn_at(at, seed=random.randrange(999)))
    await assert_resumes(world, quiet.left)


@pytest.mark.parametrize("choice", [Choice.RESUME, Choice.BEGIN])
async def test_what_was_torn_while_it_was_mended_is_found_by_the_next_attempt(
    choice: Choice, read: Read
) -> None:
    """A repair of `verify` is killed: the hash is right already, and no index knows the object."""
    world = World(read(with_cycles()))
    await world.load()
    expected = content(world.database)
    key = object_id(skill_uri(11))
    spoil(world.database, "Skill", key, references={})  # under its old hash: `verify` mends it

    def whole_is_torn(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        return Fault(applied=1, torn=1) if request == 2 else None

    with pytest.raises(BaseException) as ended:
        await world.load(choice=Choice.BEGIN, life=Life(at_request=3), faults=whole_is_torn)
    assert isinstance(leading(ended.value), Killed)
    assert world.trace.kinds(skill_uri(11)) == ["blank", "whole"]
    assert world.database.torn == {key}
    await world.load(choice=choice)
    assert content(world.database) == expected
