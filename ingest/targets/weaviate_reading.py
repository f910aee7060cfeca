"""What can be asked of the classes: listings, single objects, counts, searches.

Knows nothing of writing. A listing goes by cursor and never by a filter: filters and vector
searches miss torn objects, which is what `found_by_filter` and `found_by_vector` are for.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from anyio import to_thread
from weaviate.proto.v1 import search_get_pb2

from ingest.looking import answers
from ingest.target import Hit, Listed, TargetObject, Vector
from ingest.targets import weaviate_replies as replies
from ingest.targets import weaviate_requests as requests
from ingest.targets.weaviate_connection import WeaviateConnection
from ingest.targets.weaviate_errors import ClassAbsent, legible
from ingest.targets.weaviate_schema import collection_name
from schemas import ClassSchema

QUERY_TIMEOUT_SECONDS = 15.0
HASHES_PER_PAGE = 1000  # 5 ms to parse
# A page of whole objects is parsed in one piece, holding the interpreter: 100 of them with
# vectors and references are about 1 MB, 5 ms. Larger pages are hardly faster.
OBJECTS_PER_PAGE = 100
# Without vectors 500 are half a MB, 3 ms, and take two thirds of the time of hundreds.
GLANCES_PER_PAGE = 500
SAME_DISTANCE = 1e-5  # equal vectors come back with the rounding of float32
MOST_RESULTS = 10_000  # the server's own limit (QUERY_MAXIMUM_RESULTS)
NAMED = ("conceptUri", "preferredLabel")
# The server lists a range of ids with one processor; a long class is listed in so many at once.
RANGES = 4
LAST_ID = UUID(int=2**128 - 1)
MOST_LOCAL = 1_024  # more than that, and a walk may as well see everything


Entry = TypeVar("Entry")


class WeaviateReader:
    """The reading half of the target."""

    def __init__(
        self, connection: WeaviateConnection, *, prefix: str, schemas: Sequence[ClassSchema]
    ) -> None:
        self._connection = connection
        self._schemas = {schema.name: schema for schema in schemas}
        self._prefix = prefix

    async def count(self, class_name: str) -> int:
        """Return how many objects the class holds; 0 if it is not there."""
        try:
            return await self._connection.count(
                self._collection(class_name), timeout_seconds=QUERY_TIMEOUT_SECONDS
            )
        except ClassAbsent:
            return 0

    async def hashes(self, class_name: str) -> AsyncIterator[tuple[UUID, str]]:
        """Yield id and content hash of every object of the class, torn ones too."""

        async def page(after: UUID) -> list[tuple[UUID, str]]:
            request = requests.page_request(
                self._collection(class_name),
                after=after,
                limit=HASHES_PER_PAGE,
                names=("contentHash",),
            )
            return replies.ids_and_hashes(await self._search(request))

        async for entry in _every(page, id_of=lambda entry: entry[0], limit=HASHES_PER_PAGE):
            yield entry

    async def listing(self, class_name: str) -> AsyncIterator[Listed]:
        """Yield every object of the class at a glance, torn ones too.

        By REST: there a reference is the stored beacon, and costs no look-up.
        """
        names = [entry.name for entry in self._schemas[class_name].references]

        async def page(after: UUID) -> list[Listed]:
            listed = await self._page(class_name, after, vectors=False, limit=GLANCES_PER_PAGE)
            return await self._read(partial(replies.at_a_glance, names), listed, class_name)

        async for entry in _every(page, id_of=lambda entry: entry.id, limit=GLANCES_PER_PAGE):
            yield entry

    async def objects(
        self, class_name: str, *, vectors: bool = True
    ) -> AsyncIterator[TargetObject]:
        """Yield every object of the class whole (references sorted), torn ones too."""

        async def page(after: UUID) -> list[TargetObject]:
            listed = await self._page(class_name, after, vectors=vectors)
            whole = partial(replies.whole_objects, self._schemas[class_name])
            return await self._read(whole, listed, class_name)

        async for entry in _every(page, id_of=lambda entry: entry.id, limit=OBJECTS_PER_PAGE):
            yield entry

    async def read(self, class_name: str, object_id: UUID) -> TargetObject | None:
        """Return the object, whole, by id, at QUORUM: of one replica it is that one."""
        doing = "reading an object"
        reply = await self._connection.ask(
            doing,
            "GET",
            f"/objects/{self._collection(class_name)}/{object_id}",
            params={"include": "vector", "consistency_level": "QUORUM"},
            allowed=(200, 404),
            timeout_seconds=QUERY_TIMEOUT_SECONDS,
        )
        if reply.status == 404:
            return None
        whole = partial(replies.whole_object, self._schemas[class_name])
        return legible(whole, reply.content, doing=doing, address=self._connection.address)

    async def reference_counts(self, class_name: str) -> Mapping[str, int]:
        """Return the number of references, by reference property, over the whole class."""
        names = [entry.name for entry in self._schemas[class_name].references]
        totals = dict.fromkeys(names, 0)
        if names:
            async for entry in self.listing(class_name):
                for name, count in entry.references.items():
                    totals[name] += count
        return totals

    async def found_by_filter(self, class_name: str, uri: str) -> bool:
        """Whether a filter on `conceptUri` finds the object: False for one torn that way."""
        request = requests.equal_request(
            self._collection(class_name), "conceptUri", uri, limit=2, names=NAMED
        )
        found = replies.hits(class_name, await self._search(request))
        return any(hit.uri == uri for hit in found)

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[UUID]:
        """Return the objects that one filter on `conceptUri` finds, torn ones left out."""
        # More than one object may have a URI; what is cut off then reads as not found.
        request = requests.any_request(
            self._collection(class_name), "conceptUri", uris, limit=2 * len(uris)
        )
        return frozenset(replies.ids(await self._search(request)))

    async def nearest(self, class_name: str, vector: Vector, *, limit: int) -> frozenset[UUID]:
        """Return the nearest objects that a walk through the vector index meets."""
        request = requests.nearest_request(self._collection(class_name), vector, limit=limit)
        return frozenset(replies.ids(await self._search(request)))

    async def found_by_vector(self, sought: TargetObject) -> bool:
        """Whether the object is in the vector index, with its own vector, and a walk leads to it.

        Without any filter, as users search: with one, the server may compare what the filter
        left instead of walking the index that this question is about.
        The index is approximate, and equal texts have equal vectors: what the first hits do not
        show may be among more. An object that 10,000 do not show is not there.
        """
        if sought.vector is None:
            return False
        collection = self._collection(sought.class_name)
        limit = 16
        while True:
            request = requests.nearest_request(collection, sought.vector, limit=limit)
            near = replies.ids_and_distances(await self._search(request))
            if any(key == sought.id and distance < SAME_DISTANCE for key, distance in near):
                return True
            if limit == MOST_RESULTS:
                return False
            # Fewer than were asked for are all that this walk met, and not all that there is.
            is_local = len(near) == limit and limit < MOST_LOCAL
            limit = limit * 8 if is_local else MOST_RESULTS

    async def referring(
        self, class_name: str, reference: str, object_id: UUID, *, limit: int
    ) -> Sequence[Hit]:
        """Return the objects of `class_name` whose `reference` holds `object_id` (score 1)."""
        request = requests.referring_request(
            self._collection(class_name), reference, object_id, limit=limit, names=NAMED
        )
        return replies.hits(class_name, await self._search(request))

    async def search(self, class_name: str, vector: Vector, *, limit: int) -> Sequence[Hit]:
        """Return the nearest objects by cosine, best first, ties by uri."""
        request = requests.nearest_request(
            self._collection(class_name),
            vector,
            # A few more, so that ties at the end are cut by uri and not by chance.
            limit=min(limit + 16, MOST_RESULTS),
            names=NAMED,
        )
        found = replies.hits(class_name, await self._search(request))
        return sorted(found, key=lambda hit: (-hit.score, hit.uri))[:limit]

    async def search_text(self, class_name: str, words: str, *, limit: int) -> Sequence[Hit]:
        """Return the best keyword matches, best first."""
        if not words.strip():
            return ()
        request = requests.words_request(
            self._collection(class_name),
            words,
            searched=[e.name for e in self._schemas[class_name].properties if e.searchable],
            limit=limit,
            names=NAMED,
        )
        found = replies.hits(class_name, await self._search(request))
        return sorted(found, key=lambda hit: (-hit.score, hit.uri))

    def _collection(self, class_name: str) -> str:
        return collection_name(self._prefix, class_name)

    async def _search(self, request: search_get_pb2.SearchRequest) -> bytes:
        """Return the reply to a gRPC search, b"" (no results) where there is no such class."""
        try:
            return await self._connection.search(request, timeout_seconds=QUERY_TIMEOUT_SECONDS)
        except ClassAbsent:
            await self._connection.check_ready()
        try:
            return await self._connection.search(request, timeout_seconds=QUERY_TIMEOUT_SECONDS)
        except ClassAbsent:
            return b""

    async def _page(
        self, class_name: str, after: UUID, *, vectors: bool, limit: int = OBJECTS_PER_PAGE
    ) -> bytes:
        """Return the REST listing of the objects after an id."""
        reply = await self._connection.ask(
            f"listing {class_name}",
            "GET",
            "/objects",
            params={
                "class": self._collection(class_name),
                "limit": limit,
                "after": str(after),
                **({"include": "vector"} if vectors else {}),
            },
            allowed=(200, 404),
            timeout_seconds=QUERY_TIMEOUT_SECONDS,
        )
        return reply.content if reply.status == 200 else b'{"objects":[]}'

    async def _read(
        self, read: Callable[[bytes], list[Entry]], page: bytes, class_name: str
    ) -> list[Entry]:
        """Return what a page of a REST listing holds, read in a thread."""
        doing, address = f"listing {class_name}", self._connection.address
        return await to_thread.run_sync(partial(legible, read, page, doing=doing, address=address))


async def _every(
    page: Callable[[UUID], Awaitable[list[Entry]]],
    *,
    id_of: Callable[[Entry], UUID],
    limit: int,
) -> AsyncIterator[Entry]:
    """Yield what the pages hold. `page` gives up to `limit` entries after an id, by ascending id.

    What a first page does not hold is asked for in several ranges of ids at once.
    """
    first = await page(requests.FIRST)
    for entry in first:
        yield entry
    if not first:
        return
    seen = id_of(first[-1]).int
    parts = RANGES if len(first) == limit else 1
    bounds = [seen + (LAST_ID.int - seen) * part // parts for part in range(parts + 1)]
    # From each id up to and with the one that ends its range.
    ranges = [(UUID(int=after), UUID(int=end)) for after, end in pairwise(bounds)]
    while ranges:
        pages = await answers([after for after, _ in ranges], page)
        going_on = []
        for (_, end), entries in zip(ranges, pages, strict=True):
            within = [entry for entry in entries if id_of(entry) <= end]
            for entry in within:
                yield entry
            if entries and len(within) == len(entries) and id_of(entries[-1]) < end:
                going_on.append((id_of(entries[-1]), end))
        ranges = going_on
