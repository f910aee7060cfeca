"""A target that tears objects as the real server does, and requests that fail as told.

Knows the target's port and, beside the objects, which of them no index finds. A model of
what `tests/facts` holds against the real server: an unknown outcome can leave an object in
the store and outside an index; an equal vector is not indexed anew; a changed one is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import anyio.lowlevel

from ingest.target import Outcome, Reply, TargetObject, Vector, Verdict
from ingest.targets.memory import MemoryDatabase, MemoryTarget
from journal.events import Recorded
from schemas import ClassSchema

UNKNOWN = Outcome(verdict=Verdict.UNKNOWN, reason="no answer")
REFUSED = Outcome(verdict=Verdict.REFUSED, reason="told to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one request.

    `applied` of its objects are written, `torn` of these outside the index; the outcomes of
    `unknown` of them (None: of all) are told as unknown. All are counted from the front.
    """

    applied: int = 0
    torn: int = 0
    unknown: int | None = None
    lost: bool = True
    pushback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One object of one request, and what the target said of it."""

    kind: str  # "whole", "blank", "create"
    whole: TargetObject
    verdict: Verdict

    @property
    def uri(self) -> str:
        """The object's URI."""
        return self.whole.uri


@dataclass(slots=True)
class Trace:
    """Everything that happened, in order: events that were appended, objects that were sent."""

    entries: list[Recorded | Sent] = field(default_factory=list)
    requests: int = 0

    def sent(self, uri: str = "", *, class_name: str = "") -> list[Sent]:
        """Return what was sent, of one object or class if told."""
        return [
            entry
            for entry in self.entries
            if isinstance(entry, Sent)
            and (not uri or entry.uri == uri)
            and (not class_name or entry.whole.class_name == class_name)
        ]

    def kinds(self, uri: str) -> list[str]:
        """Return in which ways one object was sent."""
        return [sent.kind for sent in self.sent(uri)]


FaultPlan = Callable[[int, Sequence[TargetObject]], Fault | None]


def no_fault(request: int, objects: Sequence[TargetObject]) -> Fault | None:
    """Let every request through."""
    return None


@dataclass(slots=True)
class TearingDatabase(MemoryDatabase):
    """The classes, and the ids of stored objects that neither filter nor vector finds."""

    torn: set[UUID] = field(default_factory=set)
    # By class, what was indexed last: the index keeps it in memory only, until the next write.
    unwritten: dict[str, set[UUID]] = field(default_factory=dict)
    starts: int = 1

    def restart(self) -> None:
        """Be killed and started again between two requests: the indexes lose their ends."""
        for lost in self.unwritten.values():
            self.torn |= lost
        self.unwritten.clear()
        self.starts += 1


