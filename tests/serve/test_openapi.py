"""The description against the service: every path, and every answer's shape."""

import re
from typing import Any

from starlette.routing import Route

from ingest.esco_classes import esco_schemas
from ingest.serve.application import application
from ingest.serve.endpoints import ENDPOINTS
from ingest.serve.library import Library
from ingest.serve.openapi import openapi_document
from ingest.settings import Settings
from ingest.wiring.serving import kept_open
from journal.clock import system_clock
from tests.serve.running import got, service

DOCUMENT = openapi_document("0")
SCHEMAS = DOCUMENT["components"]["schemas"]


async def test_exactly_the_routes_that_exist_are_described(empty: Settings) -> None:
    async with kept_open(empty) as backing:
        library = Library(backing, esco_schemas(), elapsed=system_clock().elapsed)
        starlette: Any = application(library, version="0").inner
    routed = {
        re.sub(r":\w+\}", "}", route.path): sorted(route.methods or ())
        for route in starlette.routes
        if isinstance(route, Route)
    }
    assert len(routed) == len(starlette.routes)
    assert set(routed) == set(DOCUMENT["paths"])
    assert {tuple(methods) for methods in routed.values()} == {("GET", "HEAD")}
    assert {tuple(described) for described in DOCUMENT["paths"].values()} == {("get",)}


async def test_every_answer_has_the_shape_that_is_described(
    loaded: Settings, empty: Settings
) -> None:
    async with service(loaded) as client:
        _, found = await got(client, "/search", q="bicycle")
        _, history = await got(client, "/history")
        examples = {
            "/concepts/{uri:path}": "/concepts/" + found["results"][0]["concept_uri"],
            "/history/{run}": "/history/" + history["runs"][0]["run_id"],
            "/search": "/search?q=bicycle",
        }
        for endpoint in ENDPOINTS:
            answer = await client.get(examples.get(endpoint.path, endpoint.path))
            _check_answer(endpoint.name, answer.status_code, answer)
            assert answer.status_code == 200, endpoint.path
            refused = await client.get(examples.get(endpoint.path, endpoint.path) + "?nope=1")
            if endpoint.media_type == "application/json":
                assert refused.status_code == 400 or "?" in examples.get(endpoint.path, "")
            _check_answer(endpoint.name, refused.status_code, refused)


async def test_the_answers_of_an_empty_store_have_the_shape_that_is_described(
    empty: Settings,
) -> None:
    async with service(empty) as client:
        for name, path in (
            ("search", "/search?q=a"),
            ("concept", "/concepts/a"),
            ("ready", "/ready"),
            ("status", "/status"),
            ("history", "/history"),
            ("events", "/history/a"),
        ):
            answer = await client.get(path)
            _check_answer(name, answer.status_code, answer)


def test_the_check_notices_what_it_should() -> None:
    good = {"relation": "a", "class": "Skill", "total": 1, "truncated": False, "concepts": []}
    assert _faults(good, {"$ref": "#/components/schemas/Relation"}) == []
    wrongs: list[dict[str, Any]] = [
        {"total": "1"},
        {"class": "Person"},
        {"new": 1},
        {"concepts": [{}]},
    ]
    for wrong in wrongs:
        assert _faults({**good, **wrong}, {"$ref": "#/components/schemas/Relation"}) != []


def _check_answer(operation: str, status: int, answer: Any) -> None:
    operations = [path["get"] for path in DOCUMENT["paths"].values()]
    [described] = [found for found in operations if found["operationId"] == operation]
    [(media_type, content)] = described["responses"][str(status)]["content"].items()
    assert answer.headers["content-type"].partition(";")[0] == media_type
    if media_type == "application/json":
        assert _faults(answer.json(), content["schema"]) == [], (operation, status)


def _faults(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """Return where the value is not what the schema says; unknown members are faults too."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[kind]) for kind in kinds) or (
        isinstance(value, bool) and "boolean" not in kinds
    ):
        return [f"{where}: {value!r} is no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r}"]
    if isinstance(value, list):
        return [
            fault
            for index, item in enumerate(value)
            for fault in _faults(item, schema["items"], f"{where}[{index}]")
        ]
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        faults = [f"{where}.{name}: missing" for name in set(schema["required"]) - set(value)]
        faults += [f"{where}.{name}: unknown" for name in set(value) - set(known)]
        for name in set(value) & set(known):
            faults += _faults(value[name], known[name], f"{where}.{name}")
        return faults
    return []


KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
