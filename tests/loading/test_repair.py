"""`repair` over a target that tears: what is wrong is mended, and nothing else is touched."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from ingest.esco_classes import esco_schemas
from ingest.loader import Workshop
from ingest.objects import object_id
from ingest.repair import (
    NotRepairable,
    check_repairable,
    mended_by_class,
    patient_of,
    repair_pipeline,
)
from ingest.report import run_document
from ingest.target import TargetObject
from ingest.validation import validate_against_input
from journal import Choice, RunState, Status, StepFailed, execute
from journal.clock import system_clock
from journal.events import Completed, Rejected
from journal.runner import Report
from tests.loading.runs import Life, MortalStore, World
from tests.loading.sources import Read, fresh, skill_uri, with_cycles
from tests.loading.tearing import (
    Fault,
    FaultPlan,
    TearingTarget,
    Trace,
    content,
    no_fault,
    spoil,
)


def skill_id(number: int) -> UUID:
    return object_id(skill_uri(number))


async def loaded(read: Read, *, refusing: frozenset[str] = frozenset()) -> World:
    world = World(read(with_cycles()))
    await world.load(refusing=refusing)
    return world


async def quiet(read: Read) -> object:
    return content((await loaded(read)).database)


class Crowding(TearingTarget):
    """What is written anew takes the place in the vector index of another object, once."""

    crowds: tuple[int, int] = (0, 0)

    def _index(self, before: TargetObject | None, after: TargetObject, *, is_torn: bool) -> None:
        super()._index(before, after, is_torn=is_torn)
        writes, takes = self.crowds
        if after.vector is not None and after.id == skill_id(writes):
            self.crowds = (-1, -1)
            self.database.torn.add(skill_id(takes))


async def repaired(
    world: World,
    *,
    deep: bool = False,
    life: Life | None = None,
    faults: FaultPlan = no_fault,
    refusing: frozenset[str] = frozenset(),
    crowds: tuple[int, int] = (-1, -1),
) -> Report:
    """Be one process that repairs; `trace` begins anew."""
    life = life or Life()
    world.trace = Trace()
    target = Crowding(
        schemas=esco_schemas(),
        database=world.database,
        trace=world.trace,
        faults=faults,
        refusing=refusing,
        before_request=life.request,
    )
    target.crowds = crowds
    workshop = Workshop(
        catalogue=fresh(world.catalogue),
        target=target,
        embedder=world.embedder,
        clock=system_clock(),
        request_seconds=5.0,
        unsure=set(),
    )
    events = [world.log.events[place] for place in sorted(world.log.events)]
    patient = patient_of(events)
    assert patient is not None
    try:
        return await execute(
            repair_pipeline(workshop, patient, deep=deep, versions={}),
            MortalStore(world.log, life),
            choose=lambda state: Choice.RESUME if state.is_unfinished else Choice.BEGIN,
        )
    finally:
        world.bury()


async def is_valid(world: World) -> bool:
    """Whether a deep validation, by a process that knows nothing, finds no fault."""
    reader = TearingTarget(schemas=esco_schemas(), database=world.database)
    state = (await world.runs())[0]
    report = await validate_against_input(
        state, fresh(world.catalogue), reader, embedder=world.embedder
    )
    return report.valid


def damage(world: World) -> None:
    """Remove, change, tear, rob: one object each, one on a cycle among them."""
    objects = world.database.classes["Skill"].objects
    del objects[skill_id(7)]
    del objects[skill_id(30)]
    spoil(world.database, "Skill", skill_id(4), properties=changed(objects[skill_id(4)]))
    spoil(world.database, "Skill", skill_id(5), references={})
    world.database.torn.add(skill_id(10))


def changed(stored: TargetObject) -> dict[str, object]:
    return {**stored.properties, "preferredLabel": "mine", "contentHash": "mine"}


DAMAGED = {4, 5, 7, 10, 30}


async def test_what_is_wrong_is_mended_and_nothing_else_is_sent(read: Read) -> None:
    world = await loaded(read)
    damage(world)
    assert not await is_valid(world)
    report = await repaired(world)
    assert report.state.status is Status.COMPLETED
    assert content(world.database) == await quiet(read)
    assert await is_valid(world)
    sent = {entry.uri for entry in world.trace.sent()}
    assert sent == {skill_uri(number) for number in DAMAGED}
    assert world.trace.kinds(skill_uri(10)) == ["blank", "whole"]
    assert mended_by_class(report.state) == {"Skill": 5}


async def test_a_repair_of_nothing_sends_nothing(read: Read) -> None:
    world = await loaded(read)
    report = await repaired(world, deep=True)
    assert world.trace.requests == 0
    assert report.state.summary["mended"] == 0


async def test_only_a_deep_repair_mends_what_the_hash_hides(read: Read) -> None:
    world = await loaded(read)
    stored = world.database.classes["Skill"].objects[skill_id(4)]
    spoil(
        world.database,
        "Skill",
        skill_id(4),
        properties={**stored.properties, "preferredLabel": "mine"},
    )
    turned = np.roll(np.asarray(world.database.classes["Skill"].objects[skill_id(6)].vector), 1)
    spoil(world.database, "Skill", skill_id(6), vector=turned)
    await repaired(world)
    assert not await is_valid(world)
    report = await repaired(world, deep=True)
    assert content(world.database) == await quiet(read)
    assert mended_by_class(report.state) == {"Skill": 2}


async def test_extra_objects_are_counted_and_kept(read: Read) -> None:
    world = await loaded(read)
    damage(world)
    objects = world.database.classes["Skill"].objects
    objects[UUID(int=7)] = replace(objects[skill_id(2)], id=UUID(int=7))
    report = await repaired(world)
    assert UUID(int=7) in objects
    assert report.state.summary["extra"] == 1
    assert skill_uri(2) not in {entry.uri for entry in world.trace.sent()}


async def test_a_class_that_was_dropped_is_made_and_filled_again(read: Read) -> None:
    world = await loaded(read)
    del world.database.classes["Skill"]
    await repaired(world)
    assert content(world.database) == await quiet(read)


async def test_the_last_event_says_what_the_load_s_said(read: Read) -> None:
    world = await loaded(read, refusing=frozenset({skill_uri(38)}))
    [load] = await world.runs()
    damage(world)
    await repaired(world)
    [mended, _] = await world.runs()
    for name in ("counts", "relations", "dangling", "digests", "fingerprint", "source"):
        assert getattr(mended, name) == getattr(load, name), name
    assert {key for _, key in mended.rejected} == {skill_uri(38)}
    assert mended.summary["total_skills"] == load.summary["total_skills"]
    assert await is_valid(world)
    first, second = world.events(Rejected)
    assert isinstance(first.event, Rejected)
    assert isinstance(second.event, Rejected)
    assert second.event.groups == first.event.groups


async def test_what_was_rejected_stays_rejected_after_two_repairs(read: Read) -> None:
    world = await loaded(read, refusing=frozenset({skill_uri(38)}))
    await repaired(world)
    await repaired(world)
    newest = (await world.runs())[0]
    assert {key for _, key in newest.rejected} == {skill_uri(38)}
    assert await is_valid(world)


async def test_history_says_what_the_runs_are(read: Read) -> None:
    world = await loaded(read)
    await repaired(world)
    runs = await world.runs()
    assert [run_document(run, is_held=None)["kind"] for run in runs] == ["repair", "load"]


# --- cut short ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("at_event", range(1, 6))
async def test_a_repair_killed_at_any_event_is_brought_to_its_end_by_the_next(
    at_event: int, lands: bool, read: Read
) -> None:
    world = await loaded(read)
    damage(world)
    with pytest.raises(BaseException):  # noqa: B017 - whatever a death looks like from outside
        await repaired(world, life=Life(at_event=at_event, lands=lands))
    if not (at_event == 5 and lands):
        assert (await world.runs())[0].status is not Status.COMPLETED or at_event == 1
    await repaired(world)
    assert content(world.database) == await quiet(read)
    assert (await world.runs())[0].status is Status.COMPLETED


@pytest.mark.parametrize("goes_on", ["repair", "ingest"])
@pytest.mark.parametrize("at_request", range(1, 8))
async def test_what_a_kill_in_the_middle_of_a_request_tears_is_mended(
    at_request: int, goes_on: str, read: Read
) -> None:
    world = await loaded(read)
    damage(world)
    life = Life()

    def dies(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if request != at_request:
            return None
        life.is_over = True
        return Fault(applied=len(objects), torn=len(objects))

    with pytest.raises(BaseException):  # noqa: B017
        await repaired(world, faults=dies, life=life)
    assert (await world.runs())[0].status is not Status.COMPLETED
    if goes_on == "repair":
        report = await repaired(world)
        assert report.choice is Choice.RESUME
    else:
        world.window = 16
        report = await world.load(choice=Choice.BEGIN)
        assert {kind for sent in world.trace.sent() for kind in [sent.kind]} >= {"blank", "whole"}
        assert not report.state.trusted
        written = {entry.uri for entry in world.trace.sent(class_name="Skill")}
        assert written == {skill_uri(number) for number in range(40)}
    assert report.state.status is Status.COMPLETED
    assert content(world.database) == await quiet(read)


@pytest.mark.parametrize("at_request", range(1, 8))
async def test_what_a_repair_that_was_killed_had_mended_outlives_a_death(
    at_request: int, read: Read
) -> None:
    """It was written, and the flush after it was not."""
    world = await loaded(read)
    damage(world)
    life = Life()

    def dies(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        life.is_over = request == at_request
        return Fault(applied=len(objects)) if life.is_over else None

    with pytest.raises(BaseException):  # noqa: B017
        await repaired(world, faults=dies, life=life)
    await repaired(world)
    world.database.restart()
    assert content(world.database) == await quiet(read)


async def test_what_a_mended_object_took_the_place_of_is_mended_too(read: Read) -> None:
    world = await loaded(read)
    world.database.torn.add(skill_id(10))
    report = await repaired(world, crowds=(10, 20))
    assert report.state.status is Status.COMPLETED
    assert world.database.torn == set()
    assert world.trace.kinds(skill_uri(20)) == ["blank", "whole"]


async def test_how_many_objects_were_mended_is_counted_over_all_attempts(read: Read) -> None:
    world = await loaded(read)
    damage(world)
    for key in list(world.database.classes["SkillGroup"].objects):
        world.database.torn.add(key)
    with pytest.raises(StepFailed):
        await repaired(world, refusing=frozenset({skill_uri(30)}))
    [failed, _] = await world.runs()
    assert failed.status is Status.FAILED
    assert failed.error == (
        "StepFailed: repair: 1 objects of Skill still differ from the input after 5 repairs, the"
        f" first is {skill_uri(30)}; is something else writing to this class?"
    )
    report = await repaired(world)
    assert report.state.attempt == 2
    assert mended_by_class(report.state)["SkillGroup"] == 2


# --- what there is to mend ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (RunState(), "the ingestion is not_started, .* varity-journal ingest DATA"),
        (
            RunState(status=Status.FAILED),
            "the ingestion is failed, not completed, .* varity-journal ingest --resume",
        ),
        (RunState(status=Status.IN_PROGRESS), "the ingestion is interrupted, .* --resume"),
    ],
)
def test_nothing_but_a_completed_load_can_be_repaired(state: RunState, says: str) -> None:
    with pytest.raises(NotRepairable, match=says):
        check_repairable(state)


async def test_behind_a_repair_that_was_cut_short_the_load_is_found(read: Read) -> None:
    world = await loaded(read)
    with pytest.raises(BaseException):  # noqa: B017
        await repaired(world, life=Life(at_event=3))
    events = [world.log.events[place] for place in sorted(world.log.events)]
    patient = patient_of(events)
    assert patient is not None
    assert patient.load.steps[0] == "schema"
    assert world.events(Completed)[-1].run_id == patient.load.run_id
    assert patient_of([event for event in events if event.run_id != patient.load.run_id]) is None
