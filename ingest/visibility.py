"""Which objects are stored, and yet not found: by a filter on their URI, or by any search.

Reads the target through its port. An index can not be listed, but it can be swept: two
searches show the 10,000 objects nearest to a direction and the 10,000 nearest to its opposite;
whatever no such search showed is looked up on its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from uuid import UUID

from ingest.comparison import read_all
from ingest.looking import AT_ONCE, answers
from ingest.target import Target, TargetObject, Vector

URIS_PER_FILTER = 500
MOST_NEAREST = 10_000
LEAST_GAIN = 200  # objects that a sweep must show to be cheaper than looking each of them up
TRIES_FOR_A_VECTOR = 16


async def unfiltered(target: Target, class_name: str, uris: Mapping[UUID, str]) -> set[UUID]:
    """Return those of the objects that filters on their URIs do not find."""
    unseen = set(uris)
    left = iter(uris.values())
    filters = iter(lambda: list(islice(left, URIS_PER_FILTER)), [])
    while some := list(islice(filters, AT_ONCE)):
        for found in await answers(some, lambda part: target.filtered(class_name, part)):
            unseen -= found
    return unseen


async def unindexed(target: Target, class_name: str, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the objects that no vector search finds."""
    left = await _unswept(target, class_name, set(ids))
    unseen: set[UUID] = set()
    keys = sorted(left)
    for at in range(0, len(keys), LEAST_GAIN):
        some = keys[at : at + LEAST_GAIN]
        found = await read_all(target, class_name, some)
        unseen.update(key for key, each in zip(some, found, strict=True) if each is None)
        unseen |= await lost_to_own_vector(target, [each for each in found if each is not None])
    return unseen


async def lost_to_own_vector(target: Target, sought: Sequence[TargetObject]) -> set[UUID]:
    """Return those of the objects that their own vectors do not find."""
    found = await answers(sought, target.found_by_vector)
    return {whole.id for whole, is_found in zip(sought, found, strict=True) if not is_found}


async def nearest_to(
    target: Target, class_name: str, ids: Sequence[UUID], *, each: int
) -> set[UUID]:
    """Return the `each` objects nearest to each of these, themselves left out."""
    whole = [found for found in await read_all(target, class_name, ids) if found is not None]
    vectors = [found.vector for found in whole if found.vector is not None]
    near = await answers(vectors, lambda vector: target.nearest(class_name, vector, limit=each + 1))
    return set().union(*near) - set(ids)


async def _unswept(target: Target, class_name: str, left: set[UUID]) -> set[UUID]:
    """Return what no sweep showed; sweeps go on as long as they are worth it."""
    is_worth_it = len(left) > LEAST_GAIN
    while is_worth_it:
        vector = await _vector_of_some(target, class_name, left)
        is_worth_it = False
        directions = () if vector is None else (vector, -vector)
        for near in await answers(
            directions, lambda way: target.nearest(class_name, way, limit=MOST_NEAREST)
        ):
            shown = left & near
            left -= shown
            is_worth_it = is_worth_it or len(shown) >= LEAST_GAIN
        is_worth_it = is_worth_it and len(left) > LEAST_GAIN
    return left


async def _vector_of_some(target: Target, class_name: str, ids: Iterable[UUID]) -> Vector | None:
    """Return the stored vector of one of the objects, None if none of a few has any."""
    for found in await read_all(target, class_name, list(islice(ids, TRIES_FOR_A_VECTOR))):
        if found is not None and found.vector is not None:
            return found.vector
    return None
