"""What no store may take in: one pure function that says why an object can not be stored.

Knows nothing of any store. Stores that would take such a value silently (a NaN, half a
surrogate pair) ask here first, so that all of them refuse the same objects.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite

import numpy as np
import orjson

from ingest.records import PropertyValue
from ingest.target import TargetObject, Vector
from schemas import ClassSchema

# RFC 3339: `fromisoformat` alone also takes dates without time and times without zone.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def date_names(schema: ClassSchema) -> tuple[str, ...]:
    """Return the names of the properties that hold dates."""
    return tuple(entry.name for entry in schema.properties if entry.type == "date")


def refusal(offered: TargetObject, *, dates: tuple[str, ...], dimension: int | None) -> str:
    """Return why the object can not be stored, "" if it can; never with record content.

    `dimension` is that of the class's vectors, None while it has none.
    """
    reason = refusal_unread(offered, dates=dates)
    if not reason and offered.vector is not None:
        reason = dimension_refusal(len(offered.vector), dimension)
    if not reason and not _is_text(offered.properties):
        reason = text_refusal(offered.properties)
    return reason


def refusal_unread(
    offered: TargetObject, *, dates: tuple[str, ...], vector_fits: bool = False
) -> str:
    """Return the same, all dimensions allowed and the texts not looked at.

    For who encodes the texts himself: where that fails, `text_refusal` says why. Nor is a
    vector looked at of which `vectors_fit` said that it fits.
    """
    vector = None if vector_fits else offered.vector
    if vector is not None and (reason := _vector_refusal(vector)):
        return reason
    for name in dates:
        if not _is_date_or_empty(offered.properties.get(name, "")):
            return f"{name} is not an RFC 3339 date with a zone"
    return ""


def dimension_refusal(offered: int, dimension: int | None) -> str:
    """Return why a vector of `offered` dimensions can not be stored in the class, "" if it can."""
    if dimension is not None and offered != dimension:
        return f"the vector has {offered} dimensions, those of the class have {dimension}"
    return ""


def vectors_fit(vectors: Sequence[Vector]) -> bool:
    """Whether none is to be refused, at one look; if not, one of them may be, or they differ."""
    kinds = {(vector.dtype, vector.shape) for vector in vectors}
    if len(kinds) != 1 or _kind_refusal(vectors[0]):
        return False
    return bool(np.isfinite(np.concatenate(vectors)).all())


def text_refusal(properties: Mapping[str, PropertyValue]) -> str:
    """Return which of the properties is no Unicode text; one of them is not."""
    name = next(name for name, value in properties.items() if not _is_text({name: value}))
    return f"{name} holds half a surrogate pair, which is no Unicode text"


def _vector_refusal(vector: Vector) -> str:
    if reason := _kind_refusal(vector):
        return reason
    # The product of finite numbers may overflow, so it only clears; it is much the faster look.
    with np.errstate(over="ignore"):
        product = vector.dot(vector)
    if not isfinite(product) and not np.isfinite(vector).all():
        return "the vector holds a number that is not finite"
    return ""


def _kind_refusal(vector: Vector) -> str:
    if vector.dtype != np.float32 or vector.ndim != 1 or not len(vector):
        return f"the vector is {vector.dtype} of shape {vector.shape}, expected float32, (dim,)"
    return ""


def _is_date_or_empty(value: PropertyValue) -> bool:
    if value == "":
        return True
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # the thirtieth of February
        return False
    return True


def _is_text(properties: Mapping[str, PropertyValue]) -> bool:
    """Whether all of it is Unicode text; an encoder of JSON is the fastest that looks."""
    try:
        orjson.dumps(dict(properties))
    except TypeError:
        return False
    return True
