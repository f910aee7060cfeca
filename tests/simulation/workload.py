"""Inputs of a seed: small, and with everything that makes an order hard.

At least three levels, a cycle, a self-reference, a record that the server refuses and others
refer to, a row that is no record, a dangling relation, more than twenty batches. Each shape has
two versions, for an input that changes between two attempts; the second may have no cycle any more.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from random import Random
from uuid import UUID
from zlib import crc32

import anyio
import numpy as np

from ingest.catalogue import Catalogue, read_catalogue
from ingest.embedders import Matrix
from ingest.esco_classes import CLASS_STEPS, esco_schemas
from ingest.objects import embedding_text
from ingest.records import Concept, Rejection, Relation
from ingest.target import TargetObject
from tests.loading.sources import EMBEDDER, HandMade, concept

SHAPES = 12
VERSIONS = 2
SECRET = "the-simulated-api-key"  # quoted by the server, in no event
MARKER = "nobody-may-read-this"  # in every text of every record, in no event and no log line
WINDOWS = (4, 6, 8, 12)
DIMENSION = 8
REFUSED_DATE = f"yesterday {MARKER}"

Facts = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """One version of one shape, and what must be in the target after it."""

    name: str
    catalogue: Catalogue
    window: int
    wanted: Mapping[str, Mapping[UUID, TargetObject]]
    facts: Mapping[str, Mapping[UUID, Facts]]
    refused: frozenset[tuple[str, str]]  # (step, key)
    shaken: frozenset[str]  # URIs of what refers to a record that the server refuses
    positions: Mapping[str, Mapping[str, Sequence[int]]]  # class -> uri -> places in the order
    order: Mapping[str, Sequence[str]]  # class -> uris, the second pass too
    ids: Mapping[str, Mapping[str, UUID]]  # class -> uri -> id of what must be there
    built: dict[Hashable, TargetObject] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """What tells inputs apart."""
        return self.name

    def fresh(self) -> Catalogue:
        """Return the catalogue as another process reads it."""
        return _Remembering(self.catalogue, self.built)


class _Remembering(Catalogue):
    """The catalogue, with a memory that all its readers share: building an object is pure."""

    def __init__(self, known: Catalogue, built: dict[Hashable, TargetObject]) -> None:
        super().__init__(known.classes, known.dangling, known._spool, embedder=EMBEDDER)
        self._built = built

    def to_object(
        self, class_name: str, index: int, *, without_cycles: bool = False
    ) -> TargetObject:
        """Return the record's object, built once for each set of absent records."""
        absent = tuple(map(frozenset, self.absent.values()))
        key = (class_name, index, without_cycles, absent)
        if key not in self._built:
            self._built[key] = super().to_object(class_name, index, without_cycles=without_cycles)
        return self._built[key]


@cache
def workload(shape: int, version: int) -> Workload:
    """Return one version of a shape; equal numbers give equal inputs."""
    source, refused_uris = _source(shape, version)
    catalogue = read_catalogue(source, esco_schemas(), embedder=EMBEDDER)
    return of_catalogue(
        f"shape {shape}, version {version}",
        catalogue,
        refused_uris,
        window=WINDOWS[shape % len(WINDOWS)],
    )


def of_catalogue(
    name: str, catalogue: Catalogue, refused_uris: frozenset[str], *, window: int
) -> Workload:
    """Return the workload of a catalogue of which the server refuses some records."""
    known = Catalogue(catalogue.classes, catalogue.dangling, catalogue._spool, embedder=EMBEDDER)
    refused: set[tuple[str, str]] = set()
    for step, class_name in CLASS_STEPS:
        records = known.classes[class_name]
        refused |= {(step, rejection.key) for rejection in records.rejections}
        for index, uri in enumerate(records.uris):
            if uri in refused_uris:
                known.absent[class_name].add(index)
                refused.add((step, uri))
    wanted = {name: _wanted(known, name) for name in known.classes}
    orders = {name: _order(known, name) for name in known.classes}
    return Workload(
        name=name,
        catalogue=catalogue,
        window=window,
        wanted=wanted,
        facts={
            name: {key: facts(each) for key, each in held.items()} for name, held in wanted.items()
        },
        refused=frozenset(refused),
        shaken=_shaken(catalogue, known),
        positions={name: _positions(order) for name, order in orders.items()},
        order=orders,
        ids={name: {each.uri: key for key, each in held.items()} for name, held in wanted.items()},
    )


def _shaken(unrefused: Catalogue, known: Catalogue) -> frozenset[str]:
    """Return the URIs of the records that a refusal of others changes."""
    return frozenset(
        uri
        for name, records in known.classes.items()
        for index, uri in enumerate(records.uris)
        if known.content_hash(name, index) != unrefused.content_hash(name, index)
    )


def facts(stored: TargetObject) -> Facts:
    """Return all that an object says, in a form that compares by value."""
    return (
        dict(stored.properties),
        {name: targets for name, targets in stored.references.items() if targets},
        None if stored.vector is None else stored.vector.tobytes(),
    )


