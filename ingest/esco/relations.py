"""Turns columns and relation files into relations, named as the reference that will hold them.

Knows which file says what; whether both ends of a relation exist is for others to decide. The
large files are read by column: only where a row is odd are the rows looked at one by one.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TypeAlias, TypeVar

from ingest.esco.concepts import ConceptRow, concept_rows
from ingest.esco.files import (
    BROADER_FILES,
    BROADER_RELATIONS,
    COLLECTION_SCHEMES,
    SKILL_RELATION_FILES,
    SKILL_RELATIONS,
)
from ingest.esco.rows import BadRow, Columns, RowOrBad, uri_fault
from ingest.esco.tables import Tables
from ingest.records import Rejection, Relations

Read: TypeAlias = Relations | Rejection
Meant: TypeAlias = tuple[str, str, str]  # source class, reference, target class
Kind = TypeVar("Kind", bound=Hashable)  # what tells which reference a row means


def relations(tables: Tables) -> Iterator[Read]:
    """Yield every relation of every class, file by file, always in the same order."""
    for stem in BROADER_FILES:
        yield from _broader(tables, stem)
    for stem, scheme in COLLECTION_SCHEMES.items():
        yield from _memberships(tables, stem, scheme)
    yield from _isco_groups(tables)
    for stem in SKILL_RELATION_FILES:
        yield from _skill_relations(tables, stem)


def _broader(tables: Tables, stem: str) -> Iterator[Read]:
    edges = _Edges(tables.file(stem), BROADER_FILES[stem])

    def by_column(columns: Columns) -> list[Relations] | None:
        concept_types, broader_types, sources, targets = _stripped(columns)
        kinds = list(zip(concept_types, broader_types, strict=True))
        return _parted(kinds, BROADER_RELATIONS, sources, targets)

    def one(row: RowOrBad) -> Read | None:
        if isinstance(row, BadRow):
            return edges.rejection(row.line, row.reason)
        concept_type, broader_type, source, target = map(str.strip, row.cells)
        if (concept_type, broader_type) not in BROADER_RELATIONS:
            return edges.rejection(row.line, "no broader relation joins these two types")
        meant = BROADER_RELATIONS[concept_type, broader_type]
        return edges.edge(row.line, meant, source, target) if meant else None

    columns = ("conceptType", "broaderType", "conceptUri", "broaderUri")
    yield from _read(tables.columns(stem, columns), by_column, one)


def _memberships(tables: Tables, stem: str, scheme: str) -> Iterator[Read]:
    edges = _Edges(tables.file(stem), "Skill")
    for row in tables.rows(stem, ("conceptUri",)):
        if isinstance(row, BadRow):
            yield edges.rejection(row.line, row.reason)
            continue
        member = row.cells[0].strip()
        meant = ("Skill", "memberOfSkillCollection", "SkillCollection")
        yield edges.edge(row.line, meant, member, scheme)


def _isco_groups(tables: Tables) -> Iterator[Read]:
    """Rows that are no concepts are left out: they were rejected as such already."""
    groups: dict[str, str] = {}
    for row in concept_rows(tables, "ISCOGroup"):
        if isinstance(row, ConceptRow):
            code = str(row.concept.properties["code"]).strip()
            groups.setdefault(code, row.concept.uri)
    edges = _Edges(tables.file("occupations"), "Occupation")
    meant = ("Occupation", "memberOfISCOGroup", "ISCOGroup")
    for row in concept_rows(tables, "Occupation"):
        if isinstance(row, Rejection) or not (code := row.further[0].strip()):
            continue
        # A group that is not there: a name that no concept has, so that it counts as dangling.
        target = groups.get(code) or f"urn:esco-isco-code:{code}"
        yield edges.edge(row.concept.line, meant, row.concept.uri, target)


def _skill_relations(tables: Tables, stem: str) -> Iterator[Read]:
    source_class, source_column, skill_column = SKILL_RELATION_FILES[stem]
    edges = _Edges(tables.file(stem), source_class)
    meant = {kind: (source_class, name, "Skill") for kind, name in SKILL_RELATIONS.items()}

    def by_column(columns: Columns) -> list[Relations] | None:
        kinds, sources, targets = _stripped(columns)
        return _parted(kinds, meant, sources, targets)

    def one(row: RowOrBad) -> Read:
        if isinstance(row, BadRow):
            return edges.rejection(row.line, row.reason)
        kind, source, target = map(str.strip, row.cells)
        if kind not in meant:
            return edges.rejection(row.line, "the relation is neither essential nor optional")
        return edges.edge(row.line, meant[kind], source, target)

    columns = ("relationType", source_column, skill_column)
    yield from _read(tables.columns(stem, columns), by_column, one)


def _read(
    parts: Iterator[Columns | RowOrBad],
    by_column: Callable[[Columns], list[Relations] | None],
    one: Callable[[RowOrBad], Read | None],
) -> Iterator[Read]:
    """Read by column what can be read so, and all else row by row."""
    for part in parts:
        if not isinstance(part, Columns):
            rows: Iterator[RowOrBad] = iter((part,))
        elif (found := by_column(part)) is not None:
            yield from found
            continue
        else:
            rows = part.rows()
        yield from (read for row in rows if (read := one(row)) is not None)


def _stripped(columns: Columns) -> tuple[list[str], ...]:
    return tuple([*map(str.strip, cells)] for cells in columns.cells)


def _parted(
    kinds: Sequence[Kind],
    meant: Mapping[Kind, Meant | None],
    sources: Sequence[str],
    targets: Sequence[str],
) -> list[Relations] | None:
    """Return the relations by kind, None if any kind or URI of them is not one of ours.

    What means None is not loaded and left out.
    """
    there = set(kinds)
    if not there <= meant.keys() or any(map(uri_fault, {*sources, *targets})):
        return None
    parted = []
    for kind, means in meant.items():
        if means is not None and kind in there:
            source_class, name, target_class = means
            is_kind = [each == kind for each in kinds]
            held = (list(compress(column, is_kind)) for column in (sources, targets))
            parted.append(Relations(source_class, name, target_class, *held))
    return parted


@dataclass(frozen=True, slots=True)
class _Edges:
    """Makes the relations and rejections of one file, row by row."""

    file: str
    source_class: str  # of what is rejected before its own class is known

    def edge(self, line: int, meant: Meant, source: str, target: str) -> Read:
        source_class, name, target_class = meant
        if fault := uri_fault(source) or uri_fault(target):
            return self.rejection(line, fault, source_class)
        return Relations(source_class, name, target_class, (source,), (target,))

    def rejection(self, line: int, reason: str, source_class: str = "") -> Rejection:
        """A relation has no URI of its own: its key is its place."""
        return Rejection(
            class_name=source_class or self.source_class,
            file=self.file,
            line=line,
            key=f"{self.file}:{line}",
            reason=reason,
        )
