"""A close look at objects: each read by id, compared whole, and looked for by its own vector.

Reads the target and changes nothing. A changed object keeps its old content hash, so the hash
alone says nothing here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingest.catalogue import Catalogue
from ingest.comparison import is_same, read_all
from ingest.embedders import Embedder
from ingest.target import Target, TargetObject
from ingest.visibility import lost_to_own_vector
from ingest.wholes import chunks, wholes

# A vector made again on another machine may differ in the last bits of its numbers.
SAME_COSINE = 1 - 1e-4

Looked = Callable[[int], None]  # is told how many records have been looked at


@dataclass(slots=True)
class Scrutiny:
    """Records whose objects are not what the input makes of them, or that no search finds."""

    different: set[int] = field(default_factory=set)
    unindexed: set[int] = field(default_factory=set)


async def scrutinize(
    catalogue: Catalogue,
    target: Target,
    embedder: Embedder,
    class_name: str,
    indices: Sequence[int],
    *,
    looked: Looked,
) -> Scrutiny:
    """Look closely at the objects of these records."""
    result = Scrutiny()
    done = 0
    for chunk in chunks(indices):
        expected = await wholes(catalogue, embedder, class_name, chunk)
        found = await read_all(target, class_name, [whole.id for whole in expected])
        numbers = {}
        for index, whole, there in zip(chunk, expected, found, strict=True):
            numbers[whole.id] = index
            if there is None or not (is_same(there, whole) and _is_near(there, whole)):
                result.different.add(index)
        if target.tears:
            # By the vector that is stored: whether it is the right one was asked already.
            there_now = [there for there in found if there is not None]
            unseen = await lost_to_own_vector(target, there_now)
            result.unindexed |= {numbers[key] for key in unseen}
        done += len(chunk)
        looked(done)
    return result


def _is_near(found: TargetObject, whole: TargetObject) -> bool:
    return (
        found.vector is not None
        and whole.vector is not None
        and len(found.vector) == len(whole.vector)
        and float(np.dot(found.vector, whole.vector)) >= SAME_COSINE
    )
