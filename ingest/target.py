"""The port through which objects reach a store, and what it answers.

Knows nothing of any store, of files or of the journal's log. The contract stands in the
docstrings; `tests/contract/test_target.py` holds every implementation to it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ingest.records import PropertyValue

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetObject:
    """One object exactly as it must be in the target: a pure function of the input.

    `class_name` is the schema's name, without prefix. `properties` lists every value
    property ("" or () where there is nothing) and `contentHash`. `references` lists every
    reference property of the class: ids ascending, none twice. `vector` is float32, (dim,),
    unit length; None only in a blank write.
    """

    class_name: str
    id: UUID
    properties: Mapping[str, PropertyValue]
    references: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    vector: Vector | None = None

    @property
    def uri(self) -> str:
        """The object's `conceptUri`."""
        return str(self.properties["conceptUri"])

    @property
    def content_hash(self) -> str:
        """The object's `contentHash`, "" in a blank write."""
        return str(self.properties["contentHash"])


def blank(whole: TargetObject) -> TargetObject:
    """Return the blank write of `whole`: no vector, no references, an empty content hash.

    Written first where an outcome is unknown: the whole write that follows changes the
    vector, and only a changed vector makes the server index a torn object anew.
    """
    properties = {**whole.properties, "contentHash": ""}
    return replace(whole, properties=properties, references={}, vector=None)


class Verdict(Enum):
    """What the target said of one object of a request."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # for good: this object, as it is, can not be stored
    UNKNOWN = "unknown"  # it may be there, absent or torn; also: a referenced object is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one object, and why (never record content)."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of one request: `outcomes` is parallel to the objects sent.

    `pushback` asks to send less for a while (time-out, 429, 503, RESOURCE_EXHAUSTED).
    `too_large` tells that the request was refused as a whole and nothing of it applied: cut it.
    `lost` tells that the request itself may still be on its way (time-out, broken connection).
    """

    outcomes: tuple[Outcome, ...]
    pushback: bool = False
    too_large: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One search result. `score` is the cosine similarity in [-1, 1] for vector search."""

    class_name: str
    uri: str
    label: str
    score: float


# In the reason of an UNKNOWN outcome: with time it heals only if somebody writes that object.
REFERS_TO_NOTHING = "refers to an object that is not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object of a listing: what tells it from another at a glance.

    `references` counts what each reference property holds, doubled ones as often as they are
    there.
    """

    id: UUID
    uri: str
    content_hash: str
    references: Mapping[str, int]


class Target(Protocol):
    """A store of objects. Reads need no ownership; writes happen only after `own`.

    Every method raises `StoreUnavailable` (no answer; nothing known), `StoreRefused` (rights,
    credentials, a class of another shape) or `LeaseLost` (a fencing store saw a higher
    epoch), except `upsert`, `flush` and `create`, which tell time-outs and lost connections as
    UNKNOWN.
    Every request ends within its time-out.
    """

    @property
    def tears(self) -> bool:
        """Whether an unknown outcome can leave an object in the store but not in every index."""
        ...

    async def own(self, epoch: int) -> None:
        """Say under which epoch this process writes from now on; a fencing store checks it."""
        ...

    async def prepare(self) -> None:
        """Create the classes, complete half-made ones.

        Raises:
            StoreRefused: a class has another shape, or belongs to another pipeline.
        """
        ...

    async def existing_classes(self) -> tuple[str, ...]:
        """Return the names of those of our classes that are there, in the schemas' order."""
        ...

    async def foreign_classes(self) -> tuple[str, ...]:
        """Return the names of those that are there and do not belong to this pipeline."""
        ...

    async def count(self, class_name: str) -> int:
        """Return how many objects the class holds; 0 if it is not there."""
        ...

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write each object whole, replacing what has its id. All of one class, ids distinct.

        Should an id be there twice all the same, the last is left whole and no other is touched.
        A reference to an object that is not there is UNKNOWN, never REFUSED.
        """
        ...

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Have the store write out what it keeps of its indexes in memory only.

        `objects` are some of the last that were acknowledged, of one class, as they were sent;
        they may be sent once more. Whatever the outcome, they are not torn by it.
        """
        ...

    async def incarnation(self) -> str:
        """Return a text that changes when the store is started anew; "" where it can not be told.

        A store that was killed may have lost the end of its indexes, also without one request
        of ours having failed.
        """
        ...

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object unless its id exists; an existing one is left alone: ACKNOWLEDGED."""
        ...

    def hashes(self, class_name: str) -> AsyncIterator[tuple[UUID, str]]:
        """Yield id and content hash of every object of the class, torn ones too."""
        ...

    def listing(self, class_name: str) -> AsyncIterator[Listed]:
        """Yield every object of the class at a glance, torn ones too."""
        ...

    def objects(self, class_name: str, *, vectors: bool = True) -> AsyncIterator[TargetObject]:
        """Yield every object of the class whole (references sorted), torn ones too."""
        ...

    async def read(self, class_name: str, object_id: UUID) -> TargetObject | None:
        """Return the object, whole, by id; on a cluster at QUORUM."""
        ...

    async def reference_counts(self, class_name: str) -> Mapping[str, int]:
        """Return the number of references, by reference property, over the whole class."""
        ...

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether a filter on `conceptUri` finds the object: False for one torn that way."""
        ...

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return the objects that one filter on `conceptUri` finds; at most 1,000 `uris`."""
        ...

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the objects nearest to `vector`; at most 10,000."""
        ...

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether the object's own vector finds it among its nearest, ties included."""
        ...

    async def referring(
        self, class_name: str, reference: str, object_id: UUID, *, limit: int
    ) -> Sequence[Hit]:
        """Return the objects of `class_name` whose `reference` holds `object_id` (score 1)."""
        ...

    async def search(self, class_name: str, vector: Vector, *, limit: int) -> Sequence[Hit]:
        """Return the nearest objects by cosine, best first, ties by uri."""
        ...

    async def search_text(self, class_name: str, words: str, *, limit: int) -> Sequence[Hit]:
        """Return the best keyword matches, best first."""
        ...

    async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
        """Drop the class with its objects, if it is there and belongs to this pipeline.

        What refers to it is to be dropped before (`class_changes`). Without an answer in time it
        may still be dropped: `StoreUnavailable`.
        """
        ...

    async def disconnect(self) -> None:
        """Close the data connections, so that no request of ours is left on its way."""
        ...

    async def aclose(self) -> None:
        """Release everything. May be called twice."""
        ...
