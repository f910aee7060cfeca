"""The input, read once: keys and reference graph in memory, texts in a spool.

Knows records and schemas; nothing of files or stores. From it every object of every class
can be built, again and again, always the same.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol, TypeAlias
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray

from ingest.objects import HASH_BYTES, hash_of, object_id
from ingest.order import Edges, Indices, Order, levels
from ingest.records import Concept, PropertyValue, Rejection, Relations
from ingest.spool import Spool
from ingest.target import TargetObject
from schemas import ClassSchema, ReferenceSchema

Said: TypeAlias = dict[str, str | list[str]]
Linked: TypeAlias = dict[str, list[int]]  # records' numbers, by reference property

# Of a class that others refer to, so many are kept: some megabytes, and all of ESCO's skills.
MOST_IDS = 1 << 14


class Source(Protocol):
    """Where records come from; each iterator may be asked for once or more, in any order."""

    def concepts(self, class_name: str) -> Iterator[Concept | Rejection]:
        """Yield the concepts of one class in a fixed order."""
        ...

    def relations_by_column(self) -> Iterator[Relations | Rejection]:
        """Yield all relations in a fixed order; some may come twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """One reference property: for record i the targets `targets[starts[i]:starts[i + 1]]`.

    Targets are numbers in the target class, ascending by object id, none twice.
    """

    name: str
    target_class: str
    starts: Indices
    targets: NDArray[np.uint32]

    def of(self, index: int) -> NDArray[np.uint32]:
        """Return the targets of one record."""
        return self.targets[self.starts[index] : self.starts[index + 1]]

    def sources(self) -> Indices:
        """Return the record that each of the targets belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(slots=True, kw_only=True, eq=False)
class ClassCatalogue:
    """All records of one class, numbered in file order."""

    schema: ClassSchema
    uris: list[str] = field(default_factory=list)
    ids: bytearray = field(default_factory=bytearray)  # 16 bytes a record
    lines: "array[int]" = field(default_factory=lambda: array("L"))
    file: str = ""
    rejections: list[Rejection] = field(default_factory=list)
    links: tuple[Links, ...] = ()
    order: Order = field(default_factory=lambda: levels(0, np.empty((0, 2), dtype=np.int64)))
    first_spooled: int = 0

    def __len__(self) -> int:
        return len(self.uris)

    @property
    def name(self) -> str:
        """The class's name, without prefix."""
        return self.schema.name

    def id_of(self, index: int) -> UUID:
        """Return the object id of a record."""
        return UUID(bytes=self.id_bytes(index))

    def id_bytes(self, index: int) -> bytes:
        """Return the 16 bytes of the object id of a record."""
        return bytes(self.ids[16 * index : 16 * index + 16])

    def by_id(self) -> Indices:
        """Return the records' numbers ascending by object id."""
        ids = np.frombuffer(bytes(self.ids), dtype=">u8").reshape(-1, 2)
        return np.lexsort((ids[:, 1], ids[:, 0]))


