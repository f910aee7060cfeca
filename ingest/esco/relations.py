"""Turns columns and relation files into relations, named as the reference that will hold them.

Knows which file says what; whether both ends of a relation exist is for others to decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.esco.concepts import ConceptRow, concept_rows
from ingest.esco.files import (
    BROADER_FILES,
    BROADER_RELATIONS,
    COLLECTION_SCHEMES,
    SKILL_RELATION_FILES,
    SKILL_RELATIONS,
)
from ingest.esco.rows import BadRow, uri_fault
from ingest.esco.tables import Tables
from ingest.records import Rejection, Relation


def relations(tables: Tables) -> Iterator[Relation | Rejection]:
    """Yield every relation of every class, file by file, in file order."""
    for stem in BROADER_FILES:
        yield from _broader(tables, stem)
    for stem, scheme in COLLECTION_SCHEMES.items():
        yield from _memberships(tables, stem, scheme)
    yield from _isco_groups(tables)
    for stem in SKILL_RELATION_FILES:
        yield from _skill_relations(tables, stem)


def _broader(tables: Tables, stem: str) -> Iterator[Relation | Rejection]:
    columns = ("conceptType", "broaderType", "conceptUri", "broaderUri")
    edges = _Edges(tables.file(stem), BROADER_FILES[stem])
    for row in tables.rows(stem, columns):
        if isinstance(row, BadRow):
            yield edges.rejection(row.line, row.reason)
            continue
        concept_type, broader_type, source, target = map(str.strip, row.cells)
        if (concept_type, broader_type) not in BROADER_RELATIONS:
            yield edges.rejection(row.line, "no broader relation joins these two types")
            continue
        meant = BROADER_RELATIONS[concept_type, broader_type]
        if meant:
            yield edges.edge(row.line, *meant, source, target)


def _memberships(tables: Tables, stem: str, scheme: str) -> Iterator[Relation | Rejection]:
    edges = _Edges(tables.file(stem), "Skill")
    for row in tables.rows(stem, ("conceptUri",)):
        if isinstance(row, BadRow):
            yield edges.rejection(row.line, row.reason)
            continue
        member = row.cells[0].strip()
        meant = ("Skill", "memberOfSkillCollection", "SkillCollection")
        yield edges.edge(row.line, *meant, member, scheme)


def _isco_groups(tables: Tables) -> Iterator[Relation | Rejection]:
    """Rows that are no concepts are left out: they were rejected as such already."""
    groups: dict[str, str] = {}
    for row in concept_rows(tables, "ISCOGroup"):
        if isinstance(row, ConceptRow):
            code = str(row.concept.properties["code"]).strip()
            groups.setdefault(code, row.concept.uri)
    edges = _Edges(tables.file("occupations"), "Occupation")
    for row in concept_rows(tables, "Occupation"):
        if isinstance(row, Rejection) or not (code := row.further[0].strip()):
            continue
        # A group that is not there: a name that no concept has, so that it counts as dangling.
        target = groups.get(code) or f"urn:esco-isco-code:{code}"
        meant = ("Occupation", "memberOfISCOGroup", "ISCOGroup")
        yield edges.edge(row.concept.line, *meant, row.concept.uri, target)


def _skill_relations(tables: Tables, stem: str) -> Iterator[Relation | Rejection]:
    source_class, source_column, skill_column = SKILL_RELATION_FILES[stem]
    edges = _Edges(tables.file(stem), source_class)
    for row in tables.rows(stem, ("relationType", source_column, skill_column)):
        if isinstance(row, BadRow):
            yield edges.rejection(row.line, row.reason)
            continue
        relation_type, source, target = map(str.strip, row.cells)
        if relation_type not in SKILL_RELATIONS:
            yield edges.rejection(row.line, "the relation is neither essential nor optional")
            continue
        meant = (source_class, SKILL_RELATIONS[relation_type], "Skill")
        yield edges.edge(row.line, *meant, source, target)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Makes the relations and rejections of one file."""

    file: str
    source_class: str  # of what is rejected before its own class is known

    def edge(
        self, line: int, source_class: str, name: str, target_class: str, source: str, target: str
    ) -> Relation | Rejection:
        if fault := uri_fault(source) or uri_fault(target):
            return self.rejection(line, fault, source_class)
        return Relation(source_class, name, source, target_class, target)

    def rejection(self, line: int, reason: str, source_class: str = "") -> Rejection:
        """A relation has no URI of its own: its key is its place."""
        return Rejection(
            class_name=source_class or self.source_class,
            file=self.file,
            line=line,
            key=f"{self.file}:{line}",
            reason=reason,
        )
