"""The target held against the input: what is missing, different or extra.

Reads the target through its port and changes nothing. The loader's last step and `repair` mend
what this finds; `validate` only reports it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ingest.catalogue import Catalogue
from ingest.looking import answers
from ingest.objects import digest_of
from ingest.target import Listed, Target, TargetObject

Expected = Mapping[int, int]  # the records' numbers, by `UUID.int`: a UUID takes twice as much
Lengths = Mapping[str, NDArray[np.int64]]  # references of each record, by property


@dataclass(slots=True, kw_only=True)
class ClassDifference:
    """How the target's objects of one class differ from the input's; numbers of records.

    `extra` are ids that the input does not have, with their hashes: reported, and kept;
    `extra_uris` are their URIs.
    `references` counts, by "Class.name", what all but the extra ones hold.
    """

    class_name: str
    expected: int
    found: int
    missing: list[int] = field(default_factory=list)
    different: list[int] = field(default_factory=list)
    extra: dict[UUID, str] = field(default_factory=dict)
    extra_uris: dict[UUID, str] = field(default_factory=dict)
    references: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> list[int]:
        """The records that must be written again."""
        return sorted({*self.missing, *self.different})


def expected_indices(catalogue: Catalogue, class_name: str) -> Iterator[int]:
    """Yield the numbers of the records that must be in the target."""
    absent = catalogue.absent[class_name]
    return (index for index in range(len(catalogue.classes[class_name])) if index not in absent)


def expected_numbers(catalogue: Catalogue, class_name: str) -> dict[int, int]:
    """Return for each id that must be there its record's number; its hash is computed then."""
    records = catalogue.classes[class_name]
    numbers: dict[int, int] = {}
    for index in expected_indices(catalogue, class_name):
        catalogue.content_hash(class_name, index)  # which is kept, in 16 bytes
        numbers[int.from_bytes(records.id_bytes(index), "big")] = index
    return numbers


def expected_digest(catalogue: Catalogue, class_name: str, extra: Mapping[UUID, str]) -> str:
    """Return the digest of a class that has all that must be there, and `extra`: hashes by id."""
    records = catalogue.classes[class_name]
    absent = catalogue.absent[class_name]
    ours = (
        (records.id_bytes(index), catalogue.content_hash(class_name, index))
        for index in map(int, records.by_id())
        if index not in absent
    )
    others = sorted((key.bytes, content_hash) for key, content_hash in extra.items())
    return digest_of(merge(ours, others))


def expected_lengths(catalogue: Catalogue, class_name: str) -> Lengths:
    """Return for each reference property how many references each record must hold."""
    lengths: dict[str, NDArray[np.int64]] = {}
    for links in catalogue.classes[class_name].links:
        lengths[links.name] = np.diff(links.starts)
        if absent := catalogue.absent[links.target_class]:
            lost = np.isin(links.targets, np.fromiter(absent, dtype=np.int64))
            lengths[links.name] -= np.bincount(
                links.sources()[lost], minlength=len(lengths[links.name])
            )
    return lengths


async def compare_class(
    catalogue: Catalogue, target: Target, expected: Expected, class_name: str
) -> ClassDifference:
    """Compare ids, content hashes and numbers of references, as a listing gives them.

    References are counted object by object: one that is doubled here and one that is lost there
    do not make up for each other. A listing may miss objects on a cluster, so what differs is
    read again by id.
    """
    difference = ClassDifference(class_name=class_name, expected=len(expected), found=0)
    # Lists: one number of an array costs more than all of this loop does with it.
    lengths = {
        name: every.tolist() for name, every in expected_lengths(catalogue, class_name).items()
    }
    held: Counter[str] = Counter()
    suspicious: dict[int, Listed] = {}
    seen = bytearray(len(catalogue.classes[class_name]))
    async for listed in target.listing(class_name):
        difference.found += 1
        index = expected.get(listed.id.int)
        if index is None:
            difference.extra[listed.id] = listed.content_hash
            difference.extra_uris[listed.id] = listed.uri
            continue
        seen[index] = 1
        for name, count in listed.references.items():
            held[name] += count
        if listed.content_hash != catalogue.content_hash(class_name, index) or any(
            lengths[name][index] != count for name, count in listed.references.items()
        ):
            suspicious[index] = listed
    missing = [index for index in expected.values() if not seen[index]]
    right = await _read_again(catalogue, target, class_name, [*missing, *suspicious])
    for index in right.keys() & suspicious.keys():
        held.subtract(suspicious[index].references)
    for found in right.values():
        held.update({name: len(targets) for name, targets in found.references.items()})
    difference.references = Counter({f"{class_name}.{name}": count for name, count in held.items()})
    difference.missing = [index for index in missing if index not in right]
    difference.different = [index for index in suspicious if index not in right]
    return difference


def is_same(found: TargetObject, whole: TargetObject) -> bool:
    """Whether properties and references are equal, exactly."""
    return dict(found.properties) == dict(whole.properties) and {
        name: targets for name, targets in found.references.items() if targets
    } == {name: targets for name, targets in whole.references.items() if targets}


async def read_all(
    target: Target, class_name: str, ids: Sequence[UUID]
) -> list[TargetObject | None]:
    """Read the objects by id, some at once; parallel to `ids`."""
    return await answers(ids, lambda key: target.read(class_name, key))


async def _read_again(
    catalogue: Catalogue, target: Target, class_name: str, indices: Sequence[int]
) -> dict[int, TargetObject]:
    """Return those of the records whose object, read by id, is right after all."""
    ids = [catalogue.classes[class_name].id_of(index) for index in indices]
    return {
        index: found
        for index, found in zip(indices, await read_all(target, class_name, ids), strict=True)
        if found is not None and is_same(found, catalogue.to_object(class_name, index))
    }