class TearingTarget(MemoryTarget):
    """A memory target with torn objects and planned faults; requests are numbered from 1."""

    tears = True

    def __init__(
        self,
        *,
        schemas: Sequence[ClassSchema],
        database: TearingDatabase,
        trace: Trace | None = None,
        faults: FaultPlan = no_fault,
        refusing: frozenset[str] = frozenset(),
        largest_batch: int = 10_000,
        before_request: Callable[[], None] = lambda: None,
        turns: Callable[[int], int] = lambda request: 0,
    ) -> None:
        super().__init__(pipeline="esco", schemas=schemas, database=database)
        self.database = database
        self.trace = trace or Trace()
        self.faults = faults
        self.refusing = refusing
        self.largest_batch = largest_batch
        self.before_request = before_request
        self.turns = turns  # of the event loop that a request waits, so that others overtake it

    async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write the objects, or fail as planned."""
        self.before_request()
        self.trace.requests += 1
        fault = self.faults(self.trace.requests, objects)
        for _ in range(self.turns(self.trace.requests)):
            await anyio.lowlevel.checkpoint()
        if len(objects) > self.largest_batch:
            return Reply(outcomes=(UNKNOWN,) * len(objects), too_large=True)
        reply = await self._applied(objects, fault)
        for whole, outcome in zip(objects, reply.outcomes, strict=True):
            kind = "blank" if whole.vector is None else "whole"
            self.trace.entries.append(Sent(kind=kind, whole=whole, verdict=outcome.verdict))
        return reply

    async def flush(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
        """Write the ends of the indexes out; what is not equal any more is indexed after that."""
        return Reply(outcomes=self._written(objects, torn=0))

    async def incarnation(self) -> str:
        """Return how often the server was started."""
        return str(self.database.starts)

    async def create(self, created: TargetObject, *, timeout_seconds: float) -> Reply:
        """Write the object unless its id exists, or fail as planned."""
        self.before_request()
        self.trace.requests += 1
        fault = self.faults(self.trace.requests, [created])
        if await self.read(created.class_name, created.id) is None:
            reply = await self._applied([created], fault)
        elif fault is None:
            reply = Reply(outcomes=(Outcome(verdict=Verdict.ACKNOWLEDGED),))
        else:
            reply = Reply(outcomes=(UNKNOWN,), lost=fault.lost, pushback=fault.pushback)
        verdict = reply.outcomes[0].verdict
        self.trace.entries.append(Sent(kind="create", whole=created, verdict=verdict))
        return reply

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether the object is there and not torn."""
        return any(
            stored.uri == uri and stored.id not in self.database.torn
            for stored in self._objects(class_name).values()
        )

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether the object is there, not torn, with this vector."""
        stored = self._objects(sought.class_name).get(sought.id)
        return (
            stored is not None
            and sought.vector is not None
            and stored.id not in self.database.torn
            and is_equal_vector(stored, sought)
        )

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return those that are there and not torn."""
        found = [uri for uri in uris if await self.found_by_filter(class_name, uri)]
        return await super().filtered(class_name, found)

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the nearest of those that are not torn."""
        everything = len(self._objects(class_name))
        near = await super().nearest(class_name, vector, limit=everything)
        return frozenset(list(near - self.database.torn)[:limit])

    async def _applied(self, objects: Sequence[TargetObject], fault: Fault | None) -> Reply:
        if fault is None:
            return Reply(outcomes=self._written(objects, torn=0))
        unknown = len(objects) if fault.unknown is None else fault.unknown
        # What the server acknowledges it has indexed.
        outcomes = self._written(objects[: fault.applied], torn=min(fault.torn, unknown))
        told = [*outcomes, *(UNKNOWN for _ in objects[len(outcomes) :])]
        told[:unknown] = [UNKNOWN] * min(unknown, len(told))
        return Reply(outcomes=tuple(told), lost=fault.lost, pushback=fault.pushback)

    def _written(self, objects: Sequence[TargetObject], *, torn: int) -> tuple[Outcome, ...]:
        there = {name: set(self._objects(name)) for name in self._schemas}
        outcomes = []
        for name in {offered.class_name for offered in objects}:
            self.database.unwritten[name] = set()
        for number, offered in enumerate(objects):
            if offered.uri in self.refusing:
                outcomes.append(REFUSED)
                continue
            before = self._objects(offered.class_name).get(offered.id)
            outcome = self._write(offered, there)
            outcomes.append(outcome)
            if outcome.verdict is Verdict.ACKNOWLEDGED:
                self._index(before, offered, is_torn=number < torn)
        return tuple(outcomes)

    def _index(self, before: TargetObject | None, after: TargetObject, *, is_torn: bool) -> None:
        """An equal vector skips the index: what is torn stays torn, what is whole stays whole."""
        if before is not None and is_equal_vector(before, after):
            return
        if is_torn:
            self.database.torn.add(after.id)
        else:
            self.database.torn.discard(after.id)
            self.database.unwritten[after.class_name].add(after.id)


def is_equal_vector(left: TargetObject, right: TargetObject) -> bool:
    """Whether both have the same vector, bit for bit, or none."""
    if left.vector is None or right.vector is None:
        return left.vector is right.vector
    return left.vector.tobytes() == right.vector.tobytes()


def content(database: TearingDatabase) -> Mapping[str, Mapping[UUID, object]]:
    """Return all that the database says: properties, references, vectors, visibility."""
    return {
        name: {
            key: (
                dict(stored.properties),
                {held: targets for held, targets in stored.references.items() if targets},
                b"" if stored.vector is None else stored.vector.tobytes(),
                key in database.torn,
            )
            for key, stored in held_class.objects.items()
        }
        for name, held_class in database.classes.items()
    }


def spoil(database: TearingDatabase, class_name: str, key: UUID, **changed: object) -> None:
    """Change a stored object behind everybody's back; no index hears of it."""
    objects = database.classes[class_name].objects
    objects[key] = replace(objects[key], **changed)  # type: ignore[arg-type]
