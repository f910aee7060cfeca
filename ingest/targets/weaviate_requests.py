"""Objects and questions as Weaviate's protobuf messages.

Pure: no I/O. What an object lacks ("" or ()) is not sent: an absent property reads as
exactly that, and a date can not be empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from weaviate.proto.v1 import base_pb2, base_search_pb2, batch_pb2, search_get_pb2

from ingest.target import TargetObject, Vector

QUORUM = base_pb2.CONSISTENCY_LEVEL_QUORUM  # of one replica it is that one
FIRST = UUID(int=0)  # a cursor before every id


def unsendable(wanted: TargetObject) -> str | None:
    """Return why the object can never be stored, None if nothing speaks against it."""
    vector = wanted.vector
    if vector is not None:
        if vector.ndim != 1 or vector.dtype != np.float32 or not len(vector):
            return "the vector is no row of float32"
        # The server takes NaN and Inf silently, and finds the object never again.
        if not np.isfinite(vector).all():
            return "the vector has a number that is not finite"
    for name, value in wanted.properties.items():
        try:
            "\n".join((value,) if isinstance(value, str) else value).encode()
        except UnicodeEncodeError:
            return f"property {name} holds a lone surrogate, which is no text"
    return None


def batch_request(collection: str, objects: Iterable[TargetObject]) -> bytes:
    """Return the serialized `BatchObjectsRequest`."""
    request = batch_pb2.BatchObjectsRequest(consistency_level=QUORUM)
    for wanted in objects:
        message = request.objects.add(collection=collection, uuid=str(wanted.id))
        if wanted.vector is not None:
            message.vector_bytes = wanted.vector.astype("<f4", copy=False).tobytes()
        _fill(message.properties, wanted)
    return bytes(request.SerializeToString())


def document(collection: str, created: TargetObject, targets: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of a REST create; `targets` names the collection of each reference."""
    filled: dict[str, Any] = {name: value for name, value in created.properties.items() if value}
    for name, ids in created.references.items():
        if ids:
            start = f"weaviate://localhost/{targets[name]}/"
            filled[name] = [{"beacon": f"{start}{target}"} for target in ids]
    body = {"class": collection, "id": str(created.id), "properties": filled}
    return body if created.vector is None else {**body, "vector": created.vector.tolist()}


def page_request(
    collection: str, *, after: UUID, limit: int, names: Sequence[str]
) -> search_get_pb2.SearchRequest:
    """Return the request for the page of objects after an id, ids and `names` only."""
    return _search(collection, limit=limit, names=names, after=str(after))


def nearest_request(
    collection: str, vector: Vector, *, limit: int, names: Sequence[str] = ()
) -> search_get_pb2.SearchRequest:
    """Return the request for the objects nearest to the vector, with their distances."""
    request = _search(collection, limit=limit, names=names)
    request.metadata.distance = True
    packed = base_pb2.Vectors(
        vector_bytes=vector.astype("<f4", copy=False).tobytes(),
        type=base_pb2.Vectors.VECTOR_TYPE_SINGLE_FP32,
    )
    request.near_vector.CopyFrom(base_search_pb2.NearVector(vectors=[packed]))
    return request


def words_request(
    collection: str, words: str, *, searched: Sequence[str], limit: int, names: Sequence[str]
) -> search_get_pb2.SearchRequest:
    """Return the request for the best keyword matches, with their scores."""
    request = _search(collection, limit=limit, names=names)
    request.metadata.score = True
    request.bm25_search.CopyFrom(base_search_pb2.BM25(query=words, properties=searched))
    return request


def equal_request(
    collection: str, name: str, value: str, *, limit: int, names: Sequence[str]
) -> search_get_pb2.SearchRequest:
    """Return the request for the objects whose property equals the value."""
    request = _search(collection, limit=limit, names=names)
    request.filters.CopyFrom(_equals(base_pb2.FilterTarget(property=name), value))
    return request


def any_request(
    collection: str, name: str, values: Iterable[str], *, limit: int
) -> search_get_pb2.SearchRequest:
    """Return the request for the ids of the objects whose property is one of the values."""
    request = _search(collection, limit=limit, names=())
    request.filters.CopyFrom(
        base_pb2.Filters(
            operator=base_pb2.Filters.OPERATOR_CONTAINS_ANY,
            target=base_pb2.FilterTarget(property=name),
            value_text_array=base_pb2.TextArray(values=values),
        )
    )
    return request


def referring_request(
    collection: str, reference: str, target: UUID, *, limit: int, names: Sequence[str]
) -> search_get_pb2.SearchRequest:
    """Return the request for the objects whose reference holds the target, by uri."""
    request = _search(collection, limit=limit, names=names)
    single = base_pb2.FilterReferenceSingleTarget(
        on=reference, target=base_pb2.FilterTarget(property="_id")
    )
    request.filters.CopyFrom(_equals(base_pb2.FilterTarget(single_target=single), str(target)))
    request.sort_by.add(ascending=True, path=["conceptUri"])
    return request


def _fill(message: batch_pb2.BatchObject.Properties, wanted: TargetObject) -> None:
    fields = message.non_ref_properties.fields
    for name, value in wanted.properties.items():
        if isinstance(value, str):
            if value:
                fields[name].string_value = value
        elif value:
            message.text_array_properties.add(prop_name=name, values=value)
    for name, targets in wanted.references.items():
        if targets:
            message.single_target_ref_props.add(prop_name=name, uuids=map(str, targets))


def _search(
    collection: str, *, limit: int, names: Sequence[str], after: str = ""
) -> search_get_pb2.SearchRequest:
    return search_get_pb2.SearchRequest(
        collection=collection,
        limit=limit,
        after=after,
        properties=search_get_pb2.PropertiesRequest(non_ref_properties=names),
        metadata=search_get_pb2.MetadataRequest(uuid=True),
        uses_123_api=True,
        uses_125_api=True,
        uses_127_api=True,
    )


def _equals(target: base_pb2.FilterTarget, value: str) -> base_pb2.Filters:
    return base_pb2.Filters(
        operator=base_pb2.Filters.OPERATOR_EQUAL, target=target, value_text=value
    )
