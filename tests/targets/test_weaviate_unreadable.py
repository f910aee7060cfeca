"""Answers that no Weaviate gives are refused in a sentence, whatever they hold instead."""

from collections.abc import Callable
from functools import partial

import orjson
import pytest

from ingest.targets import weaviate_replies as replies
from ingest.targets.weaviate_errors import legible
from ingest.targets.weaviate_schema import class_definition, difference, owner
from journal.errors import StoreRefused
from schemas import load_schema

SKILL = load_schema("Skill")
NAMES = [entry.name for entry in SKILL.references]
ID = "00000000-0000-0000-0000-000000000001"

READERS: dict[str, Callable[[bytes], object]] = {
    "classes": replies.classes,
    "nodes": replies.node_count,
    "listing": partial(replies.at_a_glance, NAMES),
    "objects": partial(replies.whole_objects, SKILL),
    "object": partial(replies.whole_object, SKILL),
}
BODIES = [b"", b"<html>", b"[[[", b"\xff\xfe", b"[]", b"null", b'"x"', b"5", b"{}"]
MEMBERS = [
    {"classes": None},
    {"classes": 5},
    {"classes": [None]},
    {"classes": [{}]},
    {"classes": [{"class": 5}]},
    {"classes": [{"class": "Skill", "properties": 5}]},
    {"classes": [{"class": "Skill", "properties": [5]}]},
    {"classes": [{"class": "Skill", "properties": [{}]}]},
    {"classes": [{"class": "Skill", "properties": [{"name": 5}]}]},
    {"nodes": None},
    {"nodes": 5},
    {"nodes": [None]},
    {"objects": None},
    {"objects": [5]},
    {"objects": [{}]},
    {"objects": [{"id": 5}]},
    {"objects": [{"id": "x"}]},
    {"objects": [{"id": ID, "properties": [5]}]},
    {"objects": [{"id": ID, "properties": {"hasEssentialSkill": 5}}]},
    {"id": "x"},
    {"id": ID, "properties": {"altLabels": 5}},
    {"id": ID, "properties": {"modifiedDate": "noon"}},
    {"id": ID, "properties": {"hasEssentialSkill": [{}]}},
    {"id": ID, "properties": {}, "vector": "x"},
    {"id": ID, "properties": {}, "vector": [[]]},
]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize("body", [*BODIES, *map(orjson.dumps, MEMBERS)])
def test_an_answer_of_another_shape_is_refused(
    body: bytes, reader: Callable[[bytes], object]
) -> None:
    says = r"^s: asking: the answer can not be read \(\w+\); is it a Weaviate server\?$"
    with pytest.raises(StoreRefused, match=says):
        legible(reader, body, doing="asking", address="s")


def test_a_class_without_properties_is_one() -> None:
    assert replies.classes(b'{"classes":[{"class":"A"},{"class":"B","properties":null}]}') == {
        "A": {"class": "A"},
        "B": {"class": "B", "properties": None},
    }


@pytest.mark.parametrize("found", [{"description": 5}, {"description": ["x"]}])
def test_a_description_that_is_no_text_names_no_owner(found: dict[str, object]) -> None:
    assert owner(found) is None


def test_an_index_that_is_none_has_another_distance() -> None:
    expected = class_definition(SKILL, prefix="", pipeline="esco")
    found = {**expected, "vectorIndexConfig": [5]}
    assert difference(expected, found) == "its distance is None, expected cosine"


@pytest.mark.parametrize(
    "statistics",
    [
        b"",
        b"[]",
        b'{"statistics":5}',
        b'{"statistics":[5]}',
        b'{"statistics":[{"name":"a","raft":[]}]}',
        b'{"statistics":[{"name":5,"raft":{"term":1}},{"name":"a","raft":{"term":1}}]}',
    ],
)
def test_statistics_that_can_not_be_read_tell_of_no_start(statistics: bytes) -> None:
    assert replies.incarnation(statistics) == ""
