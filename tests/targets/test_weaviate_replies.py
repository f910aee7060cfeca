"""Answers become objects bit for bit, whatever their texts contain."""

from collections.abc import AsyncIterator

import numpy as np
import orjson
import pytest

from ingest.targets.weaviate import WeaviateTarget, open_weaviate_target
from ingest.targets.weaviate_replies import canonical_date, whole_objects
from schemas import load_schema
from tests.contract.target_builders import SCHEMAS, facts, skill
from tests.server import Weaviate

IDS = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(4)]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.120Z", "2024-01-02T03:04:05.12Z"),
        ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456789Z"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
        ("2024-01-02T03:04:05.5-01:00", "2024-01-02T04:04:05.5Z"),
    ],
)
def test_a_date_is_read_in_one_form(stored: str, expected: str) -> None:
    assert canonical_date(stored) == expected


def test_each_object_gets_its_own_vector() -> None:
    page = orjson.dumps(
        {
            "objects": [
                {"id": IDS[0], "properties": {}, "vector": [1, -0.5]},
                {"id": IDS[1], "properties": {}},
                {"id": IDS[2], "properties": {"description": '"vector":[7] \\"vector":['}},
                {"id": IDS[3], "properties": None, "vector": [0.25, 2]},
            ]
        }
    ).replace(b"[1,", b"[-0,")
    found = whole_objects(load_schema("SkillCollection"), page)
    assert [str(each.id) for each in found] == IDS
    assert found[1].vector is None
    assert found[2].vector is None
    assert found[2].properties["description"] == '"vector":[7] \\"vector":['
    for each, numbers in ((found[0], [-0.0, -0.5]), (found[3], [0.25, 2.0])):
        assert each.vector is not None
        assert each.vector.tobytes() == np.array(numbers, dtype=np.float32).tobytes()


def test_an_absent_property_reads_as_nothing() -> None:
    page = orjson.dumps({"objects": [{"id": IDS[0], "properties": {"conceptUri": "u"}}]})
    assert whole_objects(load_schema("SkillGroup"), page)[0].properties == {
        "conceptUri": "u",
        "preferredLabel": "",
        "altLabels": (),
        "description": "",
        "status": "",
        "code": "",
        "scopeNote": "",
        "contentHash": "",
    }


@pytest.fixture
async def target(clean_weaviate: Weaviate) -> AsyncIterator[WeaviateTarget]:
    async with open_weaviate_target(
        clean_weaviate.url, grpc_port=clean_weaviate.grpc_port, pipeline="esco", schemas=SCHEMAS
    ) as target:
        await target.prepare()
        yield target


@pytest.mark.weaviate
async def test_a_text_that_looks_like_an_answer_is_a_text(target: WeaviateTarget) -> None:
    written = skill(1, description='{"vector":[1,2],"id":"x"}', altLabels=('"vector":[',))
    reply = await target.upsert([written], timeout_seconds=15)
    assert reply.outcomes[0].reason == ""
    assert facts(await target.read("Skill", written.id)) == facts(written)
    assert [facts(each) async for each in target.objects("Skill")] == [facts(written)]


@pytest.mark.weaviate
async def test_a_create_and_an_upsert_store_the_same(target: WeaviateTarget) -> None:
    numbers = np.random.default_rng(2).standard_normal(256).astype(np.float32)
    numbers[7] = -0.0
    both = [skill(n, vector=numbers, modifiedDate="2024-05-15T00:00:00Z") for n in (1, 2)]
    await target.create(both[0], timeout_seconds=15)
    await target.upsert(both[1:], timeout_seconds=15)
    for each in both:
        assert facts(await target.read("Skill", each.id)) == facts(each)
