"""Loading one class: build, embed and send its objects level by level.

Knows the catalogue, the embedder's and the target's ports and the running step. Levels are
barriers: what a record refers to is acknowledged, or journaled as rejected, before the record
is built. Bounded everywhere: texts and vectors in flight do not grow with the input.
"""

import logging
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from ingest.catalogue import Catalogue, ClassCatalogue
from ingest.embedders import Embedder
from ingest.objects import embedding_text
from ingest.pace import MOST_IN_FLIGHT, Pace
from ingest.records import Rejection
from ingest.sending import STALL_SECONDS, Parcel, Sender
from ingest.target import Target
from journal import RejectedFact, StepResult, StepRun
from journal.clock import Clock
from journal.errors import leading
from journal.supervision import waiting_for_store

log = logging.getLogger(__name__)

CHUNK = 512  # no smaller than the largest batch
TAIL = 64  # enough that some of it lies in every shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every step of a load needs.

    `unsure` collects (class, index) of the records that ever had an unknown outcome.
    """

    catalogue: Catalogue
    target: Target
    embedder: Embedder
    clock: Clock
    request_seconds: float
    unsure: set[tuple[str, int]]

    async def incarnation(self) -> str:
        """Return how the target's nodes were started; waits while it does not answer.

        Raises:
            StoreUnavailable: it did not for `STALL_SECONDS`.
        """
        return await waiting_for_store(self.target.incarnation, self.clock, STALL_SECONDS, log.info)


async def load_class(run: StepRun, class_name: str, workshop: Workshop) -> StepResult:
    """Bring every record of the class into the target, from the step's resume point on."""
    records = workshop.catalogue.classes[class_name]
    loading = _Loading(run, records, workshop)
    await run.reject(rejected_rows(records.rejections))
    loading.mark_absent()
    await loading.load()
    loading.mark_absent()
    await run.checkpoint()
    unsure = sum(name == class_name for name, _ in workshop.unsure)
    return StepResult(
        summary={unsure_name(class_name): unsure} if unsure else {},
        counts={class_name: len(records) - len(workshop.catalogue.absent[class_name])},
        relations=dict(workshop.catalogue.reference_counts(class_name)),
        dangling=dict(workshop.catalogue.dangling_counts(class_name)),
    )


def unsure_name(class_name: str) -> str:
    """Return under which name a step says how many of its records had an unknown outcome."""
    return f"unsure_{class_name}"


def rejected_rows(rejections: Sequence[Rejection]) -> list[RejectedFact]:
    """Return the rows of the input that can be no record, as the journal keeps them."""
    return [
        RejectedFact(
            file=rejection.file, line=rejection.line, key=rejection.key, reason=rejection.reason
        )
        for rejection in rejections
    ]


def mark_absent(catalogue: Catalogue, class_name: str, rejected: frozenset[str]) -> None:
    """Note in the catalogue which of the class's records the journal has as rejected."""
    if rejected:
        uris = catalogue.classes[class_name].uris
        catalogue.absent[class_name].update(
            index for index, uri in enumerate(uris) if uri in rejected
        )


def mark_all_absent(
    catalogue: Catalogue,
    steps: Sequence[tuple[str, str]],
    rejected: frozenset[tuple[str, str]],
) -> None:
    """Note what the journal has as rejected, (step, key), in all of the (step, class)."""
    for step, class_name in steps:
        keys = frozenset(key for of_step, key in rejected if of_step == step)
        mark_absent(catalogue, class_name, keys)