class InlineEmbedder:
    """Vectors from checksums, without a thread; `seconds` is what each call takes."""

    name = "inline"
    fingerprint = EMBEDDER

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Embed; the server may be killed and be back meanwhile, unnoticed."""
        await anyio.sleep(self._seconds)
        return np.stack([vector_of(text) for text in texts])

    async def embed_query(self, text: str) -> Matrix:
        """Embed one text."""
        return vector_of(text)

    async def aclose(self) -> None:
        """Nothing to release."""


@lru_cache(maxsize=1 << 16)
def vector_of(text: str) -> Matrix:
    """Return the text's unit vector, float32, (DIMENSION,)."""
    drawn = np.random.default_rng(crc32(text.encode())).standard_normal(DIMENSION)
    vector: Matrix = (drawn / np.linalg.norm(drawn)).astype(np.float32)
    return vector


def _wanted(known: Catalogue, class_name: str) -> dict[UUID, TargetObject]:
    wanted = {}
    for index in range(len(known.classes[class_name])):
        if index in known.absent[class_name]:
            continue
        whole = known.to_object(class_name, index)
        vector = vector_of(embedding_text(whole.properties))
        wanted[whole.id] = TargetObject(
            class_name=class_name,
            id=whole.id,
            properties=whole.properties,
            references=whole.references,
            vector=vector,
        )
    return wanted


def _order(known: Catalogue, class_name: str) -> list[str]:
    records = known.classes[class_name]
    numbers = [int(index) for level in records.order.levels for index in level]
    numbers += records.order.cyclic.tolist()
    return [records.uris[number] for number in numbers]


def _positions(order: Sequence[str]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = {}
    for position, uri in enumerate(order):
        positions.setdefault(uri, []).append(position)
    return positions


# --- shapes ----------------------------------------------------------------------------------

_SIZES = {"ISCOGroup": 3, "SkillGroup": 10, "SkillCollection": 2, "Skill": 42, "Occupation": 12}
_INSIDE = {
    "ISCOGroup": "broaderISCOGroup",
    "SkillGroup": "broaderSkillGroup",
    "Skill": "broaderSkill",
    "Occupation": "broaderOccupation",
}


def _source(shape: int, version: int) -> tuple[HandMade, frozenset[str]]:
    """Return the source, and the URIs of the records that the server refuses."""
    random = Random(f"shape {shape}")
    drawn = [random.randrange(2, _SIZES["Skill"]) for _ in range(6)]
    refused = {_uri("Skill", drawn[version]), _uri("Occupation", 3)}
    concepts: list[Concept | Rejection] = []
    for class_name, size in _SIZES.items():
        for number in range(size + version):  # the other version has one more
            if version == 1 and class_name == "Skill" and number == drawn[2]:
                continue  # and lacks one
            uri = _uri(class_name, number)
            changed = " changed" if version == 1 and number % 4 == 1 else ""
            more: dict[str, str | tuple[str, ...]] = {
                "preferredLabel": f"{MARKER} {class_name} {number}{changed}",
                "altLabels": (MARKER,),
            }
            if uri in refused:
                more["modifiedDate"] = REFUSED_DATE
            concepts.append(concept(class_name, uri, line=number + 2, **more))
        concepts.append(
            Rejection(
                class_name=class_name,
                file=f"{class_name}.csv",
                line=999,
                key=f"{class_name}.csv:999",
                reason="the row has no URI",
            )
        )
    return HandMade(concepts, _relations(random, version, drawn)), frozenset(refused)


def _relations(random: Random, version: int, drawn: Sequence[int]) -> list[Relation]:
    """Return chains, a cycle of three, a self-reference, links across classes, dangling ones."""
    found: list[Relation] = []
    for class_name, name in _INSIDE.items():
        for number in range(1, _SIZES[class_name]):
            if random.random() < 0.7:
                lower = random.randrange(max(0, number - 8), number)
                found.append(_relation(class_name, name, number, class_name, lower))
    first, second, third = 5, 11, 17
    for source, target in ((first, second), (second, third), (third, first), (23, 23)):
        found.append(_relation("Skill", "hasOptionalSkill", source, "Skill", target))
    for number in range(_SIZES["Skill"]):
        group = random.randrange(_SIZES["SkillGroup"])
        found.append(_relation("Skill", "memberOfSkillGroup", number, "SkillGroup", group))
    for holder in (1, 30, 41):  # of both versions' refused records
        for target in drawn[:2]:
            if holder > target:
                found.append(_relation("Skill", "hasEssentialSkill", holder, "Skill", target))
    for number in range(_SIZES["Occupation"]):
        for target in random.sample(range(_SIZES["Skill"]), 3):
            found.append(_relation("Occupation", "hasEssentialSkill", number, "Skill", target))
        found.append(_relation("Occupation", "memberOfISCOGroup", number, "ISCOGroup", number % 3))
    found.append(_relation("Skill", "broaderSkill", 7, "Skill", 9_999))
    if version == 1:
        found = [each for number, each in enumerate(found) if number % 11 != 5]
        found.append(_relation("Skill", "hasOptionalSkill", 9, "Skill", 8))
    return found


def _uri(class_name: str, number: int) -> str:
    return f"http://example.org/{class_name}/{number:03}"


def _relation(
    source_class: str, name: str, source: int, target_class: str, target: int
) -> Relation:
    return Relation(
        source_class=source_class,
        name=name,
        source_uri=_uri(source_class, source),
        target_class=target_class,
        target_uri=_uri(target_class, target),
    )
