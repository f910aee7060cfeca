"""Events and leases in a Weaviate server, by REST.

The class `Metadata` holds one object an event; a lease is a collection of its own, because
creating a collection is the one thing that succeeds for exactly one caller. Works while gRPC
is down. Filters are never used: they miss torn objects.
"""

import math
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import anyio
import orjson

from journal.codec import event_id, from_row, is_legacy, owner_from, owner_to, to_row
from journal.errors import (
    CorruptJournal,
    LeaseLost,
    StoreRefused,
    StoreUnavailable,
    leading,
)
from journal.events import Owner, Recorded, is_terminal
from journal.store import Heartbeat, LeaseRecord, LegacyRow
from journal.stores.rest import Rest, Unreadable
from schemas import ClassSchema, PropertySchema, load_schema

METADATA = "Metadata"
PAGE = 500
# Events of an epoch are asked for ahead of what is known to be there: some at once for the short
# ones, in long ones half as many again as there were, up to what the server takes well.
LEAST_AHEAD = 8
MOST_AHEAD = 32
EPOCHS_AHEAD = 3
# A server that is killed takes longer to answer again (from 2.7 s on, measured).
LEAST_START_SECONDS = 1.0
# A store that has text where we want a date keeps our text as it is.
COMPATIBLE = {"date": ("date", "text"), "text": ("text", "string"), "int": ("int",)}


