"""Everything that a target holds, and whether it can be found.

The digest goes through the target's port and is the same for every store. What only
Weaviate tells (when it last wrote an object, a reference list as it lies there) is read raw.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import anyio
import httpx
import orjson

from ingest.esco_classes import CLASS_STEPS
from ingest.settings import Settings
from ingest.target import Target, TargetObject
from ingest.wiring.opening import opened_target
from tests.server import Weaviate

CLASSES = tuple(class_name for _, class_name in CLASS_STEPS)
LOOKUPS_AT_ONCE = 8
PAGE = 500
WAYS = ("id", "filter", "vector")

Digest = dict[str, str]  # "Class/id" -> of the whole object


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Digests of an object's parts, so that it can be said which of them differs."""

    properties: str
    references: str
    vector: str


def name_of(held: TargetObject) -> str:
    """Return what the object is called here."""
    return f"{held.class_name}/{held.id}"


def parts_of(held: TargetObject) -> Parts:
    """Return the digests of one object; equal whatever store it lies in."""
    references = {
        name: [str(one) for one in held.references[name]]
        for name in held.references
        if held.references[name]
    }
    vector = b"" if held.vector is None else held.vector.astype("<f4").tobytes()
    return Parts(
        properties=_sha(orjson.dumps(dict(held.properties), option=orjson.OPT_SORT_KEYS)),
        references=_sha(orjson.dumps(references, option=orjson.OPT_SORT_KEYS)),
        vector=_sha(vector),
    )


async def digest(settings: Settings) -> Digest:
    """Return a digest of every object: properties, reference lists, vector."""
    found: Digest = {}
    async with opened_target(settings) as target:
        for class_name in CLASSES:
            async for held in target.objects(class_name):
                assert held.vector is not None, f"{held.uri} has no vector"
                assert name_of(held) not in found
                found[name_of(held)] = _of(held)
    return found


def differing(left: Digest, right: Digest) -> list[str]:
    """Return the objects that are not the same in both, or not in both."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


async def objects(settings: Settings) -> list[TargetObject]:
    """Return every object, whole."""
    async with opened_target(settings) as target:
        return [held for name in CLASSES async for held in target.objects(name)]


async def invisible(
    settings: Settings, sought: Iterable[TargetObject], *, ways: Collection[str] = WAYS
) -> list[str]:
    """Return which of the objects are not found in one of the ways."""
    lost = await unseen(settings, sought, ways=ways)
    return [f"{name} by {', '.join(by)}" for name, by in lost.items()]


async def unseen(
    settings: Settings, sought: Iterable[TargetObject], *, ways: Collection[str] = WAYS
) -> dict[str, list[str]]:
    """Return by "Class/id" in which of the ways an object is not found.

    By its id and its own vector each is asked for alone; filters name some hundred at once.
    """
    lost: defaultdict[str, list[str]] = defaultdict(list)
    every = list(sought)
    left = iter(every)

    async def look(target: Target) -> None:
        for held in left:
            if "id" in ways:
                by_id = await target.read(held.class_name, held.id)
                if by_id is None or _of(by_id) != _of(held):
                    lost[name_of(held)].append("id")
            sought = "vector" in ways and held.vector is not None
            if sought and not await target.found_by_vector(held):
                lost[name_of(held)].append("vector")

    async with opened_target(settings) as target:
        async with anyio.create_task_group() as lookers:
            for _ in range(LOOKUPS_AT_ONCE):
                lookers.start_soon(look, target)
        if "filter" in ways:
            for name in await _unfiltered(target, every):
                lost[name].append("filter")
    return {name: sorted(by) for name, by in lost.items()}


async def _unfiltered(target: Target, sought: Sequence[TargetObject]) -> set[str]:
    lost = {name_of(held) for held in sought}
    for class_name in CLASSES:
        uris = [held.uri for held in sought if held.class_name == class_name]
        for at in range(0, len(uris), PAGE):
            found = await target.filtered(class_name, uris[at : at + PAGE])
            lost -= {f"{class_name}/{each}" for each in found}
    return lost


def written_at(server: Weaviate) -> dict[str, int]:
    """Return by "Class/id" when the server last wrote each object."""
    return {
        f"{class_name}/{held['id']}": held["lastUpdateTimeUnix"]
        for class_name in CLASSES
        for held in _listed(server, class_name)
    }


def reference_lists(server: Weaviate) -> dict[str, list[str]]:
    """Return by "Class/id.property" the beacons in the order in which they lie there."""
    return {
        f"{class_name}/{held['id']}.{name}": [entry["beacon"] for entry in value]
        for class_name in CLASSES
        for held in _listed(server, class_name)
        for name, value in held["properties"].items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }


def _of(held: TargetObject) -> str:
    parts = parts_of(held)
    return _sha(f"{parts.properties} {parts.references} {parts.vector}".encode())


def _sha(content: bytes) -> str:
    return sha256(content).hexdigest()


def _listed(server: Weaviate, class_name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while True:
            query: dict[str, str | int] = {"class": class_name, "limit": PAGE, "after": after}
            page = client.get("/v1/objects", params=query).raise_for_status().json()["objects"]
            if not page:
                return found
            found += page
            after = page[-1]["id"]
