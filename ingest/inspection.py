"""Everything that is wrong with one class: what `validate` reports and `repair` mends.

Knows the comparison, the visibility and the close look; reads and never writes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.catalogue import Catalogue
from ingest.comparison import ClassDifference, Expected, compare_class
from ingest.embedders import Embedder
from ingest.scrutiny import scrutinize
from ingest.target import Target
from ingest.visibility import unfiltered, unindexed

Looked = Callable[[str, int, int], None]  # class, records looked at, of how many


def nobody_looks(class_name: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(slots=True, kw_only=True)
class Inspection:
    """One class: `difference`, and the records whose stored objects can not be found."""

    difference: ClassDifference
    invisible: set[int] = field(default_factory=set)

    @property
    def wrong(self) -> list[int]:
        """The records that must be written again."""
        return sorted({*self.difference.wrong, *self.invisible})


async def inspect_class(
    catalogue: Catalogue,
    target: Target,
    class_name: str,
    expected: Expected,
    *,
    embedder: Embedder | None = None,
    looked: Looked = nobody_looks,
) -> Inspection:
    """Compare the class with the input and look for every object; with `embedder` closely."""
    difference = await compare_class(catalogue, target, expected, class_name)
    present = sorted(set(expected.values()) - set(difference.missing))
    if embedder is None:
        inspection = Inspection(difference=difference)
        inspection.invisible = await unfound(catalogue, target, class_name, present)
        looked(class_name, len(present), len(present))
        return inspection
    return await inspect_closely(
        catalogue, target, difference, present, embedder=embedder, looked=looked
    )


async def inspect_closely(
    catalogue: Catalogue,
    target: Target,
    difference: ClassDifference,
    indices: Sequence[int],
    *,
    embedder: Embedder,
    looked: Looked = nobody_looks,
) -> Inspection:
    """Look closely at the objects of `indices`, and add to `difference` what shows."""
    class_name = difference.class_name
    close = await scrutinize(
        catalogue,
        target,
        embedder,
        class_name,
        indices,
        looked=lambda done: looked(class_name, done, len(indices)),
    )
    difference.different = sorted({*difference.different, *close.different})
    lost = await unfound(catalogue, target, class_name, indices, is_swept=not target.tears)
    return Inspection(difference=difference, invisible=close.unindexed | lost)


async def unfound(
    catalogue: Catalogue,
    target: Target,
    class_name: str,
    indices: Sequence[int],
    *,
    is_swept: bool = True,
) -> set[int]:
    """Return the records whose objects filters do not find, or, if `is_swept`, searches."""
    records = catalogue.classes[class_name]
    numbers = {records.id_of(index): index for index in indices}
    uris = {key: records.uris[index] for key, index in numbers.items()}
    unseen = await unfiltered(target, class_name, uris)
    if is_swept:
        unseen |= await unindexed(target, class_name, uris)
    return {numbers[key] for key in unseen}
