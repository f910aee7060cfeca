"""Weaviate's answers as objects, hashes and hits.

Pure: bytes and JSON documents in. Whole objects come from REST, because there a reference is
the stored beacon: gRPC looks every referenced object up (7 s instead of 1 s for 121,000
references) and is silent about one that is gone. Everything else comes from gRPC.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from weaviate.proto.v1 import search_get_pb2

from ingest.records import PropertyValue
from ingest.target import Hit, Listed, TargetObject, Vector
from schemas import ClassSchema, PropertySchema

_VECTOR = re.compile(rb'"vector":\[([^\]]*)\]')
_MINUS_ZERO = re.compile(rb"-0(?![.\d])")
_UUID_LENGTH = 36  # a beacon ends in the id: weaviate://localhost/Skill/<id>


def classes(schema: bytes) -> dict[str, dict[str, Any]]:
    """Return every class of the schema by its name.

    Raises:
        TypeError, LookupError, ValueError: it is none.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in _listed(orjson.loads(schema)["classes"]):
        for part in _listed(entry.get("properties") or []):
            _text(part["name"])
        found[_text(entry["class"])] = entry
    return found


def node_count(nodes: bytes) -> int:
    """Return how many nodes the cluster has; raises as `classes` does."""
    return len(_listed(orjson.loads(nodes)["nodes"]))


def incarnation(statistics: bytes) -> str:
    """Return what tells one start of the nodes from another, "" if the answer does not say.

    A node alone elects itself anew at each start: its term grows. One of several starts with
    as much of the consensus log as it had applied.
    """
    try:
        nodes = [
            (node["name"], node["raft"]["term"], node.get("initialLastAppliedIndex", 0))
            for node in orjson.loads(statistics)["statistics"]
        ]
        return orjson.dumps(sorted(nodes)).decode()
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ""


def whole_objects(schema: ClassSchema, page: bytes) -> list[TargetObject]:
    """Return the objects of a REST listing, in its order."""
    document, vectors = _without_vectors(page)
    return [_whole_object(schema, entry, vectors) for entry in document["objects"]]


def whole_object(schema: ClassSchema, reply: bytes) -> TargetObject:
    """Return the object of a REST answer in the canonical form."""
    return _whole_object(schema, *_without_vectors(reply))


def ids_and_hashes(reply: bytes) -> list[tuple[UUID, str]]:
    """Return id and content hash of every result of a gRPC listing, in its order."""
    return [
        (_id(result), result.properties.non_ref_props.fields["contentHash"].text_value)
        for result in search_get_pb2.SearchReply.FromString(reply).results
    ]


def ids(reply: bytes) -> list[UUID]:
    """Return the id of every result of any gRPC search."""
    return [_id(result) for result in search_get_pb2.SearchReply.FromString(reply).results]


def at_a_glance(names: list[str], page: bytes) -> list[Listed]:
    """Return the objects of a REST listing, in its order, with how many references they hold."""
    found = (
        (entry["id"], entry.get("properties") or {}) for entry in orjson.loads(page)["objects"]
    )
    return [
        Listed(
            id=UUID(key),
            uri=properties.get("conceptUri", ""),
            content_hash=properties.get("contentHash", ""),
            references={name: len(properties.get(name) or ()) for name in names},
        )
        for key, properties in found
    ]


def ids_and_distances(reply: bytes) -> list[tuple[UUID, float]]:
    """Return id and distance of every result of a vector search, nearest first."""
    results = search_get_pb2.SearchReply.FromString(reply).results
    return [(_id(result), result.metadata.distance) for result in results]


def hits(class_name: str, reply: bytes) -> list[Hit]:
    """Return the results of any gRPC search, in its order.

    The score is the cosine similarity of a vector search, the score of a keyword search, and
    1 where nothing is ranked.
    """
    results = search_get_pb2.SearchReply.FromString(reply).results
    return [
        Hit(
            class_name=class_name,
            uri=result.properties.non_ref_props.fields["conceptUri"].text_value,
            label=result.properties.non_ref_props.fields["preferredLabel"].text_value,
            score=_score(result.metadata),
        )
        for result in results
    ]


def canonical_date(text: str) -> str:
    """Return the instant in UTC with "Z" and no trailing zeros in its fraction.

    The server keeps a date as it was written; nanoseconds, too, which `datetime` does not.
    """
    if not text.endswith("Z"):
        moment = datetime.fromisoformat(text).astimezone(UTC)
        text = moment.isoformat().replace("+00:00", "Z")
    whole, point, fraction = text[:-1].partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}{point if digits else ''}{digits}Z"


def _listed(found: Any) -> list[dict[str, Any]]:
    """Return a list of documents; `null` is no list."""
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise TypeError("no list of documents")
    return found


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError("no text")
    return found


def _without_vectors(text: bytes) -> tuple[Any, Iterator[bytes]]:
    """Return the document, with `true` for each vector, and the vectors' numbers as text.

    They are read apart, because JSON's "-0" becomes the integer 0 (`_vector`). Inside a string
    quotes are escaped, so the pattern meets keys only; no property can be called "vector".
    """
    return orjson.loads(_VECTOR.sub(b'"vector":true', text)), iter(_VECTOR.findall(text))


def _whole_object(
    schema: ClassSchema, document: Mapping[str, Any], vectors: Iterator[bytes]
) -> TargetObject:
    found = document.get("properties") or {}
    vector = _vector(next(vectors)) if document.get("vector") else None
    return TargetObject(
        class_name=schema.name,
        id=UUID(document["id"]),
        properties={
            entry.name: _value(entry, found.get(entry.name)) for entry in schema.properties
        },
        references={entry.name: _ids(found.get(entry.name)) for entry in schema.references},
        vector=vector,
    )


def _vector(numbers: bytes) -> Vector | None:
    if not numbers:
        return None
    # The decimal text of a float32, read as float64 and rounded, is that float32 again.
    if _MINUS_ZERO.search(numbers):
        return np.fromstring(numbers, dtype=np.float64, sep=",").astype(np.float32)
    return np.array(orjson.loads(b"[%b]" % numbers), dtype=np.float64).astype(np.float32)


def _value(entry: PropertySchema, found: Any) -> PropertyValue:
    if entry.type == "text[]":
        return tuple(found or ())
    if not found:
        return ""
    return canonical_date(found) if entry.type == "date" else str(found)


def _ids(beacons: Any) -> tuple[UUID, ...]:
    return tuple(sorted(UUID(entry["beacon"][-_UUID_LENGTH:]) for entry in beacons or ()))


def _id(result: search_get_pb2.SearchResult) -> UUID:
    return UUID(bytes=result.metadata.id_as_bytes)


def _score(metadata: search_get_pb2.MetadataResult) -> float:
    if metadata.distance_present:
        return 1.0 - metadata.distance
    return metadata.score if metadata.score_present else 1.0
