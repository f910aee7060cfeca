"""The target of one simulated process: the port `ingest.target.Target` over the network.

What it answers is what the real adapter makes of a server's words and silences.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ingest.target import Hit, Listed, Outcome, Reply, TargetObject, Vector, Verdict
from journal.errors import StoreUnavailable
from schemas import ClassSchema
from tests.simulation.dice import Dice, Fault
from tests.simulation.loop import PROCESS
from tests.simulation.network import Cut, Network, Unanswered
from tests.simulation.server import READ_ONLY, Server, Writer, is_equal_vector
from tests.simulation.workload import SECRET

QUERY_SECONDS = 15.0
UNKNOWN = Outcome(verdict=Verdict.UNKNOWN, reason="no answer in time")
ERRORED = Outcome(verdict=Verdict.UNKNOWN, reason=f"context canceled ({SECRET})")

# Told the kind of a write ("upsert", "create", "flush", "drop") and its objects as it is sent;
# returns the write's number.
Watch = Callable[[str, Sequence[TargetObject]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A write that is applied, as far as it is: of which epoch, the how manieth that was sent."""

    epoch: int
    number: int
    kind: str
    objects: Sequence[TargetObject]


class SimulatedTarget(Writer):
    """A door to the server that goes over the network."""

    tears = True

    def __init__(
        self,
        server: Server,
        network: Network,
        dice: Dice,
        *,
        pipeline: str,
        prefix: str = "",
        schemas: Sequence[ClassSchema],
        watch: Watch = lambda kind, objects: 0,
        landed: Callable[[Landing], None] = lambda landing: None,
    ) -> None:
        super().__init__(
            pipeline=pipeline, prefix=prefix, schemas=schemas, database=server.database
        )
        self.epoch = 0
        self._server = server
        self._network = network
        self._dice = dice
        self._watch = watch
        self._landed = landed

    async def own(self, epoch: int) -> None:
        """Remember the epoch: the server can fence nothing."""
        self.epoch = epoch

    async def incarnation(self) -> str:
        """Return how often the server was started."""
        await self._ask("incarnation")
        return str(self._server.kills)

    async def prepare(self) -> None:
        """Create the classes."""
        await self._ask("prepare")
        await super().prepare()

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write the objects in one request that is sent once."""
        return await self._written("upsert", objects, timeout_seconds)

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write the objects once more, which writes the log of the index out."""
        return await self._written("flush", objects, timeout_seconds)

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object unless its id exists."""
        number = self._watch("create", [created])
        landing = Landing(epoch=self.epoch, number=number, kind="create", objects=[created])
        try:
            outcome = await self._network.call(
                f"create {created.uri}",
                lambda cut: self._server.create(created, self, cut, lambda: self._landed(landing)),
                timeout_seconds,
            )
        except Unanswered as error:
            return Reply(outcomes=(UNKNOWN,), pushback=True, lost=error.is_lost)
        return Reply(outcomes=(outcome,), pushback=outcome is READ_ONLY)

    async def existing_classes(self) -> tuple[str, ...]:
        """Return the names of our classes."""
        await self._ask("classes")
        return await super().existing_classes()

    async def count(self, class_name: str) -> int:
        """Return the number of objects."""
        await self._ask("count")
        return await super().count(class_name)

    async def hashes(self, class_name: str) -> AsyncIterator[tuple[UUID, str]]:
        """Yield ids and hashes; a listing of a cluster may lack some."""
        await self._ask("list hashes")
        async for entry in super().hashes(class_name):
            if not self._dice.fires(Fault.GAP):
                yield entry

    async def objects(
        self, class_name: str, *, vectors: bool = True
    ) -> AsyncIterator[TargetObject]:
        """Yield every object whole."""
        await self._ask("list objects")
        async for stored in super().objects(class_name, vectors=vectors):
            yield stored

    async def read(self, class_name: str, object_id: UUID) -> TargetObject | None:
        """Return the object by id."""
        await self._ask("read")
        return await super().read(class_name, object_id)

    async def reference_counts(self, class_name: str) -> Mapping[str, int]:
        """Return the number of references."""
        await self._ask("count references")
        return await super().reference_counts(class_name)

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether the filter index knows the object."""
        await self._ask("filter")
        unseen = self._server.index(self._prefix + class_name).unseen_by_filter
        return any(
            stored.uri == uri and "conceptUri" not in unseen.get(stored.id, ())
            for stored in self._objects(class_name).values()
        )

    async def listing(self, class_name: str) -> AsyncIterator[Listed]:
        """Yield every object at a glance; a listing of a cluster may lack some."""
        async for listed in super().listing(class_name):
            if not self._dice.fires(Fault.GAP):
                yield listed

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return those that the filter index knows."""
        await self._ask("filter")
        found = await super().filtered(class_name, uris)
        unseen = self._server.index(self._prefix + class_name).unseen_by_filter
        return frozenset(key for key in found if "conceptUri" not in unseen.get(key, ()))

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the nearest of those that the vector index knows; vectors have unit length."""
        await self._ask("nearest")
        unseen = self._server.index(self._prefix + class_name).unseen_by_vector
        scored = [
            (-float(stored.vector.dot(vector)), key)
            for key, stored in self._objects(class_name).items()
            if stored.vector is not None and key not in unseen
        ]
        return frozenset(key for _, key in sorted(scored)[:limit])

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether the vector index knows the object under this vector."""
        await self._ask("near")
        if sought.id in self._server.index(self.full_name(sought)).unseen_by_vector:
            return False
        stored = self.stored(sought)
        if stored is not None and is_equal_vector(stored, sought) and sought.vector is not None:
            return True  # nothing is nearer than itself
        return await super().found_by_vector(sought)

    async def referring(
        self, class_name: str, reference: str, object_id: UUID, *, limit: int
    ) -> Sequence[Hit]:
        """Return the objects that refer to one."""
        await self._ask("referring")
        return await super().referring(class_name, reference, object_id, limit=limit)

    async def search(self, class_name: str, vector: Vector, *, limit: int) -> Sequence[Hit]:
        """Return the nearest objects."""
        return await super().search(class_name, vector, limit=limit)

    async def search_text(self, class_name: str, words: str, *, limit: int) -> Sequence[Hit]:
        """Return the best keyword matches."""
        await self._ask("words")
        return await super().search_text(class_name, words, limit=limit)

    async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
        """Drop the class in one request that is sent once."""
        number = self._watch("drop", [])
        landing = Landing(epoch=self.epoch, number=number, kind="drop", objects=[])

        def apply(cut: Cut | None) -> None:
            if self._class(class_name) and (cut is None or cut.done >= 0.5):
                del self._database.classes[self._prefix + class_name]
                self._server.indexes.pop(self._prefix + class_name, None)
                self._landed(landing)

        try:
            await self._network.call(f"drop {class_name}", apply, timeout_seconds)
        except Unanswered as error:
            raise StoreUnavailable(f"simulated: dropping {class_name}: no answer") from error

    async def disconnect(self) -> None:
        """Close the data connections."""
        process = PROCESS.get()
        if process is not None:
            self._network.disconnect(process, journal_too=False)

    async def _written(self, kind: str, objects: Sequence[TargetObject], seconds: float) -> Reply:
        number = self._watch(kind, objects)
        sent = list(objects)
        first = sent[0].uri.rpartition("/")[2] if sent else ""
        blank = "blank " if sent and sent[0].vector is None else ""

        epoch = self.epoch
        errored, skipped = self._errored(len(sent))
        taken = [each for position, each in enumerate(sent) if position not in skipped]

        def apply(cut: Cut | None) -> tuple[Outcome, ...]:
            outcomes = self._server.upsert(taken, self, cut)
            stored = [
                each
                for each, outcome in zip(taken, outcomes, strict=False)  # cut: of fewer
                if outcome.verdict is Verdict.ACKNOWLEDGED
            ]
            self._landed(Landing(epoch=epoch, number=number, kind=kind, objects=stored))
            answers = iter(outcomes)
            return tuple(
                ERRORED if position in skipped else next(answers, ERRORED)
                for position in range(len(sent))
            )

        try:
            outcomes = await self._network.call(
                f"{kind} {blank}{len(sent)} from {first}", apply, seconds
            )
        except Unanswered as error:
            return Reply(outcomes=(UNKNOWN,) * len(sent), pushback=True, lost=error.is_lost)
        outcomes = tuple(
            ERRORED if position in errored else outcome for position, outcome in enumerate(outcomes)
        )
        return Reply(outcomes=outcomes, pushback=READ_ONLY in outcomes)

    def _errored(self, count: int) -> tuple[frozenset[int], frozenset[int]]:
        """Return which objects of a batch are errored, and which of these are not stored either."""
        if not self._dice.fires(Fault.ERRORED):
            return frozenset(), frozenset()
        share = self._dice.between(Fault.ERRORED, 0, 1)
        errored = frozenset(
            position for position in range(count) if self._dice.between(Fault.ERRORED, 0, 1) < share
        )
        are_stored = self._dice.whole(Fault.ERRORED, 0, 1)
        return errored, frozenset() if are_stored else errored

    async def _ask(self, what: str) -> None:
        """Go there and back.

        Raises:
            StoreUnavailable: there was no answer, or one of a server that is not ready.
        """
        try:
            await self._network.call(what, lambda cut: None, QUERY_SECONDS)
        except Unanswered as error:
            raise StoreUnavailable("simulated: a query got no answer") from error
        if self._server.is_starting:
            raise StoreUnavailable("simulated: starting and not ready yet")
