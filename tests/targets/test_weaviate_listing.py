"""A listing in several ranges of ids at once: each object once, wherever its id lies."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from uuid import UUID

import pytest

from ingest.targets.weaviate_reading import LAST_ID, RANGES, _every

LIMIT = 5
ALL = LAST_ID.int
CHANCE = Random(3)


def spread(count: int) -> list[int]:
    return sorted(CHANCE.randrange(1, ALL) for _ in range(count))


PLACES = {
    "none": [],
    "one": spread(1),
    "almost a page": spread(LIMIT - 1),
    "a page": spread(LIMIT),
    "a page and one": spread(LIMIT + 1),
    "many": spread(20 * LIMIT + 3),
    "all at the beginning": list(range(1, 12 * LIMIT)),
    "all at the end": list(range(ALL - 12 * LIMIT, ALL + 1)),
    "two heaps": [*range(1, 7 * LIMIT), *range(ALL // 2, ALL // 2 + 7 * LIMIT)],
    "the last id": [*spread(LIMIT), ALL],
}


def pages_of(places: Sequence[int], asked: list[int]) -> Callable[[UUID], Awaitable[list[UUID]]]:
    async def page(after: UUID) -> list[UUID]:
        asked.append(after.int)
        first = bisect_right(places, after.int)
        return [UUID(int=place) for place in places[first : first + LIMIT]]

    return page


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES.keys())
async def test_each_object_is_listed_once(places: Sequence[int]) -> None:
    asked: list[int] = []
    page = pages_of(places, asked)
    listed = [each.int async for each in _every(page, id_of=lambda each: each, limit=LIMIT)]
    assert sorted(listed) == places
    # Each range may end within a page, and be asked once more to see that it has ended.
    assert len(asked) <= len(places) // LIMIT + 2 * RANGES + 1


async def test_a_page_that_is_cut_short_ends_nothing() -> None:
    """On a cluster a listing may have holes: fewer than were asked for are not the last."""
    places = spread(20 * LIMIT)
    asked: list[int] = []
    whole = pages_of(places, asked)

    async def short(after: UUID) -> list[UUID]:
        page = await whole(after)
        return page if len(asked) == 1 else page[: CHANCE.randrange(1, LIMIT + 1)]

    listed = [each.int async for each in _every(short, id_of=lambda each: each, limit=LIMIT)]
    assert sorted(listed) == places
    assert asked[1 : 1 + RANGES] == sorted(asked[1 : 1 + RANGES])  # that many ranges at once
    assert len({*asked[1 : 1 + RANGES]} - {*places}) == RANGES - 1  # which begin between objects
