"""Stores that the target suite runs over, and the objects that it writes there.

Knows how to open each target; what a target owes stands in `test_target.py`.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

from ingest.records import PropertyValue
from ingest.target import Target, TargetObject, Vector
from ingest.targets.memory import MemoryDatabase, MemoryTarget
from ingest.targets.sqlite import open_sqlite_target
from schemas import ClassSchema, load_schema

SCHEMAS = tuple(load_schema(name) for name in ("SkillGroup", "SkillCollection", "Skill"))
SECONDS = 15.0

LEASES = """
CREATE TABLE IF NOT EXISTS leases(
    pipeline TEXT, epoch INTEGER, owner TEXT, beat INTEGER, released INTEGER,
    PRIMARY KEY(pipeline, epoch)
)
"""


class TargetStore(Protocol):
    """One empty store, on which targets are opened."""

    fences: bool

    def open(
        self,
        *,
        pipeline: str = "esco",
        prefix: str = "",
        schemas: Sequence[ClassSchema] = SCHEMAS,
    ) -> AbstractAsyncContextManager[Target]:
        """Open a target on the store."""
        ...

    def lease(self, epoch: int, *, pipeline: str = "esco") -> None:
        """Let the journal's side of the store grant `epoch` to somebody."""
        ...


class MemoryTargetStore:
    """The tests' reference."""

    fences = False

    def __init__(self) -> None:
        self.database = MemoryDatabase()

    @asynccontextmanager
    async def open(
        self,
        *,
        pipeline: str = "esco",
        prefix: str = "",
        schemas: Sequence[ClassSchema] = SCHEMAS,
    ) -> Any:
        yield MemoryTarget(
            pipeline=pipeline, prefix=prefix, schemas=schemas, database=self.database
        )

    def lease(self, epoch: int, *, pipeline: str = "esco") -> None:
        """Nothing to do: a store in one process has one owner."""


class SqliteTargetStore:
    """One database file, with the journal's table of leases in it."""

    fences = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(
        self,
        *,
        pipeline: str = "esco",
        prefix: str = "",
        schemas: Sequence[ClassSchema] = SCHEMAS,
    ) -> AbstractAsyncContextManager[Target]:
        return open_sqlite_target(self.path, pipeline=pipeline, prefix=prefix, schemas=schemas)

    def lease(self, epoch: int, *, pipeline: str = "esco") -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(LEASES)
            connection.execute(
                "INSERT OR IGNORE INTO leases VALUES (?, ?, 'owner', 0, 0)", (pipeline, epoch)
            )


class WeaviateTargetStore:
    """A real server with nothing in it."""

    fences = False

    def __init__(self, *, url: str, grpc_port: int) -> None:
        self.url = url
        self.grpc_port = grpc_port

    def open(
        self,
        *,
        pipeline: str = "esco",
        prefix: str = "",
        schemas: Sequence[ClassSchema] = SCHEMAS,
    ) -> AbstractAsyncContextManager[Target]:
        from ingest.targets.weaviate import open_weaviate_target

        return open_weaviate_target(
            self.url, grpc_port=self.grpc_port, pipeline=pipeline, prefix=prefix, schemas=schemas
        )

    def lease(self, epoch: int, *, pipeline: str = "esco") -> None:
        """Nothing to do: the server knows no epochs."""


def direction(*components: float) -> Vector:
    """Return the unit vector along `components`."""
    vector = np.array(components, dtype=np.float64)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def id_of(uri: str) -> UUID:
    """Return the id that an object with this URI has."""
    return uuid5(NAMESPACE_URL, uri)


def skill_uri(number: int) -> str:
    """Return the URI of skill `number`."""
    return f"http://example.org/skill/{number:05}"


def group_uri(number: int) -> str:
    """Return the URI of skill group `number`."""
    return f"http://example.org/group/{number:05}"


def skill(
    number: int,
    *,
    vector: Vector | None = None,
    references: Mapping[str, tuple[UUID, ...]] | None = None,
    properties: Mapping[str, PropertyValue] | None = None,
    **more: PropertyValue,
) -> TargetObject:
    """Return a whole skill; without `vector`, one of four dimensions that is its own."""
    return _whole(
        "Skill",
        skill_uri(number),
        {
            "preferredLabel": f"skill {number}",
            "contentHash": f"hash {number}",
            **(properties or {}),
            **more,
        },
        references,
        direction(1.0, number / 7, -number / 3, 0.5) if vector is None else vector,
    )


def group(number: int, *, references: Mapping[str, tuple[UUID, ...]] | None = None) -> TargetObject:
    """Return a whole skill group."""
    return _whole(
        "SkillGroup",
        group_uri(number),
        {"preferredLabel": f"group {number}", "code": f"0{number}", "contentHash": "g"},
        references,
        direction(0.5, -1.0, number + 1.0, 0.25),
    )


def _whole(
    class_name: str,
    uri: str,
    given: Mapping[str, PropertyValue],
    references: Mapping[str, tuple[UUID, ...]] | None,
    vector: Vector,
) -> TargetObject:
    schema = load_schema(class_name)
    nothing: dict[str, PropertyValue] = {
        entry.name: () if entry.type == "text[]" else "" for entry in schema.properties
    }
    return TargetObject(
        class_name=class_name,
        id=id_of(uri),
        properties={**nothing, "conceptUri": uri, "status": "released", **given},
        references={entry.name: () for entry in schema.references} | dict(references or {}),
        vector=vector,
    )


async def drop_all(target: Target) -> None:
    """Drop the classes of the target's pipeline, referring ones first."""
    for name in reversed(await target.existing_classes()):
        await target.drop(name, timeout_seconds=SECONDS)


def facts(stored: TargetObject | None) -> tuple[object, ...]:
    """Return everything an object says, in a form that compares by value, bit for bit."""
    assert stored is not None
    vector = None if stored.vector is None else (stored.vector.dtype.str, stored.vector.tobytes())
    return (
        stored.class_name,
        stored.id,
        dict(stored.properties),
        dict(stored.references),
        vector,
    )
