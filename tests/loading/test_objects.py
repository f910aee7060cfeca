"""Objects: a pure function of the record."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from ingest.objects import class_digest, content_hash, embedding_text, object_id
from ingest.records import PropertyValue

A = UUID(int=1)
B = UUID(int=2)
PROPERTIES: Mapping[str, PropertyValue] = {
    "conceptUri": "http://example.org/1",
    "preferredLabel": "saw",
    "altLabels": ("cut", "part"),
    "description": "To saw",
}
REFERENCES = {"broaderSkill": (A, B), "hasOptionalSkill": ()}


def hashed(
    class_name: str = "Skill",
    properties: Mapping[str, PropertyValue] = PROPERTIES,
    references: Mapping[str, tuple[UUID, ...]] = REFERENCES,
    embedder: str = "e",
) -> str:
    return content_hash(class_name, properties, references, embedder=embedder)


def test_an_id_is_the_uuid_of_the_uri() -> None:
    # As any program computes it: a UUID of version 5 in the name space of URLs.
    assert object_id("http://example.org") == UUID("c57c6902-3774-5f11-80e5-cf09f92b03ac")
    assert object_id("http://example.org") != object_id("http://example.org/")


def test_the_hash_is_the_same_in_every_version() -> None:
    assert hashed() == "3501811b9c6d686d226cf08433047310"


def test_the_hash_does_not_hang_on_the_order_of_the_keys() -> None:
    turned = dict(reversed(list(PROPERTIES.items())))
    swapped = dict(reversed(list(REFERENCES.items())))
    assert hashed(properties=turned, references=swapped) == hashed()


def test_the_hash_leaves_itself_out() -> None:
    assert hashed(properties={**PROPERTIES, "contentHash": "x"}) == hashed()


@pytest.mark.parametrize(
    "changed",
    [
        {"class_name": "SkillGroup"},
        {"embedder": "f"},
        {"properties": {**PROPERTIES, "conceptUri": "http://example.org/2"}},
        {"properties": {**PROPERTIES, "preferredLabel": "Saw"}},
        {"properties": {**PROPERTIES, "altLabels": ("part", "cut")}},
        {"properties": {**PROPERTIES, "altLabels": ("cut, part",)}},
        {"properties": {**PROPERTIES, "description": ""}},
        {"references": {**REFERENCES, "broaderSkill": (A,)}},
        {"references": {"broaderSkill": (), "hasOptionalSkill": (A, B)}},
        {"references": {**REFERENCES, "hasOptionalSkill": (A,)}},
    ],
)
def test_the_hash_changes_with_whatever_makes_the_object(changed: dict[str, object]) -> None:
    assert hashed(**changed) != hashed()  # type: ignore[arg-type]


def test_the_vector_is_made_of_labels_and_description() -> None:
    assert embedding_text(PROPERTIES) == "saw, cut, part\nTo saw"


def test_what_is_not_said_leaves_no_trace_in_the_text() -> None:
    nothing: Mapping[str, PropertyValue] = {
        "preferredLabel": "saw",
        "altLabels": (),
        "description": "",
    }
    assert embedding_text(nothing) == "saw\n"


def test_the_digest_of_a_class_does_not_hang_on_the_order() -> None:
    assert class_digest({A: "1", B: "2"}) == class_digest({B: "2", A: "1"})
    assert class_digest({A: "1", B: "2"}) != class_digest({A: "2", B: "1"})
    assert class_digest({A: "1"}) != class_digest({})
