"""A model of Weaviate: what it stores, what its indexes know, and what a kill takes.

Knows no time and no network. Reproduces what `tests/facts` and `tests/targets` hold against the
real server: a schema whose creations have one winner, objects that are checked and then
put, classes that a write makes by itself, upserts that skip the index when the vector is
equal, and the end of the vector index that only memory knows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from ingest.target import Outcome, TargetObject, Verdict
from ingest.targets.memory import MemoryDatabase, MemoryTarget
from tests.simulation.network import Cut, Later
from tests.simulation.workload import SECRET

TORN_BY_VECTOR = 0.7  # of what the server's death cuts short; the rest is torn by filters alone
PUT_SECONDS = 0.02  # between the look whether an id exists and the put
STARTING = Outcome(verdict=Verdict.UNKNOWN, reason="could not find index")
READ_ONLY = Outcome(
    verdict=Verdict.UNKNOWN, reason=f"store is read-only: resource pressure ({SECRET})"
)

Document = dict[str, Any]
Answer = tuple[int, Any]


@dataclass(slots=True)
class Collection:
    """A class as REST sees it: its schema and its objects' properties."""

    schema: Document
    objects: dict[str, Document] = field(default_factory=dict)


@dataclass(slots=True)
class Index:
    """What the indexes of one class lack; `unflushed` are entries that only memory has.

    `lost_by_kill` are those that the server's own death took: no sender can know of them.
    """

    unseen_by_vector: set[UUID] = field(default_factory=set)
    lost_by_kill: set[UUID] = field(default_factory=set)
    unseen_by_filter: dict[UUID, frozenset[str]] = field(default_factory=dict)
    unflushed: list[UUID] = field(default_factory=list)


