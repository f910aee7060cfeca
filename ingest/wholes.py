"""Records as they must be in the target, with their vectors, some at a time.

Knows the catalogue and the embedder; nothing of targets and runs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.catalogue import Catalogue
from ingest.embedders import Embedder
from ingest.objects import embedding_text
from ingest.target import TargetObject

CHUNK = 128


def chunks(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the numbers of records in parts that may be in memory, whole, at once."""
    return (indices[at : at + CHUNK] for at in range(0, len(indices), CHUNK))


async def wholes(
    catalogue: Catalogue,
    embedder: Embedder,
    class_name: str,
    indices: Sequence[int],
    *,
    without_cycles: bool = False,
) -> list[TargetObject]:
    """Return the records' objects, with vectors; parallel to `indices`.

    `without_cycles` gives the first pass of records on a cycle, see `Catalogue.to_object`.
    """
    if not indices:
        return []
    built = [
        catalogue.to_object(class_name, index, without_cycles=without_cycles) for index in indices
    ]
    vectors = await embedder.embed([embedding_text(each.properties) for each in built])
    return [replace(each, vector=vector) for each, vector in zip(built, vectors, strict=True)]
