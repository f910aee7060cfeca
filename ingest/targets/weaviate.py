"""The target of a Weaviate server: whole-object upserts, each request sent once.

Knows what a reply means for the loader. The wire, the classes, the wordings and the readings
stand in the modules beside this one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio import to_thread
from grpc.aio import AioRpcError  # type: ignore[import-untyped]

from ingest.target import Outcome, Reply, TargetObject, Verdict
from ingest.targets import weaviate_errors as errors
from ingest.targets import weaviate_replies as replies
from ingest.targets import weaviate_requests as requests
from ingest.targets.weaviate_classes import WeaviateClasses
from ingest.targets.weaviate_connection import WeaviateConnection
from ingest.targets.weaviate_errors import Lost
from ingest.targets.weaviate_opening import Server
from ingest.targets.weaviate_reading import WeaviateReader
from journal.errors import StoreRefused, StoreUnavailable
from journal.redaction import Redaction
from schemas import ClassSchema

STATISTICS_SECONDS = 15.0


@asynccontextmanager
async def open_weaviate_target(
    url: str,
    *,
    grpc_port: int = 50051,
    api_key: str | None = None,
    pipeline: str,
    prefix: str = "",
    schemas: Sequence[ClassSchema],
) -> AsyncIterator["WeaviateTarget"]:
    """Connect to the server and yield the target of one pipeline's classes.

    Raises:
        StoreUnavailable: nothing answers at `url`, or not at the gRPC port.
        StoreRefused: the key is wrong or missing, it is not a Weaviate, or too old a one.
    """
    server = Server(url, grpc_port, api_key)
    connection = WeaviateConnection(server, server.connect, redaction=Redaction(api_key))
    await connection.open()
    target = WeaviateTarget(connection, pipeline=pipeline, prefix=prefix, schemas=schemas)
    try:
        yield target
    finally:
        with anyio.CancelScope(shield=True):
            await target.aclose()


class WeaviateTarget(WeaviateReader):
    """`ingest.target.Target` over one connection, which a call after `disconnect` opens anew."""

    def __init__(
        self,
        connection: WeaviateConnection,
        *,
        pipeline: str,
        prefix: str,
        schemas: Sequence[ClassSchema],
    ) -> None:
        super().__init__(connection, prefix=prefix, schemas=schemas)
        self._classes = WeaviateClasses(
            connection, pipeline=pipeline, prefix=prefix, schemas=schemas
        )
        self.epoch: int | None = None

    @property
    def tears(self) -> bool:
        """True: the server stores, then indexes, and stops in between when a request ends."""
        return True

    async def own(self, epoch: int) -> None:
        """Remember the epoch: the server can fence nothing."""
        self.epoch = epoch

    async def prepare(self) -> None:
        """Create the classes, complete half-made ones.

        Raises:
            StoreRefused: a class has another shape, or belongs to another pipeline.
        """
        await self._classes.prepare()

    async def existing_classes(self) -> tuple[str, ...]:
        """Return the names of those of our classes that are there, in the schemas' order."""
        return await self._classes.existing()

    async def foreign_classes(self) -> tuple[str, ...]:
        """Return the names of those that are there and do not belong to this pipeline."""
        return await self._classes.foreign()

    async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
        """Drop the class with its objects, if it is there and belongs to this pipeline."""
        await self._classes.drop(class_name, timeout_seconds=timeout_seconds)

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write each object whole, in one request that is sent once.

        The batch replaces what has the id, references included: that is what makes a repeat
        change nothing.
        """
        started = anyio.current_time()
        refused = _unsendable(objects)
        sent = [index for index in range(len(objects)) if index not in refused]
        if sent:
            reply = await self._send([objects[index] for index in sent], started, timeout_seconds)
        else:
            reply = Reply(outcomes=())
        outcomes = refused | dict(zip(sent, reply.outcomes, strict=True))
        return Reply(
            outcomes=tuple(outcomes[index] for index in range(len(objects))),
            pushback=reply.pushback,
            too_large=reply.too_large,
            lost=reply.lost,
        )

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write the objects once more: that indexes nothing anew, but ends with a flush.

        The server writes the log of the vector index out with each batch, but before it has
        indexed that batch (`putBatch`, 1.38): were it killed, even days later, no search would
        find the last acknowledged objects again.
        """
        return await self.upsert(objects, timeout_seconds=timeout_seconds)

    async def incarnation(self) -> str:
        """Return how the nodes' consensus stood when each was started.

        "" without the right to read the cluster.

        Raises:
            StoreUnavailable: no answer.
        """
        try:
            answer = await self._connection.rest(
                "GET", "/cluster/statistics", timeout_seconds=STATISTICS_SECONDS
            )
        except Lost as lost:
            raise StoreUnavailable(f"{self._connection.address}: no answer") from lost
        except StoreRefused:
            return ""
        return replies.incarnation(answer.content) if answer.status == 200 else ""

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object by REST, which unlike a batch refuses an id that exists."""
        if refused := _unsendable([created]):
            return Reply(outcomes=(refused[0],))
        try:
            with self._connection.lost_without_wire():
                answer = await self._connection.rest(
                    "POST",
                    "/objects",
                    params={"consistency_level": "QUORUM"},
                    body=self._document(created),
                    timeout_seconds=timeout_seconds,
                )
        except Lost as lost:
            return errors.request_lost(lost, 1)
        return errors.created(answer, self._connection.address)

    async def disconnect(self) -> None:
        """Close the data connections, so that no request of ours is left on its way."""
        await self._connection.disconnect()

    async def aclose(self) -> None:
        """Release everything. May be called twice."""
        await self._connection.release()

    def _document(self, created: TargetObject) -> dict[str, Any]:
        references = self._schemas[created.class_name].references
        targets = {entry.name: self._collection(entry.target) for entry in references}
        return requests.document(self._collection(created.class_name), created, targets)

    async def _send(
        self, objects: Sequence[TargetObject], started: float, timeout_seconds: float
    ) -> Reply:
        """Send sendable objects of one class in what is left of the time."""
        # In a thread: references make a batch cost ten milliseconds and more, and the
        # heartbeats of the lease run on this loop.
        request = await to_thread.run_sync(
            requests.batch_request, self._collection(objects[0].class_name), objects
        )
        left = max(timeout_seconds - (anyio.current_time() - started), 0.0)
        try:
            reply = await self._connection.batch_objects(request, timeout_seconds=left)
        except AioRpcError as error:
            return errors.request_failed(
                error.code(), error.details() or "", len(objects), self._connection.address
            )
        except Lost as lost:
            return errors.request_lost(lost, len(objects))
        messages = {entry.index: entry.error for entry in reply.errors}
        return errors.answered(messages, len(objects), self._connection.address)


def _unsendable(objects: Sequence[TargetObject]) -> dict[int, Outcome]:
    """Return the refusals of those objects that the server must not even see, by position."""
    return {
        index: Outcome(verdict=Verdict.REFUSED, reason=reason)
        for index, wanted in enumerate(objects)
        if (reason := requests.unsendable(wanted))
    }
