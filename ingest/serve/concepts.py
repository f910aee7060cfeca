"""One concept with what it is related to, in both directions.

Reads through the target's port. Relations are stored on one side only; the other direction is
answered by filtering on the reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

import anyio

from ingest.target import Hit, Target, TargetObject
from schemas import ClassSchema

MOST_RELATED = 100  # of one relation
READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """The concepts at the other end of one relation, by label.

    `class_name` is theirs. `total` is None where the store can not count without listing.
    """

    name: str
    class_name: str
    concepts: Sequence[Hit]
    total: int | None
    is_truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """An object, the relations it holds, and those in which it is held."""

    stored: TargetObject
    outgoing: Sequence[Relation]
    incoming: Sequence[Relation]


class Concepts:
    """Looks concepts up in one target."""

    def __init__(self, target: Target, schemas: Mapping[str, ClassSchema]) -> None:
        self._target = target
        self._schemas = schemas
        self._limiter = anyio.CapacityLimiter(READS_AT_ONCE)

    async def concept(self, uri: str) -> Concept | None:
        """Return the concept, None if no class has it."""
        object_id = uuid5(NAMESPACE_URL, uri)
        for class_name in self._schemas:
            stored = await self._target.read(class_name, object_id)
            if stored is not None:
                return Concept(
                    stored=stored,
                    outgoing=await self._outgoing(stored),
                    incoming=await self._incoming(stored),
                )
        return None

    async def _outgoing(self, stored: TargetObject) -> list[Relation]:
        relations = []
        for entry in self._schemas[stored.class_name].references:
            ids = stored.references.get(entry.name, ())
            if not ids:
                continue
            found = await self._named(entry.target, ids[:MOST_RELATED])
            relations.append(
                Relation(
                    name=entry.name,
                    class_name=entry.target,
                    concepts=_by_label(found),
                    total=len(ids),
                    is_truncated=len(ids) > MOST_RELATED,
                )
            )
        return relations

    async def _incoming(self, stored: TargetObject) -> list[Relation]:
        relations = []
        for schema in self._schemas.values():
            for entry in schema.references:
                if entry.target != stored.class_name:
                    continue
                found = await self._target.referring(
                    schema.name, entry.name, stored.id, limit=MOST_RELATED + 1
                )
                if not found:
                    continue
                is_truncated = len(found) > MOST_RELATED
                relations.append(
                    Relation(
                        name=entry.name,
                        class_name=schema.name,
                        concepts=_by_label(found[:MOST_RELATED]),
                        total=None if is_truncated else len(found),
                        is_truncated=is_truncated,
                    )
                )
        return relations

    async def _named(self, class_name: str, ids: Sequence[UUID]) -> list[Hit]:
        """Return the objects of those ids that are there: class, uri and label."""
        found: list[Hit] = []

        async def read(object_id: UUID) -> None:
            async with self._limiter:
                stored = await self._target.read(class_name, object_id)
            if stored is not None:
                label = str(stored.properties["preferredLabel"])
                found.append(Hit(class_name=class_name, uri=stored.uri, label=label, score=1.0))

        async with anyio.create_task_group() as tasks:
            for object_id in ids:
                tasks.start_soon(read, object_id)
        return found


def _by_label(hits: Sequence[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (hit.label.casefold(), hit.uri))