class _Loading:
    """One class's load in one attempt."""

    def __init__(self, run: StepRun, records: ClassCatalogue, workshop: Workshop) -> None:
        self._run = run
        self._records = records
        self._shop = workshop
        self._indices = array("q")
        for level in records.order.levels:
            self._indices.extend(level.tolist())
        self._second_pass = len(self._indices)
        self._indices.extend(records.order.cyclic.tolist())
        self._on_cycle = frozenset(records.order.cyclic.tolist())
        self._settled = bytearray(len(self._indices))
        self._prefix = run.settled
        self._chunk = max(1, min(CHUNK, run.state.window // 2))
        self._pace = Pace(longest_batch=self._chunk)
        self._in_flight = anyio.CapacityLimiter(self._pace.in_flight)
        self._unchanged: Mapping[UUID, str] = {}
        self._tail: list[Parcel] = []  # the last that were written whole
        self._is_resumed = run.settled > 0
        run.total = len(self._indices)

    def mark_absent(self) -> None:
        """Take over what the journal has as rejected by now."""
        mark_absent(self._shop.catalogue, self._records.name, self._run.rejected)

    async def load(self) -> None:
        """Load each level; the second pass over the records on cycles is the last."""
        if self._run.trusted:
            self._unchanged = {
                key: content_hash
                async for key, content_hash in self._shop.target.hashes(self._records.name)
            }
        resumed_at = self._run.settled
        incarnation = await self._shop.incarnation()
        start = 0
        for level in self._records.order.levels:
            await self._level(start, start + len(level))
            start += len(level)
        await self._level(self._second_pass, len(self._indices))
        await self._flush()
        if await self._shop.incarnation() != incarnation:
            self._doubt(resumed_at)

    def _doubt(self, since: int) -> None:
        """Have `verify` look at all that was sent: a server that died has lost the end of it.

        It may have died and be back while no request of ours was on its way.
        """
        self._shop.unsure.update(
            (self._records.name, self._indices[position])
            for position in range(since, len(self._indices))
        )

    async def _flush(self) -> None:
        """Leave nothing that a kill of the server could take back; a resumed step as well."""
        if not self._tail and self._is_resumed:
            self._unchanged = {}
            last = self._built(max(0, len(self._indices) - TAIL), len(self._indices))
            self._tail = await self._embedded(
                [parcel for parcel in last if not self._is_create(parcel)]
            )
        await self._sender().flush(self._tail)

    async def _level(self, start: int, stop: int) -> None:
        """Load the records at positions start..stop; return when all are settled."""
        start = max(start, self._run.settled)
        if start >= stop:
            return
        # Rejections of the level before are journaled; now nothing refers to them any more.
        self.mark_absent()
        send, receive = anyio.create_memory_object_stream[list[Parcel]](2)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._produce, send, start, stop)
                async with receive:
                    for _ in range(MOST_IN_FLIGHT):
                        tasks.start_soon(self._consume, receive.clone())
        except BaseExceptionGroup as group:
            raise leading(group) from group

    async def _produce(
        self, send: MemoryObjectSendStream[list[Parcel]], start: int, stop: int
    ) -> None:
        """Build and embed the level in order, and hand it on in batches."""
        async with send:
            for first in range(start, stop, self._chunk):
                last = min(first + self._chunk, stop)
                await self._run.admit(last - 1)
                parcels = await anyio.to_thread.run_sync(self._built, first, last)
                for batch in _batches(await self._embedded(parcels), self._pace):
                    await send.send(batch)
                await self._note(())

    def _built(self, first: int, last: int) -> list[Parcel]:
        """Return what must be sent of these positions; what need not be is settled."""
        parcels = []
        for position in range(first, last):
            index = self._indices[position]
            absent = index in self._shop.catalogue.absent[self._records.name]
            parcel = None if absent else self._parcel(position, index)
            if parcel is None:
                self._settled[position] = 1
            else:
                parcels.append(parcel)
        return parcels

    def _parcel(self, position: int, index: int) -> Parcel | None:
        """Return the record's parcel, None if the target has the object already, unchanged."""
        catalogue, name = self._shop.catalogue, self._records.name
        suspect = self._run.is_suspect(position)
        if self._unchanged and not suspect:
            there = self._unchanged.get(self._records.id_of(index))
            if there == catalogue.content_hash(name, index):
                return None
        is_first_pass = index in self._on_cycle and position < self._second_pass
        sent = catalogue.to_object(name, index, without_cycles=is_first_pass)
        return Parcel(
            position=position,
            index=index,
            sent=sent,
            file=self._records.file,
            line=self._records.lines[index],
            # An equal vector is not indexed anew: if the create of the first pass was torn,
            # only a blank write lets the whole one mend it.
            twice=suspect or position >= self._second_pass,
        )

    async def _embedded(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        if not parcels:
            return []
        texts = [embedding_text(parcel.sent.properties) for parcel in parcels]
        vectors = await self._shop.embedder.embed(texts)
        return [
            replace(parcel, sent=replace(parcel.sent, vector=vector))
            for parcel, vector in zip(parcels, vectors, strict=True)
        ]

    async def _consume(self, receive: MemoryObjectReceiveStream[list[Parcel]]) -> None:
        sender = self._sender()
        async with receive:
            async for batch in receive:
                creates = [parcel for parcel in batch if self._is_create(parcel)]
                for parcel in creates:
                    await sender.create(parcel)
                wholes = [parcel for parcel in batch if parcel not in creates]
                await sender.settle(wholes)
                self._tail = [*self._tail, *wholes][-TAIL:]
                await self._note([parcel.position for parcel in batch])

    def _sender(self) -> Sender:
        return Sender(
            self._run,
            self._shop.target,
            self._shop.clock,
            self._pace,
            self._in_flight,
            request_seconds=self._shop.request_seconds,
            unsure=self._shop.unsure,
        )

    def _is_create(self, parcel: Parcel) -> bool:
        return (
            parcel.position < self._second_pass and self._indices[parcel.position] in self._on_cycle
        )

    async def _note(self, positions: Sequence[int]) -> None:
        """Mark positions as settled and move the step's settled prefix."""
        for position in positions:
            self._settled[position] = 1
        while self._prefix < len(self._settled) and self._settled[self._prefix]:
            self._prefix += 1
        acknowledged = min(self._prefix, self._second_pass) - len(
            self._shop.catalogue.absent[self._records.name]
        )
        await self._run.settle(self._prefix, {self._records.name: max(0, acknowledged)})


def _batches(parcels: Sequence[Parcel], pace: Pace) -> list[list[Parcel]]:
    size = pace.batch
    return [list(parcels[at : at + size]) for at in range(0, len(parcels), size)]
