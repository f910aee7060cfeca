"""The target of the tests: plain dictionaries, the reference that every store is held to.

Knows no files and no network; slow and obvious on purpose.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from ingest.records import PropertyValue
from ingest.target import (
    REFERS_TO_NOTHING,
    Hit,
    Listed,
    Outcome,
    Reply,
    TargetObject,
    Vector,
    Verdict,
)
from ingest.targets.admission import date_names, refusal
from ingest.targets.shape import completed_shape
from journal.errors import StoreRefused
from schemas import ClassSchema

# Cosines this near are a tie: below it, float64 rounding decides.
_TIE = 1e-12

_ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)


@dataclass(slots=True)
class MemoryClass:
    """One class: who owns it, how it looks, what it holds."""

    pipeline: str
    schema: ClassSchema
    dimension: int | None = None
    objects: dict[UUID, TargetObject] = field(default_factory=dict)


@dataclass(slots=True)
class MemoryDatabase:
    """The classes by their full names; targets that share it see each other's writes."""

    classes: dict[str, MemoryClass] = field(default_factory=dict)


class MemoryTarget:
    """`Target` over a `MemoryDatabase`. Does not fence: one process has one owner."""

    tears = False

    def __init__(
        self,
        *,
        pipeline: str,
        prefix: str = "",
        schemas: Sequence[ClassSchema],
        database: MemoryDatabase,
    ) -> None:
        self._pipeline = pipeline
        self._prefix = prefix
        self._schemas = {schema.name: schema for schema in schemas}
        self._database = database

    async def own(self, epoch: int) -> None:
        """Do nothing: there is nobody to fence out."""

    async def prepare(self) -> None:
        """Create the classes, complete half-made ones."""
        ready = {}
        for schema in self._schemas.values():
            name = self._prefix + schema.name
            there = self._database.classes.get(name) or MemoryClass(self._pipeline, schema)
            if there.pipeline != self._pipeline:
                raise StoreRefused(
                    f"class {name} belongs to pipeline {there.pipeline}, not to {self._pipeline}; "
                    "choose another prefix"
                )
            ready[name] = replace(there, schema=completed_shape(name, there.schema, schema))
        self._database.classes.update(ready)

    async def existing_classes(self) -> tuple[str, ...]:
        """Return the names of those of our classes that are there."""
        return tuple(name for name in self._schemas if self._class(name))

    async def foreign_classes(self) -> tuple[str, ...]:
        """Return the names of those that belong to others."""
        there = self._database.classes
        return tuple(
            name for name in self._schemas if self._prefix + name in there and not self._class(name)
        )

    async def count(self, class_name: str) -> int:
        """Return how many objects the class holds."""
        return len(self._objects(class_name))

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write each object whole; references may point to what was there before."""
        there = {name: set(self._objects(name)) for name in self._schemas}
        return Reply(outcomes=tuple(self._write(each, there) for each in objects))

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Do nothing: there is nothing but memory."""
        return Reply(outcomes=(_ACKNOWLEDGED,) * len(objects))

    async def incarnation(self) -> str:
        """Return "": it lives and dies with this process."""
        return ""

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object unless its id exists."""
        if created.id in self._objects(created.class_name):
            return Reply(outcomes=(_ACKNOWLEDGED,))
        return await self.upsert([created], timeout_seconds=timeout_seconds)

    async def hashes(self, class_name: str) -> AsyncIterator[tuple[UUID, str]]:
        """Yield id and content hash of every object."""
        for stored in list(self._objects(class_name).values()):
            yield stored.id, stored.content_hash

    async def listing(self, class_name: str) -> AsyncIterator[Listed]:
        """Yield every object at a glance."""
        async for stored in self.objects(class_name, vectors=False):
            yield Listed(
                id=stored.id,
                uri=stored.uri,
                content_hash=stored.content_hash,
                references={name: len(held) for name, held in stored.references.items()},
            )

    async def objects(
        self, class_name: str, *, vectors: bool = True
    ) -> AsyncIterator[TargetObject]:
        """Yield every object whole."""
        for object_id in list(self._objects(class_name)):
            stored = await self.read(class_name, object_id)
            if stored is not None:
                yield stored if vectors else replace(stored, vector=None)

    async def read(self, class_name: str, object_id: UUID) -> TargetObject | None:
        """Return the object in the shape that its class has now."""
        stored = self._objects(class_name).get(object_id)
        if stored is None:
            return None
        schema = self._schemas[class_name]
        properties: dict[str, PropertyValue] = {
            entry.name: stored.properties.get(entry.name, () if entry.type == "text[]" else "")
            for entry in schema.properties
        }
        references = {
            entry.name: tuple(sorted(set(stored.references.get(entry.name, ()))))
            for entry in schema.references
        }
        return replace(stored, properties=properties, references=references)

    async def reference_counts(self, class_name: str) -> Mapping[str, int]:
        """Return the number of references, by reference property."""
        counts = {entry.name: 0 for entry in self._schemas[class_name].references}
        for stored in self._objects(class_name).values():
            for name, targets in stored.references.items():
                counts[name] += len(targets)
        return counts

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether an object has this `conceptUri`."""
        return any(stored.uri == uri for stored in self._objects(class_name).values())

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return the objects that have one of these `conceptUri`s."""
        sought = set(uris)
        held = self._objects(class_name).values()
        return frozenset(stored.id for stored in held if stored.uri in sought)

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the nearest objects by cosine."""
        scored = [
            (_cosine(stored.vector, vector), stored.id)
            for stored in self._objects(class_name).values()
            if stored.vector is not None
        ]
        return frozenset(key for _, key in sorted(scored, reverse=True)[:limit])

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether no object is nearer to the sought vector than the object itself."""
        if sought.vector is None:
            return False
        nearest = await self.search(
            sought.class_name, sought.vector, limit=len(self._objects(sought.class_name))
        )
        tied = [hit.uri for hit in nearest if hit.score >= nearest[0].score - _TIE]
        return sought.uri in tied

    async def referring(
        self, class_name: str, reference: str, object_id: UUID, *, limit: int
    ) -> Sequence[Hit]:
        """Return the objects whose `reference` holds `object_id`, by uri."""
        return _best(
            (
                _hit(stored, 1.0)
                for stored in self._objects(class_name).values()
                if object_id in stored.references.get(reference, ())
            ),
            limit,
        )

    async def search(self, class_name: str, vector: Vector, *, limit: int) -> Sequence[Hit]:
        """Return the nearest objects by cosine."""
        held = self._class(class_name)
        if held is None or held.dimension is None:
            return []
        if len(vector) != held.dimension:
            raise StoreRefused(
                f"{class_name}: the query has {len(vector)} dimensions, the stored vectors have "
                f"{held.dimension}; search with the embedder that filled the class"
            )
        return _best(
            (
                _hit(stored, _cosine(stored.vector, vector))
                for stored in held.objects.values()
                if stored.vector is not None
            ),
            limit,
        )

    async def search_text(self, class_name: str, words: str, *, limit: int) -> Sequence[Hit]:
        """Return the objects that hold most of the words."""
        sought = set(_words(words))
        searchable = [
            entry.name for entry in self._schemas[class_name].properties if entry.searchable
        ]
        hits = []
        for stored in self._objects(class_name).values():
            texts = [_lines(stored.properties.get(name, "")) for name in searchable]
            found = sought.intersection(_words("\n".join(texts)))
            if found:
                hits.append(_hit(stored, float(len(found))))
        return _best(hits, limit)

    async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
        """Drop the class, if it belongs to this pipeline."""
        if self._class(class_name):
            del self._database.classes[self._prefix + class_name]

    async def disconnect(self) -> None:
        """Do nothing: nothing is ever on its way."""

    async def aclose(self) -> None:
        """Do nothing."""

    def _class(self, class_name: str) -> MemoryClass | None:
        held = self._database.classes.get(self._prefix + class_name)
        return held if held is not None and held.pipeline == self._pipeline else None

    def _objects(self, class_name: str) -> dict[UUID, TargetObject]:
        held = self._class(class_name)
        return {} if held is None else held.objects

    def _write(self, offered: TargetObject, there: Mapping[str, set[UUID]]) -> Outcome:
        held = self._class(offered.class_name)
        if held is None:
            raise StoreRefused(
                f"class {self._prefix}{offered.class_name} is not there; prepare the target first"
            )
        reason = refusal(offered, dates=date_names(held.schema), dimension=held.dimension)
        if reason:
            return Outcome(verdict=Verdict.REFUSED, reason=reason)
        for entry in held.schema.references:
            if not there.get(entry.target, set()).issuperset(
                offered.references.get(entry.name, ())
            ):
                return Outcome(
                    verdict=Verdict.UNKNOWN,
                    reason=f"{entry.name} {REFERS_TO_NOTHING}",
                )
        if offered.vector is not None:
            held.dimension = len(offered.vector)
            offered = replace(offered, vector=offered.vector.copy())
        held.objects[offered.id] = offered
        return _ACKNOWLEDGED


def _hit(stored: TargetObject, score: float) -> Hit:
    return Hit(
        class_name=stored.class_name,
        uri=stored.uri,
        label=str(stored.properties["preferredLabel"]),
        score=score,
    )


def _best(hits: Iterable[Hit], limit: int) -> Sequence[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.uri))[:limit]


def _cosine(one: Vector, other: Vector) -> float:
    first, second = one.astype(np.float64), other.astype(np.float64)
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.sum(first * second)) / lengths if lengths else 0.0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _lines(value: PropertyValue) -> str:
    return value if isinstance(value, str) else "\n".join(value)
