"""What the service answers from: the standing objects, the status, the runs.

Reads through a `Backing`. Nothing is answered from classes that may have been dropped since:
a search is confirmed after it, by a look at the newest lease.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.embedders import Embedder
from ingest.report import StatusReport
from ingest.serve.backing import Backing
from ingest.serve.concepts import Concept, Concepts
from ingest.serve.errors import BadRequest, NotReady, NotThere
from ingest.serve.fresh import Fresh
from ingest.serve.fusion import DEPTH, fused
from ingest.serve.readiness import Standing, missing_from, read_stamp, read_standing
from ingest.target import Hit
from journal import JournalError, Recorded, RunState, Status, fold_runs, read_history
from journal.fencing import effective
from schemas import ClassSchema

VECTOR, KEYWORD, HYBRID = "vector", "keyword", "hybrid"
MODES = (VECTOR, KEYWORD, HYBRID)

ENDED = {
    Status.NOT_STARTED: "has not begun",
    Status.IN_PROGRESS: "has not completed yet",
    Status.INTERRUPTED: "was interrupted",
    Status.FAILED: "failed",
    Status.COMPLETED: "was a reset",
}

ShownEvents = tuple[list[tuple[Recorded, bool]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether there is something whole to search. `reason` says why not, "" if there is."""

    standing: Standing
    reason: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether searches are answered."""
        return not self.reason

    def served(self) -> RunState:
        """Return the completed run whose objects are served.

        Raises:
            NotReady: there is none, or its classes do not stand.
        """
        if self.reason or self.standing.served is None:
            raise NotReady(self.reason)
        return self.standing.served


class Library:
    """Everything that can be asked over HTTP, without HTTP."""

    def __init__(
        self,
        backing: Backing,
        schemas: Sequence[ClassSchema],
        *,
        elapsed: Callable[[], float],
    ) -> None:
        self._backing = backing
        self._schemas: Mapping[str, ClassSchema] = {schema.name: schema for schema in schemas}
        self._standing = Standing()
        self._readiness = Fresh(self._read_readiness, elapsed=elapsed)
        self._status = Fresh(backing.status, elapsed=elapsed)

    async def readiness(self) -> Readiness:
        """Return whether searches are answered, as it was a second ago at most."""
        return await self._readiness.value()

    async def status(self) -> StatusReport:
        """Return the newest run's status, as it was a second ago at most."""
        return await self._status.value()

    async def search(self, query: str, class_name: str, *, mode: str, limit: int) -> Sequence[Hit]:
        """Return the best matches of the class, best first.

        Raises:
            NotReady: nothing whole can be searched, or it was dropped meanwhile.
        """
        readiness = await self.readiness()
        found = await self._found(query, class_name, mode, limit, served=readiness.served())
        await self._confirm(readiness)
        return found

    async def concept(self, uri: str) -> Concept:
        """Return the concept with its relations.

        Raises:
            NotReady: as `search`.
            NotThere: no class has a concept of this URI.
        """
        readiness = await self.readiness()
        readiness.served()
        async with self._backing.target() as target:
            found = await Concepts(target, self._schemas).concept(uri)
        await self._confirm(readiness)
        if found is None:
            raise NotThere("no concept has this URI")
        return found

    async def runs(self) -> list[RunState]:
        """Return every run's state, newest first."""
        async with self._backing.store() as store:
            events, _ = await read_history(store, self._backing.pipeline)
        return fold_runs(events)[::-1]

    async def events(self, run: str) -> ShownEvents:
        """Return the events of the run whose id begins with `run`, whether fenced, and its id.

        Raises:
            NotThere: no run begins so.
            BadRequest: more than one does.
        """
        async with self._backing.store() as store:
            events, _ = await read_history(store, self._backing.pipeline)
        named = sorted({event.run_id for event in events if event.run_id.startswith(run)})
        if not named:
            raise NotThere("no run has this id; /history lists them")
        if len(named) > 1:
            raise BadRequest(f"{len(named)} runs begin with this id; write more of it")
        counting = {event.position for event in effective(events)}
        return [
            (event, event.position not in counting) for event in events if event.run_id == named[0]
        ], named[0]

    async def _found(
        self, query: str, class_name: str, mode: str, limit: int, *, served: RunState
    ) -> Sequence[Hit]:
        async with self._backing.target() as target:
            if mode == KEYWORD:
                return await target.search_text(class_name, query, limit=limit)
            vector = await (await self._embedder_of(served)).embed_query(query)
            if mode == VECTOR:
                return await target.search(class_name, vector, limit=limit)
            near = await target.search(class_name, vector, limit=DEPTH)
            matching = await target.search_text(class_name, query, limit=DEPTH)
            return fused(near=near, matching=matching, limit=limit)

    async def _embedder_of(self, served: RunState) -> Embedder:
        """Return the embedder that filled the classes.

        Raises:
            NotReady: the one of that name makes other vectors by now.
        """
        name = str(served.attributes.get("embedder_name", ""))
        embedder = await self._backing.embedder(name)
        if embedder.fingerprint != served.attributes.get("embedder"):
            raise NotReady(
                f"the classes were filled by another version of the embedder {name}; search by"
                " keyword, or embed everything anew with `varity-journal ingest --force-reingest`"
            )
        return embedder

    async def _confirm(self, before: Readiness) -> None:
        """See that what was just read was served all the time.

        Raises:
            NotReady: another process has dropped the classes, or may have.
        """
        async with self._backing.store() as store:
            stamp = await read_stamp(store, self._backing.pipeline)
        if before.standing.still_holds(stamp):
            return
        after = await self._readiness.new_value()
        if after.served().run_id != before.served().run_id:
            raise NotReady("the classes were replaced during this request; ask again")

    async def _read_readiness(self) -> Readiness:
        try:
            async with self._backing.store() as store, self._backing.target() as target:
                stamp = await read_stamp(store, self._backing.pipeline)
                if not self._standing.is_final(stamp):
                    self._standing = await read_standing(store, self._backing.pipeline, stamp)
                missing = await missing_from(target, self._standing)
        except JournalError as error:
            self._standing = Standing()
            return Readiness(standing=self._standing, reason=str(error))
        return Readiness(standing=self._standing, reason=_reason(self._standing, missing))


def _reason(standing: Standing, missing: str) -> str:
    """Return why nothing is served, "" if something is."""
    if standing.served is None:
        if not standing.newest.run_id:
            return "nothing has been loaded yet; load it with `varity-journal ingest`"
        return f"no completed run stands: the newest one {ENDED[standing.newest.status]}"
    if missing:
        return (
            f"{missing}, so the completed run does not stand; look with `varity-journal validate`"
        )
    return ""