class Server:
    """One node. `on_event` is told what is put into `Metadata`, `on_collection` who wins a name."""

    def __init__(self, random: Random) -> None:
        self.collections: dict[str, Collection] = {}
        self.database = MemoryDatabase()
        self.indexes: dict[str, Index] = {}
        self.is_read_only = False
        self.is_starting = False  # it answers, and has not found its objects yet
        self.kills = 0
        self.on_event: Callable[[Document, Document | None], None] = lambda new, old: None
        self.on_collection: Callable[[str], None] = lambda name: None
        self._random = random
        self._past: list[dict[str, Collection]] = [{}]

    def die(self) -> None:
        """Lose what was in memory only."""
        self.kills += 1
        for name, index in self.indexes.items():
            held = self.database.classes.get(name)
            for key in index.unflushed:
                stored = held.objects.get(key) if held else None
                if stored is not None and stored.vector is not None:
                    index.unseen_by_vector.add(key)
                    index.lost_by_kill.add(key)
            index.unflushed.clear()

    # --- REST ------------------------------------------------------------------------------

    def rest(self, method: str, path: str, body: Document | None, *, is_stale: bool) -> Any:
        """Return (status, document) of a request, or `Later`."""
        path, _, query = path.partition("?")
        parts = path.strip("/").split("/")[1:]
        if self.is_starting and parts[0] == "objects":
            return (500, _error("no index yet")) if method == "POST" else (404, None)
        match method, parts:
            case "GET", [".well-known", "ready"]:
                return (503 if self.is_starting else 200), None
            case "GET", ["schema"]:
                known = self._schema(is_stale=is_stale)
                return 200, {"classes": [each.schema for each in known.values()]}
            case "GET", ["schema", name]:
                found = self._schema(is_stale=is_stale).get(name)
                return (200, found.schema) if found else (404, None)
            case "POST", ["schema"]:
                return self._create_collection(_given(body))
            case "POST", ["schema", name, "properties"]:
                self.collections[name].schema["properties"].append(_given(body))
                return 200, None
            case "DELETE", ["schema", name]:
                self.collections.pop(name, None)
                self._note_schema()
                return 200, None
            case "POST", ["objects"]:
                return self._create_object(_given(body))
            case "PUT", ["objects", name, key]:
                return self._replace_object(name, key, _given(body))
            case "GET", ["objects", name, key]:
                collection = self.collections.get(name)
                held = collection.objects.get(key) if collection else None
                return (200, held) if held else (404, None)
            case "GET", ["objects"]:
                return self._page(dict(part.split("=") for part in query.split("&")))
            case "DELETE", ["objects", name, key]:
                collection = self.collections.get(name)
                taken = collection.objects.pop(key, None) if collection else None
                return (204, None) if taken else (404, None)
            case "GET", ["nodes"]:
                return 200, {"nodes": [{}]}
        raise AssertionError((method, path))

    def _schema(self, *, is_stale: bool) -> Mapping[str, Collection]:
        """Return the list, or an older one: a restarting node answers 200 all the same."""
        return self._random.choice(self._past) if is_stale else self.collections

    def _note_schema(self) -> None:
        self._past.append(dict(self.collections))
        del self._past[1:-4]

    def _create_collection(self, body: Document) -> Answer:
        """Checked where Raft applies it: exactly one caller wins."""
        name = body["class"]
        if name in self.collections:
            return 422, _error(f"class name {name} already exists")
        schema = {**body, "properties": list(body.get("properties") or ())}
        self.collections[name] = Collection(schema)
        self._note_schema()
        self.on_collection(name)
        return 200, schema

    def _create_object(self, body: Document) -> Any:
        """Look, and put a little later: several may win; a missing class is made."""
        if self.is_read_only:
            return 500, _error("store is read-only due to: resource pressure")
        name = body["class"]
        if name not in self.collections:
            self.collections[name] = Collection({"class": name, "properties": []})
            self._note_schema()
        if body["id"] in self.collections[name].objects:
            return 422, _error(f"id '{body['id']}' already exists")
        return Later(self._random.uniform(0, PUT_SECONDS), lambda: self._put(body))

    def _replace_object(self, name: str, key: str, body: Document) -> Answer:
        if name not in self.collections:
            return 404, None
        if self.is_read_only:
            return 500, _error("store is read-only due to: resource pressure")
        return self._put({**body, "id": key})

    def _put(self, body: Document) -> Answer:
        collection = self.collections.get(body["class"])
        if collection is None:  # dropped since it was looked at
            return 500, _error("no such class")
        before = collection.objects.get(body["id"])
        collection.objects[body["id"]] = body
        if body["class"] == "Metadata":
            self.on_event(body["properties"], before["properties"] if before else None)
        return 200, body

    def _page(self, query: Mapping[str, str]) -> Answer:
        collection = self.collections.get(query["class"])
        if collection is None:
            return 404, None
        keys = sorted(key for key in collection.objects if key > query.get("after", ""))
        page = keys[: int(query["limit"])]
        return 200, {"objects": [collection.objects[key] for key in page]}

    # --- objects ---------------------------------------------------------------------------

    def upsert(
        self, objects: Sequence[TargetObject], writer: "Writer", cut: Cut | None
    ) -> tuple[Outcome, ...]:
        """Write the objects, as far as `cut` lets it; the log of the index is written before."""
        if self.is_starting:
            return (STARTING,) * len(objects)
        if self.is_read_only:
            return (READ_ONLY,) * len(objects)
        if objects:
            self.index(writer.full_name(objects[0])).unflushed.clear()
        done = len(objects) if cut is None else int(cut.done * (len(objects) + 1))
        torn = 0 if cut is None else round(cut.torn * (len(objects) - done))
        there = writer.there()
        return tuple(
            self._write(each, writer, there, cut if number >= done else None)
            for number, each in enumerate(objects[: done + torn])
        )

    def create(
        self,
        created: TargetObject,
        writer: "Writer",
        cut: Cut | None,
        landed: Callable[[], None],
    ) -> Any:
        """Look whether the id exists, and put a little later; by REST, with no log of the index.

        Returns the outcome, or `Later`; `landed` is told once the object is put.
        """
        if self.is_starting:
            return STARTING
        if self.is_read_only:
            return READ_ONLY
        if writer.holds(created) or (cut is not None and cut.done + cut.torn < 1):
            return Outcome(verdict=Verdict.ACKNOWLEDGED)

        def put() -> Outcome:
            outcome = self._write(created, writer, writer.there(), cut)
            if outcome.verdict is Verdict.ACKNOWLEDGED:
                landed()
            return outcome

        return put() if cut is not None else Later(self._random.uniform(0, PUT_SECONDS), put)

    def index(self, full_name: str) -> Index:
        """Return what the indexes of a class lack."""
        return self.indexes.setdefault(full_name, Index())

    def _write(
        self,
        offered: TargetObject,
        writer: "Writer",
        there: Mapping[str, set[UUID]],
        cut: Cut | None,
    ) -> Outcome:
        before = writer.stored(offered)
        outcome = writer.put(offered, there)
        if outcome.verdict is Verdict.ACKNOWLEDGED and not is_equal_vector(before, offered):
            self._index(self.index(writer.full_name(offered)), offered, cut)
        return outcome

    def _index(self, index: Index, stored: TargetObject, cut: Cut | None) -> None:
        """Index anew what has changed its vector; cut short, leave it out."""
        key = stored.id
        index.lost_by_kill.discard(key)
        index.unseen_by_filter.pop(key, None)
        is_unseen_by_vector = cut is not None
        if cut is not None and cut.by_server:
            index.lost_by_kill.add(key)
            names = {name for name in stored.properties if self._random.random() < 0.5}
            is_unseen_by_vector = self._random.random() < TORN_BY_VECTOR
            if not is_unseen_by_vector:
                names.add("conceptUri")  # whether the others have it alone, nobody asks
            index.unseen_by_filter[key] = frozenset(names)
        if is_unseen_by_vector:
            index.unseen_by_vector.add(key)
        else:
            index.unseen_by_vector.discard(key)
            index.unflushed.append(key)


class Writer(MemoryTarget):
    """One process's door to the server's objects: what a class must look like is its matter."""

    def full_name(self, offered: TargetObject) -> str:
        """Return the collection's name, with prefix."""
        return self._prefix + offered.class_name

    def there(self) -> Mapping[str, set[UUID]]:
        """Return the ids that can be referred to."""
        return {name: set(self._objects(name)) for name in self._schemas}

    def stored(self, offered: TargetObject) -> TargetObject | None:
        """Return what has the id now."""
        return self._objects(offered.class_name).get(offered.id)

    def holds(self, offered: TargetObject) -> bool:
        """Whether the id exists."""
        return self.stored(offered) is not None

    def put(self, offered: TargetObject, there: Mapping[str, set[UUID]]) -> Outcome:
        """Store one object, or say why not."""
        return self._write(offered, there)


def is_equal_vector(before: TargetObject | None, after: TargetObject) -> bool:
    """Whether the server finds nothing to index: equal vectors skip the index."""
    if before is None:
        return False
    if before.vector is None or after.vector is None:
        return before.vector is after.vector
    return before.vector.tobytes() == after.vector.tobytes()


def _given(body: Document | None) -> Document:
    assert body is not None
    return body


def _error(message: str) -> Document:
    return {"error": [{"message": message}]}