class WeaviateStore:
    """The journal of a Weaviate server, single or replicated (reads and writes at QUORUM)."""

    def __init__(self, url: str, *, api_key: str | None = None, request_seconds: float) -> None:
        self._url = url
        self._rest = Rest(url, api_key=api_key, request_seconds=request_seconds)
        self._factor: int | None = None
        self._ready_at = -math.inf

    @property
    def url(self) -> str:
        """How to name the store to a person."""
        return self._url

    async def prepare(self) -> None:
        """Create the class `Metadata`, or add to an existing one what it lacks."""
        schema = load_schema(METADATA)
        status, found = await self._rest.request(
            "GET", f"/v1/schema/{METADATA}", expected=(200, 404)
        )
        if status == 404:
            status, made = await self._rest.request(
                "POST",
                "/v1/schema",
                body=await self._class(METADATA, schema.description, schema.properties),
                expected=(200, 422),
            )
            if status == 200:
                self._rest.part(made, "class", str)
                return
            status, found = await self._rest.request(
                "GET", f"/v1/schema/{METADATA}", expected=(200, 404)
            )
            if status == 404:  # a node that just started shows an old schema
                raise StoreUnavailable(f"{self._url} has {METADATA} and does not show it yet")
        for lacking in self._lacking(schema, found):
            await self._rest.request(
                "POST",
                f"/v1/schema/{METADATA}/properties",
                body=_property(lacking),
                expected=(200, 422),  # 422: another process was first
            )

    async def append(self, recorded: Recorded) -> None:
        """Create the event's object; an id that exists is read back and compared."""
        row = to_row(recorded)
        place = event_id(recorded.pipeline, recorded.epoch, recorded.seq)
        body = {"class": METADATA, "id": str(place), "properties": row}
        try:
            status, answer = await self._rest.request(
                "POST", "/v1/objects?consistency_level=QUORUM", body=body, expected=(200, 422)
            )
            if status == 200:
                self._rest.part(answer, "id", str)
        except (StoreUnavailable, Unreadable) as error:
            # Unknown: it is here if it reads back, and else may still arrive; the caller
            # sends the same bytes again.
            if await self._is_there(recorded, place):
                return
            raise StoreUnavailable(str(error)) from error
        if status == 422 and not await self._is_there(recorded, place):
            raise StoreRefused(f"{self._url} refuses an event: {str(answer)[:200]}")

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Return the epoch's events by id at QUORUM, a few ahead at a time."""
        logged: list[Recorded] = []
        while True:
            first = len(logged) + 1
            ahead = _ahead(logged)
            batch = await self._read_ids(
                [event_id(pipeline, epoch, seq) for seq in range(first, first + ahead)]
            )
            for row in batch:
                if row is None:
                    return logged
                logged.append(from_row(row))

    async def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """Yield every event by cursor; on a cluster the listing may have holes."""
        async for row in self._rows():
            if is_legacy(row):
                yield LegacyRow(
                    status=str(row.get("status", "")),
                    timestamp=str(row.get("timestamp", "")),
                    details=str(row.get("details", "")),
                )
            elif row.get("pipeline") == pipeline:
                yield from_row(row)

    async def highest_epoch(self, pipeline: str) -> int:
        """Return the highest epoch of leases and events.

        The list of leases may be old, so the events of the next epochs are asked for by id.
        Without any lease the whole class is listed once.
        """
        records = await self._leases(pipeline)
        newest = max((epoch for epoch, _ in records), default=0)
        if records:
            # A false absence does no harm here: who claims a lower epoch is refused, and an owner
            # looks again. So no heartbeat hangs on a node's being ready, which on a busy cluster
            # it is not always.
            return await self._begun_after(newest, pipeline, self._rows_at)
        await self._check_ready()  # first: to look into a class that is not there takes long
        listed = begun = 0

        async def listing() -> None:
            nonlocal listed
            async for row in self._rows():
                if not is_legacy(row) and row.get("pipeline") == pipeline:
                    listed = max(listed, _number(row.get("epoch")))

        async def asking() -> None:
            nonlocal begun
            begun = await self._begun_after(0, pipeline, self._read_ids)

        await _together(listing, asking)
        if listed > begun:
            return await self._begun_after(listed, pipeline, self._read_ids)
        return begun

    async def _begun_after(
        self,
        epoch: int,
        pipeline: str,
        read: Callable[[Sequence[UUID]], Awaitable[list[Mapping[str, Any] | None]]],
    ) -> int:
        """Return the highest epoch that has a first event, or `epoch`, asking some ahead by id."""
        while True:
            ahead = range(epoch + 1, epoch + 1 + EPOCHS_AHEAD)
            rows = await read([event_id(pipeline, next_epoch, 1) for next_epoch in ahead])
            begun = [number for number, row in zip(ahead, rows, strict=True) if row is not None]
            if not begun:
                return epoch
            epoch = max(begun)

    async def leases(self, pipeline: str) -> Sequence[LeaseRecord]:
        """Return the leases that name their owner, lowest epoch first."""
        return [
            LeaseRecord(epoch=epoch, owner=owner)
            for epoch, description in sorted(await self._leases(pipeline))
            if (owner := _owner(description)) is not None
        ]

    async def create_lease(self, pipeline: str, epoch: int, owner: Owner) -> Owner:
        """Create the lease's collection; who is named in it owns the epoch."""
        name = lease_class(pipeline, epoch)
        properties = (
            PropertySchema(name="beat", type="int"),
            PropertySchema(name="released", type="int"),
        )
        status = 0
        body = await self._class(name, owner_to(owner), properties)
        with suppress(StoreUnavailable, Unreadable):  # unknown: read back who owns it
            said, made = await self._rest.request(
                "POST", "/v1/schema", body=body, expected=(200, 422, 500)
            )
            if said == 200:
                self._rest.part(made, "class", str)
            status = said
        if status == 200:
            winner = owner
        else:
            found_status, found = await self._rest.request(
                "GET", f"/v1/schema/{name}", expected=(200, 404)
            )
            if found_status == 404:
                raise StoreUnavailable(f"{self._url} did not create the lease {name}; try again")
            self._rest.part(found, "class", str)
            read = _owner(str(found.get("description", "")))
            if read is None:
                raise StoreRefused(
                    f"{self._url} has a collection {name} that names no owner; drop it"
                )
            winner = read
        if winner == owner:
            await self._rest.request(
                "POST",
                "/v1/objects?consistency_level=QUORUM",
                body=_beat_body(pipeline, epoch, 0, released=False),
                expected=(200, 422),
            )
        return winner

    async def beat(self, pipeline: str, epoch: int, beat: int, *, released: bool = False) -> None:
        """Replace the heartbeat by PUT, which unlike POST does not recreate a dropped lease."""
        name, place = lease_class(pipeline, epoch), _beat_id(pipeline, epoch)
        status, _ = await self._sought(
            "PUT",
            f"/v1/objects/{name}/{place}?consistency_level=QUORUM",
            body=_beat_body(pipeline, epoch, beat, released=released),
        )
        if status == 404:
            raise LeaseLost(f"{pipeline}: the lease of epoch {epoch} was removed")

    async def heartbeat(self, pipeline: str, epoch: int) -> Heartbeat | None:
        """Return the last heartbeat, its age by the server's own clock."""
        name, place = lease_class(pipeline, epoch), _beat_id(pipeline, epoch)
        status, found = await self._sought(
            "GET", f"/v1/objects/{name}/{place}?consistency_level=QUORUM"
        )
        if status == 404:
            return None
        signs = self._rest.part(found, "properties", dict)
        now_seconds = await self._rest.server_seconds()
        beaten_seconds = _number(found.get("lastUpdateTimeUnix")) / 1000
        return Heartbeat(
            beat=_number(signs.get("beat")),
            released=bool(signs.get("released")),
            age_seconds=None if now_seconds is None else max(0.0, now_seconds - beaten_seconds),
        )

    async def drop_lease(self, pipeline: str, epoch: int) -> None:
        """Delete the lease's collection."""
        await self._rest.request(
            "DELETE", f"/v1/schema/{lease_class(pipeline, epoch)}", expected=(200, 404)
        )

    async def erase(self, pipeline: str, *, epoch: int, check: Callable[[], None]) -> None:
        """Delete the pipeline's events one by one, oldest first; those of others stay.

        Cut short, it leaves the newest: who reads on from there finds what the last run said.
        """
        # By the ids as listed: what an event says of its own place may have been edited.
        listed = [
            (_number(row.get("epoch")), _number(row.get("seq")), place)
            async for place, row in self._listed()
            if not is_legacy(row) and row.get("pipeline") == pipeline
        ]
        for _, _, place in sorted(listed):
            check()  # so the list is of before any successor
            await self._sought("DELETE", _event_path(place), done=204)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._rest.aclose()

    async def _is_there(self, recorded: Recorded, place: UUID) -> bool:
        """Whether the event reads back; other content at its place is corrupt."""
        row = await self._read_id(place)
        if row is None:
            return False
        if from_row(row) != recorded:
            raise CorruptJournal(
                f"event {recorded.pipeline}/{recorded.epoch}:{recorded.seq} is taken by another"
                " content; look at the whole log (`export --all`)"
            )
        return True

    async def _read_id(self, place: UUID) -> Mapping[str, Any] | None:
        status, found = await self._sought("GET", _event_path(place))
        return None if status == 404 else self._rest.part(found, "properties", dict)

    async def _read_ids(self, places: Sequence[UUID]) -> list[Mapping[str, Any] | None]:
        """Read them all at once; what is absent again, where `_sought` would."""
        rows = await self._rows_at(places)
        absent = [index for index, row in enumerate(rows) if row is None]
        if absent and not self._was_just_ready():
            await self._check_ready()
            again = await self._rows_at([places[index] for index in absent])
            for index, row in zip(absent, again, strict=True):
                rows[index] = row
        return rows

    async def _rows_at(self, places: Sequence[UUID]) -> list[Mapping[str, Any] | None]:
        rows: list[Mapping[str, Any] | None] = [None] * len(places)

        async def read(index: int) -> None:
            status, found = await self._rest.request(
                "GET", _event_path(places[index]), expected=(200, 404)
            )
            if status == 200:
                rows[index] = self._rest.part(found, "properties", dict)

        await _together(*(partial(read, index) for index in range(len(places))))
        return rows

    async def _sought(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, done: int = 200
    ) -> tuple[int, Any]:
        """Ask for an object or a page of them: `done`, or a 404 that counts.

        A server that was just started answers 404 for objects that it has, until it is ready. So
        what is absent is asked for once more when it is.

        Raises:
            StoreUnavailable: it is not ready.
        """
        expected = (done, 404)
        status, found = await self._rest.request(method, path, body=body, expected=expected)
        if status == 404 and not self._was_just_ready():
            await self._check_ready()
            status, found = await self._rest.request(method, path, body=body, expected=expected)
        return status, found

    def _was_just_ready(self) -> bool:
        """Whether the server was ready, so short a time ago that it can not be another one now."""
        return anyio.current_time() - self._ready_at < LEAST_START_SECONDS

    async def _check_ready(self) -> None:
        asked_at = anyio.current_time()
        # Whoever stands between may hide this address, or forbid it: then nobody knows.
        if await self._rest.status("/v1/.well-known/ready") >= 500:
            raise StoreUnavailable(f"{self._url} is not ready yet")
        self._ready_at = asked_at

    async def _rows(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the properties of every object of `Metadata`, by cursor."""
        async for _, row in self._listed():
            yield row

    async def _listed(self) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """Yield id and properties of every object of `Metadata`, by cursor."""
        after = ""
        while True:
            status, found = await self._sought(
                "GET", f"/v1/objects?class={METADATA}&limit={PAGE}&after={after}"
            )
            objects = [] if status == 404 else self._rest.part(found, "objects", list)
            for listed in objects:
                is_bare = isinstance(listed, dict) and listed.get("properties") is None
                row = {} if is_bare else self._rest.part(listed, "properties", dict)
                yield self._rest.part(listed, "id", str), row
            if len(objects) < PAGE:
                return
            after = self._rest.part(objects[-1], "id", str)

    async def _leases(self, pipeline: str) -> list[tuple[int, str]]:
        """Return (epoch, description) of every lease collection of the pipeline."""
        _, found = await self._rest.request("GET", "/v1/schema")
        pattern = re.compile(rf"VarityLease_{re.escape(pipeline)}_([1-9][0-9]*)")
        return [
            (int(match[1]), str(entry.get("description", "")))
            for entry in self._rest.part(found, "classes", list)
            if (match := pattern.fullmatch(self._rest.part(entry, "class", str)))
        ]

    def _lacking(self, schema: ClassSchema, found: Any) -> Iterable[PropertySchema]:
        """Yield the properties that the class does not have yet.

        Raises:
            StoreRefused: it has one of another type, or is none.
        """
        self._rest.part(found, "class", str)
        has_none = found.get("properties") is None
        entries = [] if has_none else self._rest.part(found, "properties", list)
        types = {
            self._rest.part(entry, "name", str): next(
                iter(self._rest.part(entry, "dataType", list)), None
            )
            for entry in entries
        }
        for wanted in schema.properties:
            if wanted.name not in types:
                yield wanted
            elif types[wanted.name] not in COMPATIBLE[wanted.type]:
                raise StoreRefused(
                    f"{self._url} has a class {schema.name} whose {wanted.name} is"
                    f" {types[wanted.name]}, not {wanted.type}; rename or drop that class"
                )

    async def _class(
        self, name: str, description: str, properties: Iterable[PropertySchema]
    ) -> dict[str, Any]:
        """Return a class without vectors, replicated as far as the cluster allows."""
        if self._factor is None:
            status, found = await self._rest.request("GET", "/v1/nodes", expected=(200, 403))
            nodes = len(self._rest.part(found, "nodes", list)) if status == 200 else 1
            self._factor = max(1, min(3, nodes))
        return {
            "class": name,
            "description": description,
            "vectorizer": "none",
            "vectorIndexConfig": {"skip": True},
            "replicationConfig": {"factor": self._factor},
            "properties": [_property(wanted) for wanted in properties],
        }


async def _together(*requests: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        async with anyio.create_task_group() as tasks:
            for request in requests:
                tasks.start_soon(request)
    except BaseExceptionGroup as group:
        raise leading(group) from group


def lease_class(pipeline: str, epoch: int) -> str:
    """Return the name of the collection that is the lease."""
    return f"VarityLease_{pipeline}_{epoch}"


def _ahead(logged: Sequence[Recorded]) -> int:
    """Return how many events to ask for next; past an end, whether there is one all the same."""
    if logged and is_terminal(logged[-1].event):
        return 1
    return min(MOST_AHEAD, max(LEAST_AHEAD, len(logged) // 2))


def _number(found: Any) -> int:
    """Return a number of a row, 0 for what is none: `history` says what is wrong with an event."""
    return int(found) if isinstance(found, int | float) else 0


def _property(wanted: PropertySchema) -> dict[str, Any]:
    text = {"tokenization": wanted.tokenization} if wanted.tokenization else {}
    return {
        "name": wanted.name,
        "dataType": [wanted.type],
        "indexFilterable": wanted.filterable,
        "indexSearchable": wanted.searchable,
        **text,
    }


def _event_path(place: UUID | str) -> str:
    return f"/v1/objects/{METADATA}/{place}?consistency_level=QUORUM"


def _beat_id(pipeline: str, epoch: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"varity-lease:/{pipeline}/{epoch}")


def _beat_body(pipeline: str, epoch: int, beat: int, *, released: bool) -> dict[str, Any]:
    return {
        "class": lease_class(pipeline, epoch),
        "id": str(_beat_id(pipeline, epoch)),
        "properties": {"beat": beat, "released": int(released)},
    }


def _owner(description: str) -> Owner | None:
    try:
        return owner_from(orjson.loads(description))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
