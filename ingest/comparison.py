"""The target held against the input: what is missing, different or extra.

Reads the target through its port and changes nothing. The loader's last step mends what this
finds; `validate` only reports it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ingest.catalogue import Catalogue
from ingest.target import Target, TargetObject


@dataclass(slots=True, kw_only=True)
class ClassDifference:
    """How the target's objects of one class differ from the input's; numbers of records.

    `extra` are ids that the input does not have, with their hashes: reported, and kept.
    """

    class_name: str
    expected: int
    found: int
    missing: list[int] = field(default_factory=list)
    different: list[int] = field(default_factory=list)
    extra: dict[UUID, str] = field(default_factory=dict)

    @property
    def wrong(self) -> list[int]:
        """The records that must be written again."""
        return sorted({*self.missing, *self.different})


def expected_indices(catalogue: Catalogue, class_name: str) -> Iterator[int]:
    """Yield the numbers of the records that must be in the target."""
    absent = catalogue.absent[class_name]
    return (index for index in range(len(catalogue.classes[class_name])) if index not in absent)


def expected_hashes(catalogue: Catalogue, class_name: str) -> dict[UUID, tuple[int, str]]:
    """Return for each id that must be there its record's number and content hash."""
    hashes: dict[UUID, tuple[int, str]] = {}
    for index in expected_indices(catalogue, class_name):
        whole = catalogue.to_object(class_name, index)
        hashes[whole.id] = (index, whole.content_hash)
    return hashes


async def compare_class(
    catalogue: Catalogue, target: Target, expected: dict[UUID, tuple[int, str]], class_name: str
) -> ClassDifference:
    """Compare ids and content hashes, as a listing gives them.

    A listing may miss objects on a cluster, so what differs is read again by id.
    """
    difference = ClassDifference(class_name=class_name, expected=len(expected), found=0)
    seen: set[int] = set()
    async for key, content_hash in target.hashes(class_name):
        difference.found += 1
        wanted = expected.get(key)
        if wanted is None:
            difference.extra[key] = content_hash
            continue
        seen.add(wanted[0])
        if wanted[1] != content_hash:
            difference.different.append(wanted[0])
    difference.missing = [index for index, _ in expected.values() if index not in seen]
    await _read_again(catalogue, target, difference)
    return difference


async def wrong_references(catalogue: Catalogue, target: Target, class_name: str) -> list[int]:
    """Return the records whose properties or references differ, by listing whole objects."""
    numbers = {
        catalogue.classes[class_name].id_of(index): index
        for index in expected_indices(catalogue, class_name)
    }
    wrong = []
    async for found in target.objects(class_name, vectors=False):
        index = numbers.get(found.id)
        if index is not None and not is_same(found, catalogue.to_object(class_name, index)):
            wrong.append(index)
    return wrong


async def reference_difference(
    catalogue: Catalogue, target: Target, class_name: str
) -> dict[str, tuple[int, int]]:
    """Return by "Class.name" (expected, found) where the numbers of references differ.

    References that extra objects hold do not count.
    """
    expected = catalogue.reference_counts(class_name)
    found = _named(class_name, await target.reference_counts(class_name))
    if found != +expected:
        wanted = {
            catalogue.classes[class_name].id_of(index)
            for index in expected_indices(catalogue, class_name)
        }
        counted: Counter[str] = Counter()
        async for holder in target.objects(class_name, vectors=False):
            if holder.id in wanted:
                counted.update({name: len(held) for name, held in holder.references.items()})
        found = _named(class_name, counted)
    return {
        name: (expected[name], found[name])
        for name in sorted({*expected, *found})
        if expected[name] != found[name]
    }


def _named(class_name: str, counts: Mapping[str, int]) -> Counter[str]:
    return +Counter({f"{class_name}.{name}": count for name, count in counts.items()})


def is_same(found: TargetObject, whole: TargetObject) -> bool:
    """Whether properties and references are equal, exactly."""
    return dict(found.properties) == dict(whole.properties) and {
        name: targets for name, targets in found.references.items() if targets
    } == {name: targets for name, targets in whole.references.items() if targets}


async def _read_again(catalogue: Catalogue, target: Target, difference: ClassDifference) -> None:
    for listed in (difference.missing, difference.different):
        for index in list(listed):
            whole = catalogue.to_object(difference.class_name, index)
            found = await target.read(difference.class_name, whole.id)
            if found is not None and found.content_hash == whole.content_hash:
                listed.remove(index)
