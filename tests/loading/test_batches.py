"""Batches that are too large, levels that wait, a window that holds, memory that does not grow."""

import gc
from collections import Counter
from collections.abc import Sequence

import pytest

from ingest.target import TargetObject, Verdict
from journal.events import Recorded
from tests.loading.runs import World
from tests.loading.sources import (
    HandMade,
    Read,
    skill,
    skill_uri,
    with_cycles,
)
from tests.loading.tearing import Fault, Sent, TearingTarget, content
from tests.loading.trouble import positions, seeded, settled_skills, skill_id, undisturbed


@pytest.mark.parametrize("largest", [1, 2, 7])
async def test_a_batch_that_is_too_large_is_cut_until_it_fits(largest: int, read: Read) -> None:
    catalogue = read(with_cycles(50))
    world = World(catalogue, window=64)
    await world.load(largest_batch=largest)
    assert content(world.database) == await undisturbed(catalogue)
    assert set(Counter(world.trace.kinds(skill_uri(0))).values()) == {1}


async def test_an_object_that_alone_is_too_large_is_rejected(read: Read) -> None:
    world = World(read(HandMade([skill(0), skill(1)])))
    report = await world.load(largest_batch=0)
    assert report.state.rejected == {("skills", skill_uri(0)), ("skills", skill_uri(1))}
    assert report.state.counts["Skill"] == 0


@pytest.mark.parametrize("window", [7, 12, 13])
@pytest.mark.parametrize("seed", range(3))
async def test_no_request_lies_beyond_the_window(seed: int, window: int, read: Read) -> None:
    catalogue = read(with_cycles(120))
    world = World(catalogue, window=window)
    await world.load(faults=seeded(seed, share=0.3), largest_batch=5)
    order = positions(catalogue)
    place = {key: position for position, key in enumerate(order)}
    checkpointed = furthest = 0
    for entry in world.trace.entries:
        if isinstance(entry, Sent) and entry.whole.class_name == "Skill":
            position = place.get((entry.uri, entry.kind == "create"))
            assert position is not None
            assert position < checkpointed + window
            furthest = max(furthest, position - checkpointed)
        elif settled := settled_skills(entry):
            checkpointed = settled
    assert furthest >= window // 2  # the window is used


async def test_a_level_opens_only_when_the_one_before_is_settled(read: Read) -> None:
    """The second pass over the records on cycles is the last level."""
    catalogue = read(with_cycles(120))
    world = World(catalogue, window=1000)
    faults = seeded(3)
    order = catalogue.classes["Skill"].order
    uris = catalogue.classes["Skill"].uris
    level_of = {uris[int(node)]: at for at, level in enumerate(order.levels) for node in level}
    cyclic = {uris[node] for node in order.cyclic.tolist()}
    opened: set[int] = set()

    def level(sent: TargetObject) -> int:
        is_create = sent.vector is not None and not sent.content_hash
        is_last_pass = sent.uri in cyclic and not is_create
        return len(order.levels) if is_last_pass else level_of[sent.uri]

    def look(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        settled = {
            sent.uri
            for sent in world.trace.sent(class_name="Skill")
            if sent.verdict is Verdict.ACKNOWLEDGED and sent.kind != "blank"
        }
        for at in {level(each) for each in objects if each.class_name == "Skill"}:
            assert {uri for uri, below in level_of.items() if below < at} <= settled
            opened.add(at)
        return faults(request, objects)

    await world.load(faults=look, largest_batch=6)
    assert opened == set(range(len(order.levels) + 1))


async def test_records_on_cycles_are_created_first_and_written_whole_at_the_end(
    read: Read,
) -> None:
    world = World(read(with_cycles()), window=1000)
    await world.load()
    for number in (3, 6, 7, 9):
        assert world.trace.kinds(skill_uri(number)) == ["create", "blank", "whole"]
    creates = [sent.whole for sent in world.trace.sent() if sent.kind == "create"]
    assert {created.content_hash for created in creates} == {""}
    assert all(skill_id(3) not in created.references["hasOptionalSkill"] for created in creates)
    last = [sent.uri for sent in world.trace.sent(class_name="Skill")][-4:]
    assert sorted(last) == [skill_uri(number) for number in (3, 6, 7, 9)]
    there = world.database.classes["Skill"].objects
    assert there[skill_id(3)].references["hasOptionalSkill"] == (skill_id(3),)
    assert there[skill_id(9)].references["hasOptionalSkill"] == (skill_id(6),)
    assert there[skill_id(9)].content_hash != ""


async def test_what_is_in_flight_does_not_grow_with_the_input(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.loader.CHUNK", 8)
    monkeypatch.setattr("ingest.wholes.CHUNK", 8)
    most = 0

    def alive() -> int:
        return sum(isinstance(each, TargetObject) for each in gc.get_objects())

    def count(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        nonlocal most
        if request % 10 == 0:
            most = max(most, alive() - before)
        return None

    class Forgetting(TearingTarget):
        """Keeps neither objects nor a trace, so that only what is on its way is alive."""

        def _write(self, offered, there):  # type: ignore[no-untyped-def]
            outcome = super()._write(offered, there)
            self._objects(offered.class_name).clear()
            return outcome

    def forgetting(target: TearingTarget) -> TearingTarget:
        target.__class__ = Forgetting
        target.trace.entries = _Nothing()
        return target

    gc.collect()
    before = alive()
    source = HandMade([skill(number) for number in range(600)])
    with pytest.raises(Exception, match="still differ"):
        await World(read(source), window=10_000).load(faults=count, change=forgetting)
    # A chunk being made, two waiting, four being sent; each object once bare, once embedded.
    assert 0 < most <= 2 * 8 * (1 + 2 + 4)


class _Nothing(list[Recorded | Sent]):
    """A trace that keeps nothing."""

    def append(self, entry: Recorded | Sent) -> None:
        """Forget it."""
