"""Creating, completing and dropping the pipeline's classes.

Knows what the schema module says of a class's shape and owner; knows nothing of objects.
Auto-schema never decides: every class is there, whole, before the first object is sent.
"""

from collections.abc import Sequence

import anyio

from ingest.targets import weaviate_replies as replies
from ingest.targets import weaviate_schema as shapes
from ingest.targets.weaviate_connection import WeaviateConnection
from ingest.targets.weaviate_errors import Lost, RestReply, legible, rest_failed
from ingest.targets.weaviate_schema import Document
from journal.errors import StoreRefused, StoreUnavailable
from schemas import ClassSchema

SCHEMA_TIMEOUT_SECONDS = 15.0
MOST_REPLICAS = 3
# A class whose creation was lost, or won by another, shows up a little later on a cluster.
VISIBLE_SECONDS = 10.0
PAUSE_SECONDS = 0.2


class WeaviateClasses:
    """The classes of one pipeline."""

    def __init__(
        self,
        connection: WeaviateConnection,
        *,
        pipeline: str,
        prefix: str,
        schemas: Sequence[ClassSchema],
    ) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._definitions = {
            schema.name: shapes.class_definition(schema, prefix=prefix, pipeline=pipeline)
            for schema in schemas
        }

    async def prepare(self) -> None:
        """Create the classes, complete half-made ones.

        Raises:
            StoreRefused: a class has another shape, or belongs to another pipeline.
        """
        there = await self._all()
        for definition in self._definitions.values():  # before anything is created
            if found := there.get(definition["class"]):
                self._check(definition, found)
        absent = [each for each in self._definitions.values() if each["class"] not in there]
        # Each step prepares; only the first has anything to create.
        replicas = await self._replicas() if absent else None
        for definition in absent:
            there[definition["class"]] = await self._create(definition, set(there), replicas)
        for definition in self._definitions.values():  # every target is there now
            for entry in shapes.missing_properties(definition, there[definition["class"]]):
                await self._add(definition, entry)

    async def existing(self, *, timeout_seconds: float = SCHEMA_TIMEOUT_SECONDS) -> tuple[str, ...]:
        """Return the names of those of our classes that are there, in the schemas' order."""
        there = await self._all(timeout_seconds=timeout_seconds)
        return tuple(
            name
            for name, definition in self._definitions.items()
            if shapes.owner(there.get(definition["class"], {})) == self._pipeline
        )

    async def foreign(self) -> tuple[str, ...]:
        """Return the names of those that are there and name another pipeline, or none."""
        there = await self._all()
        return tuple(
            name
            for name, definition in self._definitions.items()
            if (found := there.get(definition["class"])) and shapes.owner(found) != self._pipeline
        )

    async def drop(self, name: str, *, timeout_seconds: float) -> None:
        """Drop the class if it names this pipeline; look and deletion end in the time-out."""
        began_at = anyio.current_time()
        if name not in await self.existing(timeout_seconds=timeout_seconds):
            return
        left_seconds = timeout_seconds - (anyio.current_time() - began_at)
        await self._connection.ask(
            f"dropping the class {name}",
            "DELETE",
            f"/schema/{self._definitions[name]['class']}",
            timeout_seconds=max(left_seconds, 0.0),
        )

    async def _create(
        self, definition: Document, there: set[str], replicas: int | None
    ) -> Document:
        """Create the class, or find that it has been created meanwhile; return it."""
        name = definition["class"]
        body = shapes.creation(definition, there=there, replicas=replicas)
        failure: RestReply | None = None
        try:
            reply = await self._connection.rest(
                "POST", "/schema", body=body, timeout_seconds=SCHEMA_TIMEOUT_SECONDS
            )
        except Lost:
            pass  # it may have been created: the class itself tells
        else:
            if reply.status != 200:
                failure = reply
            elif reply.tells("class"):
                return body
        # Another starter may have won the race; only the class itself tells.
        found = await self._appearing(name)
        if found is None and failure is not None:
            raise rest_failed(failure, f"creating the class {name}", self._connection.address)
        if found is None:
            raise self._unanswered(f"creating the class {name}")
        self._check(definition, found)
        return found

    async def _add(self, definition: Document, entry: Document) -> None:
        """Add one property, or find that another starter has added it."""
        name = definition["class"]
        doing = f"completing the class {name}"
        try:
            reply = await self._connection.rest(
                "POST",
                f"/schema/{name}/properties",
                body=entry,
                timeout_seconds=SCHEMA_TIMEOUT_SECONDS,
            )
        except Lost as error:
            raise self._unanswered(doing) from error
        if reply.status == 200 and reply.tells("name"):
            return
        found = await self._appearing(name)
        if found is None or entry in shapes.missing_properties(definition, found):
            if reply.status == 200:
                raise self._unanswered(doing)
            raise rest_failed(reply, doing, self._connection.address)
        self._check(definition, found)

    def _unanswered(self, doing: str) -> StoreUnavailable:
        """Return the error where nothing came back that a Weaviate says."""
        return StoreUnavailable(f"{self._connection.address}: {doing}: no answer")

    def _check(self, definition: Document, found: Document) -> None:
        name = definition["class"]
        owner = shapes.owner(found)
        if owner != self._pipeline:
            whose = f"belongs to the pipeline {owner!r}" if owner else "names no pipeline"
            raise StoreRefused(
                f"{self._connection.address}: the class {name} {whose}, expected "
                f"{self._pipeline!r}: keep the two apart by `--prefix`, or drop that class"
            )
        if other := shapes.difference(definition, found):
            raise StoreRefused(
                f"{self._connection.address}: the class {name} has another shape ({other}): "
                "`varity-journal reset` drops the pipeline's classes"
            )

    async def _appearing(self, name: str) -> Document | None:
        """Return the class as soon as it shows, None if it does not."""
        with anyio.move_on_after(VISIBLE_SECONDS):
            while True:
                if found := (await self._all()).get(name):
                    return found
                await anyio.sleep(PAUSE_SECONDS)
        return None

    async def _all(self, *, timeout_seconds: float = SCHEMA_TIMEOUT_SECONDS) -> dict[str, Document]:
        """Return every class that we may see."""
        doing = "reading the schema"
        reply = await self._connection.ask(doing, "GET", "/schema", timeout_seconds=timeout_seconds)
        return legible(
            replies.classes, reply.content, doing=doing, address=self._connection.address
        )

    async def _replicas(self) -> int | None:
        """Return how many copies a class gets, None to leave it to the server."""
        doing = "counting the nodes"
        try:
            reply = await self._connection.ask(
                doing, "GET", "/nodes", timeout_seconds=SCHEMA_TIMEOUT_SECONDS
            )
        except StoreRefused:  # a role that is limited to the classes may not see the nodes
            return None
        nodes = legible(
            replies.node_count, reply.content, doing=doing, address=self._connection.address
        )
        return min(MOST_REPLICAS, nodes) if nodes > 1 else None
