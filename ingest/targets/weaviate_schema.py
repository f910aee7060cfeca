"""The classes as Weaviate words them: definition, ownership, differences.

Pure: JSON documents in and out. A class names its pipeline at the end of its description,
"[pipeline esco]"; what names another pipeline, or none, is not ours and is left alone.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from schemas import ClassSchema, PropertySchema, ReferenceSchema

Document: TypeAlias = dict[str, Any]

# How thoroughly the graph of the vector index is built, and walked. Building with half of the
# server's 128 takes a third off a load; walking with twice its 100 finds again what that misses
# (the ten nearest of 13,939 skills, for 500 occupations: 0.998 of them, with the defaults too)
# and takes half a millisecond more. `scripts/bench schema` measures both.
# With the server's 32 links a node, now and then one of 13,939 skills was led to by no other and
# found by no search (with `hashing` in 4 of 15 orders, also with more construction effort); with
# 48 none was, and a load costs the server 4 % more (docs/decisions/0012).
CONSTRUCTION_EFFORT = 64
MOST_LINKS = 48
LEAST_SEARCH_EFFORT = 200

_OWNER = re.compile(r"\[pipeline ([a-z0-9]+)\]$")


def collection_name(prefix: str, class_name: str) -> str:
    """Return the class's name in the database, which always begins with a capital."""
    name = prefix + class_name
    return name[:1].upper() + name[1:]


def class_definition(schema: ClassSchema, *, prefix: str, pipeline: str) -> Document:
    """Return the class as it must be, every property explicit, references last."""
    values = [_value_property(entry) for entry in schema.properties]
    return {
        "class": collection_name(prefix, schema.name),
        "description": f"{schema.description} [pipeline {pipeline}]",
        "vectorizer": "none",
        "vectorIndexType": "hnsw",
        "vectorIndexConfig": {
            "distance": "cosine",
            "efConstruction": CONSTRUCTION_EFFORT,
            "maxConnections": MOST_LINKS,
            "dynamicEfMin": LEAST_SEARCH_EFFORT,
        },
        "properties": values + [_reference(entry, prefix) for entry in schema.references],
    }


def creation(definition: Document, *, there: Iterable[str], replicas: int | None) -> Document:
    """Return the body that creates the class with what can be there from the start.

    A reference to a class that is not there yet is added later; one to itself is no problem.
    """
    targets = {None, definition["class"], *there}
    first = [entry for entry in definition["properties"] if _target(entry) in targets]
    body = {**definition, "properties": first}
    return body if replicas is None else {**body, "replicationConfig": {"factor": replicas}}


def owner(found: Mapping[str, Any]) -> str | None:
    """Return the pipeline that the class names, None if it names none."""
    named = _OWNER.search(str(found.get("description") or ""))
    return named[1] if named else None


def missing_properties(expected: Document, found: Mapping[str, Any]) -> list[Document]:
    """Return the definitions of those properties that the class does not have yet."""
    present = {entry["name"] for entry in found.get("properties") or ()}
    return [entry for entry in expected["properties"] if entry["name"] not in present]


def difference(expected: Document, found: Mapping[str, Any]) -> str | None:
    """Return the first thing about the class that no addition can mend, in words.

    A property that we do not know counts: a whole write would silently empty it. How many links
    and how much effort the index of a class has that is there is the operator's matter.
    """
    for key in ("vectorizer", "vectorIndexType"):
        if found.get(key) != expected[key]:
            return f"{key} is {found.get(key)}, expected {expected[key]}"
    index = found.get("vectorIndexConfig")
    distance = index.get("distance") if isinstance(index, dict) else None
    if distance != "cosine":
        return f"its distance is {distance}, expected cosine"
    present = {entry["name"]: entry for entry in found.get("properties") or ()}
    for wanted in expected["properties"]:
        there = present.get(wanted["name"])
        if there is None:
            continue  # `missing_properties` tells
        for key, value in wanted.items():
            if key != "name" and there.get(key) != value:
                return f"property {wanted['name']}: {key} is {there.get(key)}, expected {value}"
    unknown = present.keys() - {entry["name"] for entry in expected["properties"]}
    return f"property {min(unknown)} is not one of ours" if unknown else None


def _value_property(entry: PropertySchema) -> Document:
    definition: Document = {
        "name": entry.name,
        "dataType": [entry.type],
        "indexFilterable": entry.filterable,
        "indexSearchable": entry.searchable,
    }
    if entry.tokenization is not None:
        definition["tokenization"] = entry.tokenization
    return definition


def _reference(entry: ReferenceSchema, prefix: str) -> Document:
    # Filterable: the inverse directions (occupations of a skill) are filters on it.
    return {
        "name": entry.name,
        "dataType": [collection_name(prefix, entry.target)],
        "indexFilterable": True,
    }


def _target(definition: Document) -> str | None:
    """Return the class that a property refers to, None for a value; classes have capitals."""
    name = str(definition["dataType"][0])
    return name if name[:1].isupper() else None
