"""Torn objects: made on a real server by deadlines, seen by the target, healed as designed."""

from collections.abc import AsyncIterator, Sequence

import anyio
import numpy as np
import pytest

from ingest.target import Reply, TargetObject, Verdict, blank
from ingest.targets.weaviate import WeaviateTarget, open_weaviate_target
from tests.contract.target_builders import SCHEMAS, skill
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

BATCH = 150
ROUNDS = 20
MENDING_ROUNDS = 3


@pytest.fixture
async def target(clean_weaviate: Weaviate) -> AsyncIterator[WeaviateTarget]:
    async with open_weaviate_target(
        clean_weaviate.url, grpc_port=clean_weaviate.grpc_port, pipeline="esco", schemas=SCHEMAS
    ) as target:
        await target.own(1)
        await target.prepare()
        yield target


def random_skills(numbers: range) -> list[TargetObject]:
    """Return skills whose vectors are like no others'."""
    shape = (len(numbers), 256)
    cloud = np.random.default_rng(numbers.start).standard_normal(shape).astype(np.float32)
    cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
    return [skill(number, vector=vector) for number, vector in zip(numbers, cloud, strict=True)]


async def torn(target: WeaviateTarget) -> list[TargetObject]:
    """Tear objects by deadlines that end somewhere inside the requests; return the torn ones."""
    count = 8 * BATCH
    await load(target, random_skills(range(50)))  # so that every search finds something
    step_seconds = 0.04
    for attempt in range(1, ROUNDS + 1):
        # Other ones each time: an object that is there, and whole, no equal write tears.
        objects = random_skills(range(attempt * count, (attempt + 1) * count))
        async with anyio.create_task_group() as group:
            for place, start in enumerate(range(0, count, BATCH)):
                seconds = step_seconds * (place + 1)
                group.start_soon(_send, target, objects[start : start + BATCH], seconds)
        await anyio.sleep(0.5)  # what the server still had in hand
        stored = {object_id async for object_id, _ in target.hashes("Skill")}
        found = [each for each in objects if each.id in stored]
        if missed := [each for each in found if not await target.found_by_vector(each)]:
            return missed
        step_seconds *= 0.7 if len(found) == count else 1.3
    pytest.fail("no request was cut off between storing and indexing")


async def _send(target: WeaviateTarget, objects: Sequence[TargetObject], seconds: float) -> None:
    await target.upsert(objects, timeout_seconds=seconds)


async def found(target: WeaviateTarget, objects: Sequence[TargetObject]) -> int:
    return sum([await target.found_by_vector(each) for each in objects])


async def load(target: WeaviateTarget, objects: Sequence[TargetObject]) -> Reply:
    reply = await target.upsert(objects, timeout_seconds=60)
    assert {outcome.verdict for outcome in reply.outcomes} == {Verdict.ACKNOWLEDGED}
    return reply


async def test_a_torn_object_is_listed_and_read_but_not_found_by_its_vector(
    target: WeaviateTarget,
) -> None:
    lost = await torn(target)
    ids = {each.id for each in lost}
    assert ids <= {object_id async for object_id, _ in target.hashes("Skill")}
    assert ids <= {each.id async for each in target.objects("Skill")}
    for each in lost[:10]:
        read = await target.read("Skill", each.id)
        assert read is not None
        assert read.vector is not None
        assert each.vector is not None
        assert read.vector.tobytes() == each.vector.tobytes()
        assert not await target.found_by_vector(each)


async def test_an_equal_upsert_is_acknowledged_and_mends_nothing(target: WeaviateTarget) -> None:
    lost = await torn(target)
    await load(target, lost)
    assert await found(target, lost) == 0


async def test_a_blank_write_and_a_whole_one_mend_it(target: WeaviateTarget) -> None:
    lost = await torn(target)
    mended, left = lost[::2], lost[1::2]
    # Once, nearly always. Rarely the index has no way to some of what was taken out and put in
    # again (31 of 342, seen once): `verify` looks again as well, and writes these anew.
    unseen = mended
    for _ in range(MENDING_ROUNDS):
        await load(target, [blank(each) for each in unseen])
        await load(target, unseen)
        unseen = [each for each in mended if not await target.found_by_vector(each)]
        if not unseen:
            break
    assert unseen == []
    assert await found(target, left) == 0