class Catalogue:
    """The whole input. `absent` are records, by class and number, that are not in the target."""

    def __init__(
        self,
        classes: Mapping[str, ClassCatalogue],
        dangling: Mapping[str, int],
        spool: Spool,
        *,
        embedder: str,
    ) -> None:
        self.classes = classes
        self.dangling = dangling
        self.absent: dict[str, set[int]] = {name: set() for name in classes}
        self._spool = spool
        self._embedder = embedder
        self._hashes: dict[str, bytearray] = {}
        # To make an id out of its bytes takes a microsecond, and there are far more references
        # than objects.
        self._ids = {
            name: lru_cache(maxsize=MOST_IDS)(records.id_of) for name, records in classes.items()
        }
        self._hashed_absent = 0

    def to_object(
        self, class_name: str, index: int, *, without_cycles: bool = False
    ) -> TargetObject:
        """Return one record as its whole object, without vector.

        References to absent records are left out. `without_cycles` gives the first pass of a
        record on a cycle: without the references on the cycle, its content hash empty.
        """
        records = self.classes[class_name]
        said = self._said(records, index)
        linked = self._linked(records, index, without_cycles=without_cycles)
        typed: dict[str, PropertyValue] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
        }
        typed["contentHash"] = (
            "" if without_cycles else self._hash(records, index, lambda: (said, linked)).hex()
        )
        return TargetObject(
            class_name=class_name,
            id=records.id_of(index),
            properties=typed,
            references={
                links.name: tuple(map(self._ids[links.target_class], linked[links.name]))
                for links in records.links
            },
        )

    def content_hash(self, class_name: str, index: int) -> str:
        """Return the content hash of the record's whole object, computed once.

        Hashes are kept, 16 bytes each, until another record is found to be absent: a reference
        to it is then left out.
        """
        records = self.classes[class_name]
        return self._hash(
            records, index, lambda: (self._said(records, index), self._linked(records, index))
        ).hex()

    def reference_counts(self, class_name: str) -> Counter[str]:
        """Return how many references, by "Class.name", the class's objects must hold."""
        records = self.classes[class_name]
        counts: Counter[str] = Counter()
        for links in records.links:
            counts[f"{class_name}.{links.name}"] = len(links.targets) - self._lost(records, links)
        return counts

    def dangling_counts(self, class_name: str) -> Counter[str]:
        """Return how many relations of the class, by "Class.name", have an end that is missing."""
        records = self.classes[class_name]
        counts: Counter[str] = Counter()
        for links in records.links:
            name = f"{class_name}.{links.name}"
            counts[name] = self.dangling.get(name, 0) + self._lost(records, links)
        return +counts

    def close(self) -> None:
        """Remove the spool."""
        self._spool.close()

    def _hash(
        self, records: ClassCatalogue, index: int, read: Callable[[], tuple[Said, Linked]]
    ) -> bytes:
        """Return the hash that is kept, else that of what `read` returns."""
        absent = sum(map(len, self.absent.values()))
        if absent != self._hashed_absent:
            self._hashes.clear()
            self._hashed_absent = absent
        if records.name not in self._hashes:
            self._hashes[records.name] = bytearray(HASH_BYTES * len(records))
        hashes = self._hashes[records.name]
        place = slice(HASH_BYTES * index, HASH_BYTES * (index + 1))
        if not any(hashes[place]):
            said, linked = read()
            ids = {links.name: self.classes[links.target_class].ids for links in records.links}
            joined = {
                name: b"".join([ids[name][16 * target : 16 * target + 16] for target in targets])
                for name, targets in linked.items()
            }
            hashes[place] = hash_of(records.name, said, joined, embedder=self._embedder)
        return bytes(hashes[place])

    def _said(self, records: ClassCatalogue, index: int) -> Said:
        """Return what the record says, as it was spooled."""
        said: Said = orjson.loads(self._spool[records.first_spooled + index])
        return said

    def _linked(
        self, records: ClassCatalogue, index: int, *, without_cycles: bool = False
    ) -> Linked:
        """Return the numbers of the records that are referred to and there, by property."""
        linked: Linked = {}
        for links in records.links:
            targets: list[int] = links.of(index).tolist()
            if absent := self.absent[links.target_class]:
                targets = [target for target in targets if target not in absent]
            if without_cycles and links.target_class == records.name:
                targets = [
                    target for target in targets if not records.order.is_cyclic_edge(index, target)
                ]
            linked[links.name] = targets
        return linked

    def _lost(self, records: ClassCatalogue, links: Links) -> int:
        """Return how many of the links have an absent record at an end."""
        absent_targets = self.absent[links.target_class]
        absent_sources = self.absent[records.name]
        if not absent_targets and not absent_sources:
            return 0
        lost = np.isin(links.targets, np.fromiter(absent_targets, dtype=np.int64))
        lost |= np.isin(links.sources(), np.fromiter(absent_sources, dtype=np.int64))
        return int(lost.sum())


def read_catalogue(
    source: Source,
    schemas: Sequence[ClassSchema],
    *,
    embedder: str,
    check: Callable[[], None] = lambda: None,
) -> Catalogue:
    """Read everything once. `schemas` stand in an order in which targets come first.

    `check` is called all the while, and may raise to end it.

    Raises:
        InputError: the input can not be read any more.
    """
    spool = Spool()
    try:
        classes, numbers = _read_concepts(source, schemas, spool, check)
        edges, dangling = _read_relations(source, classes, numbers, check)
        ranked = {name: _ranked(records.by_id()) for name, records in classes.items()}
        for records in classes.values():
            records.rejections = _identified(records.rejections, numbers[records.name])
            records.links = tuple(
                _links(records, reference, edges, ranked) for reference in records.schema.references
            )
            records.order = levels(len(records), _own_edges(records))
    except BaseException:
        spool.close()
        raise
    return Catalogue(classes, dangling, spool, embedder=embedder)


