"""The classes on a real server: races, halves, other owners, other shapes, rights, replicas."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from ingest.target import TargetObject, Verdict
from ingest.targets.weaviate import WeaviateTarget, open_weaviate_target
from ingest.targets.weaviate_schema import class_definition, creation, difference, owner
from journal.errors import StoreRefused
from schemas import load_schema
from tests.contract.target_builders import SCHEMAS, facts, group, skill
from tests.server import Weaviate, WeaviateServer

ALL = tuple(
    load_schema(name)
    for name in ("ISCOGroup", "SkillGroup", "SkillCollection", "Skill", "Occupation")
)
SECONDS = 15.0
SECONDS_WITHOUT_QUORUM = 5.0
WRITES_AT_MOST = 8


@asynccontextmanager
async def opened(
    server: Weaviate, *, schemas: Any = ALL, pipeline: str = "esco", api_key: str | None = None
) -> AsyncIterator[WeaviateTarget]:
    async with open_weaviate_target(
        server.url,
        grpc_port=server.grpc_port,
        pipeline=pipeline,
        schemas=schemas,
        api_key=api_key,
    ) as target:
        yield target


async def raw(target: WeaviateTarget, method: str, path: str, body: object = None) -> Any:
    reply = await target._connection.ask("test", method, path, body=body, timeout_seconds=SECONDS)
    return orjson.loads(reply.content)


def definition(name: str) -> dict[str, Any]:
    return class_definition(load_schema(name), prefix="", pipeline="esco")


# Pure


def test_a_class_is_worded_in_full() -> None:
    assert creation(
        class_definition(load_schema("SkillGroup"), prefix="test", pipeline="esco"),
        there=(),
        replicas=3,
    ) == {
        "class": "TestSkillGroup",
        "description": "A group of the ESCO skill pillar. [pipeline esco]",
        "vectorizer": "none",
        "vectorIndexType": "hnsw",
        "vectorIndexConfig": {
            "distance": "cosine",
            "efConstruction": 64,
            "maxConnections": 48,
            "dynamicEfMin": 200,
        },
        "replicationConfig": {"factor": 3},
        "properties": [
            _text("conceptUri", "field", filterable=True),
            _text("preferredLabel", "word", filterable=True, searchable=True),
            {**_text("altLabels", "word", searchable=True), "dataType": ["text[]"]},
            _text("description", "word", searchable=True),
            _text("status", "field", filterable=True),
            _text("code", "field", filterable=True),
            _text("scopeNote", "word"),
            _text("contentHash", "field", filterable=True),
            {
                "name": "broaderSkillGroup",
                "dataType": ["TestSkillGroup"],
                "indexFilterable": True,
            },
        ],
    }


def _text(
    name: str, tokenization: str, *, filterable: bool = False, searchable: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "dataType": ["text"],
        "tokenization": tokenization,
        "indexFilterable": filterable,
        "indexSearchable": searchable,
    }


def test_a_reference_waits_for_its_class() -> None:
    body = creation(definition("Skill"), there=("SkillGroup",), replicas=None)
    references = [e["name"] for e in body["properties"] if e["dataType"][0][0].isupper()]
    assert references == [
        "memberOfSkillGroup",
        "broaderSkill",
        "hasEssentialSkill",
        "hasOptionalSkill",
    ]
    assert "replicationConfig" not in body


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("A skill. [pipeline esco]", "esco"),
        ("A skill. [pipeline my2]", "my2"),
        ("A skill of [pipeline esco] once", None),
        ("A skill.", None),
        (None, None),
    ],
)
def test_a_class_names_its_pipeline_at_the_end(
    description: str | None, expected: str | None
) -> None:
    assert owner({"description": description}) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"vectorizer": "text2vec-x"}, "vectorizer is text2vec-x, expected none"),
        ({"vectorIndexType": "flat"}, "vectorIndexType is flat, expected hnsw"),
        ({"vectorIndexConfig": {"distance": "dot"}}, "its distance is dot, expected cosine"),
        ({"vectorIndexConfig": {"distance": "cosine", "ef": 7}}, None),
        ({"vectorConfig": {}}, None),
        ({"properties": []}, None),
    ],
)
def test_the_first_difference_is_named(change: dict[str, Any], expected: str | None) -> None:
    assert difference(definition("Skill"), {**definition("Skill"), **change}) == expected


# On a server


@pytest.mark.weaviate
async def test_starters_that_prepare_at_once_all_succeed(clean_weaviate: Weaviate) -> None:
    async with opened(clean_weaviate) as first, opened(clean_weaviate) as second:
        async with anyio.create_task_group() as starters:
            for target in (first, second, first, second):
                starters.start_soon(target.prepare)
        for schema in ALL:
            found = await raw(first, "GET", f"/schema/{schema.name}")
            assert difference(definition(schema.name), found) is None
            assert len(found["properties"]) == len(schema.properties) + len(schema.references)


@pytest.mark.weaviate
async def test_classes_may_refer_to_later_ones(clean_weaviate: Weaviate) -> None:
    async with opened(clean_weaviate, schemas=ALL[::-1]) as target:
        await target.prepare()
        assert await target.existing_classes() == tuple(schema.name for schema in ALL[::-1])
        found = await raw(target, "GET", "/schema/Occupation")
        assert difference(definition("Occupation"), found) is None
        assert len(found["properties"]) == 16


@pytest.mark.weaviate
async def test_a_class_that_names_no_pipeline_is_refused_and_kept(
    clean_weaviate: Weaviate,
) -> None:
    async with opened(clean_weaviate) as target:
        await raw(target, "POST", "/schema", {"class": "Skill", "vectorizer": "none"})
        with pytest.raises(StoreRefused, match="the class Skill names no pipeline"):
            await target.prepare()
        assert clean_weaviate.classes() == ["Skill"]  # refused before anything was made
        assert await target.existing_classes() == ()
        assert await target.foreign_classes() == ("Skill",)
        await target.drop("Skill", timeout_seconds=SECONDS)
        assert clean_weaviate.classes() == ["Skill"]


@pytest.mark.weaviate
async def test_a_class_with_another_distance_is_refused(clean_weaviate: Weaviate) -> None:
    async with opened(clean_weaviate) as target:
        other = {**definition("SkillCollection"), "vectorIndexConfig": {"distance": "dot"}}
        await raw(target, "POST", "/schema", other)
        with pytest.raises(StoreRefused, match="its distance is dot, expected cosine"):
            await target.prepare()


@pytest.mark.weaviate
async def test_an_added_property_is_found_by_the_starter_that_lost_the_race(
    clean_weaviate: Weaviate,
) -> None:
    whole = load_schema("SkillGroup")
    half = replace(whole, properties=whole.properties[:3], references=())
    async with opened(clean_weaviate, schemas=(half,)) as early:
        await early.prepare()
    async with opened(clean_weaviate, schemas=(whole,)) as target:
        async with anyio.create_task_group() as starters:
            for _ in range(4):
                starters.start_soon(target.prepare)
        found = await raw(target, "GET", "/schema/SkillGroup")
        assert difference(definition("SkillGroup"), found) is None
        assert len(found["properties"]) == 9


@pytest.mark.weaviate
async def test_rights_and_keys_are_told_apart(own_weaviate: WeaviateServer, tmp_path: Path) -> None:
    server = WeaviateServer(
        tmp_path / "guarded",
        env={
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
            "AUTHENTICATION_APIKEY_ENABLED": "true",
            "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "root-key,viewer-key",
            "AUTHENTICATION_APIKEY_USERS": "root,viewer",
            "AUTHORIZATION_RBAC_ENABLED": "true",
            "AUTHORIZATION_RBAC_ROOT_USERS": "root",
        },
    )
    try:
        for key in (None, "wrong-key"):
            with pytest.raises(StoreRefused, match="refuses the credentials") as caught:
                async with opened(server, api_key=key):
                    pass
            assert "wrong-key" not in str(caught.value)
        with pytest.raises(StoreRefused, match="refuses the credentials"):
            async with opened(own_weaviate, api_key="a key for a server without keys"):
                pass
        async with opened(server, api_key="root-key", schemas=SCHEMAS) as target:
            await target.prepare()
            reply = await target.upsert([skill(1), skill(2)], timeout_seconds=SECONDS)
            assert {outcome.verdict for outcome in reply.outcomes} == {Verdict.ACKNOWLEDGED}
            role = {"roles": ["viewer"], "userType": "db"}
            await target._connection.ask(
                "test", "POST", "/authz/users/viewer/assign", body=role, timeout_seconds=SECONDS
            )
        async with opened(server, api_key="viewer-key", schemas=SCHEMAS) as viewer:
            await viewer.prepare()  # nothing to do
            assert await viewer.count("Skill") == 2
            assert facts(await viewer.read("Skill", skill(1).id)) == facts(skill(1))
            for refused in (
                viewer.upsert([skill(3), skill(4)], timeout_seconds=SECONDS),
                viewer.upsert([skill(3)], timeout_seconds=SECONDS),
                viewer.create(skill(3), timeout_seconds=SECONDS),
                viewer.drop("Skill", timeout_seconds=SECONDS),
            ):
                with pytest.raises(StoreRefused, match="role of its user"):
                    await refused
            assert await viewer.count("Skill") == 2
    finally:
        server.kill()


async def verdicts_until_known(target: WeaviateTarget, written: TargetObject) -> list[Verdict]:
    """Write until the outcome is known: after a death the others need a while to notice it."""
    verdicts = []
    for _ in range(WRITES_AT_MOST):
        reply = await target.upsert([written], timeout_seconds=SECONDS)
        verdicts.append(reply.outcomes[0].verdict)
        if verdicts[-1] is not Verdict.UNKNOWN:
            break
    return verdicts


@pytest.mark.weaviate
async def test_three_nodes_hold_three_copies(tmp_path: Path) -> None:
    server = WeaviateServer(tmp_path / "cluster", nodes=3)
    try:
        async with opened(server, schemas=SCHEMAS) as target:
            await target.prepare()
            found = await raw(target, "GET", "/schema/Skill")
            assert found["replicationConfig"]["factor"] == 3
            await target.upsert([group(1)], timeout_seconds=SECONDS)
            written = skill(1, references={"memberOfSkillGroup": (group(1).id,)})
            reply = await target.upsert([written], timeout_seconds=SECONDS)
            assert reply.outcomes[0].verdict is Verdict.ACKNOWLEDGED
            server.kill(2)
            assert facts(await target.read("Skill", written.id)) == facts(written)
            verdicts = await verdicts_until_known(target, skill(2))
            assert verdicts[-1] is Verdict.ACKNOWLEDGED
            assert set(verdicts[:-1]) <= {Verdict.UNKNOWN}
            server.kill(1)  # no quorum any more
            reply = await target.upsert([skill(3)], timeout_seconds=SECONDS_WITHOUT_QUORUM)
            assert reply.outcomes[0].verdict is Verdict.UNKNOWN
    finally:
        server.kill()