Numbers = Mapping[str, Mapping[str, int]]
EdgeLists = Mapping[tuple[str, str], tuple["array[int]", "array[int]"]]


def _read_concepts(
    source: Source, schemas: Sequence[ClassSchema], spool: Spool, check: Callable[[], None]
) -> tuple[dict[str, ClassCatalogue], Numbers]:
    classes: dict[str, ClassCatalogue] = {}
    numbers: dict[str, dict[str, int]] = {}
    for schema in schemas:
        records = ClassCatalogue(schema=schema, first_spooled=len(spool))
        known: dict[str, int] = {}
        for read in source.concepts(schema.name):
            check()
            if isinstance(read, Rejection):
                records.rejections.append(read)
                continue
            known[read.uri] = len(records.uris)
            records.uris.append(read.uri)
            records.ids += object_id(read.uri).bytes
            records.lines.append(read.line)
            records.file = read.file
            spool.append(orjson.dumps(dict(read.properties)))
        classes[schema.name] = records
        numbers[schema.name] = known
    return classes, numbers


def _read_relations(
    source: Source,
    classes: Mapping[str, ClassCatalogue],
    numbers: Numbers,
    check: Callable[[], None],
) -> tuple[EdgeLists, Counter[str]]:
    dangling: Counter[str] = Counter()
    edges: dict[tuple[str, str], tuple[array[int], array[int]]] = {
        (name, reference.name): (array("L"), array("L"))
        for name, records in classes.items()
        for reference in records.schema.references
    }
    for read in source.relations_by_column():
        check()
        if isinstance(read, Rejection):
            classes[read.class_name].rejections.append(read)
            continue
        starts = [*map(numbers[read.source_class].get, read.source_uris)]
        ends = [*map(numbers[read.target_class].get, read.target_uris)]
        joined = [
            (start, end)
            for start, end in zip(starts, ends, strict=True)
            if start is not None and end is not None
        ]
        if lost := len(starts) - len(joined):
            dangling[f"{read.source_class}.{read.name}"] += lost
        for kept, column in zip(edges[read.source_class, read.name], (0, 1), strict=True):
            kept.fromlist([pair[column] for pair in joined])
    return edges, dangling


def _identified(rejections: Sequence[Rejection], loaded: Mapping[str, int]) -> list[Rejection]:
    """Return the rejections, each with a key of its own.

    A second row of a URI is rejected though the first stands: the URI is then no key of the
    rejection, for what is journaled under it would read as not loaded.
    """
    taken: set[str] = set()
    identified = []
    for rejection in rejections:
        if rejection.key in loaded or rejection.key in taken:
            rejection = replace(rejection, key=f"{rejection.file}:{rejection.line}")
        taken.add(rejection.key)
        identified.append(rejection)
    return identified


def _ranked(ascending: Indices) -> tuple[Indices, Indices]:
    """Return the numbers as they are, and each number's place there."""
    rank = np.empty(len(ascending), dtype=np.int64)
    rank[ascending] = np.arange(len(ascending))
    return ascending, rank


def _links(
    records: ClassCatalogue,
    reference: ReferenceSchema,
    edges: EdgeLists,
    ranked: Mapping[str, tuple[Indices, Indices]],
) -> Links:
    """Return the links sorted by source and then by the target's id, each once."""
    listed = edges[records.name, reference.name]
    sources, targets = (np.asarray(part, dtype=np.int64) for part in listed)
    by_id, rank = ranked[reference.target]
    # One number a pair: many times faster to sort than rows of two.
    width = max(1, len(by_id))
    sources, ranks = np.divmod(np.unique(sources * width + rank[targets]), width)
    starts = np.searchsorted(sources, np.arange(len(records) + 1))
    return Links(
        name=reference.name,
        target_class=reference.target,
        starts=starts.astype(np.int64),
        targets=by_id[ranks].astype(np.uint32),
    )


def _own_edges(records: ClassCatalogue) -> Edges:
    """Return the edges of all links that stay inside the class."""
    own = [links for links in records.links if links.target_class == records.name]
    if not own:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.unique(
        np.concatenate([links.sources() * len(records) + links.targets for links in own])
    )
    return np.stack(np.divmod(pairs, max(1, len(records))), axis=1)
