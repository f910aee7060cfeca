"""Turns the rows of the main files into concepts.

Knows the classes of `schemas/` and how each type of property is read from its cell; nothing of
relations.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.esco.files import (
    ABSENT_PROPERTIES,
    COLLECTION_SCHEMES,
    CONCEPT_FILES,
    FURTHER_COLUMNS,
)
from ingest.esco.rows import (
    BadRow,
    Row,
    normal_date,
    normal_list,
    normal_text,
    text_fault,
    uri_fault,
)
from ingest.esco.tables import Tables
from ingest.records import Concept, PropertyValue, Rejection
from schemas import PropertySchema, PropertyType, load_schema

_CONVERSIONS: dict[PropertyType, Callable[[str], PropertyValue]] = {
    "text": normal_text,
    "text[]": normal_list,
    "date": normal_date,
}
_COLLECTIONS = frozenset(COLLECTION_SCHEMES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptRow:
    """A concept, with the cells of its class's further columns."""

    concept: Concept
    further: tuple[str, ...]


def concept_rows(tables: Tables, class_name: str) -> Iterator[ConceptRow | Rejection]:
    """Yield every concept of the class in file order.

    Of the rows with one URI the first stands: the same again is left out, another rejected.
    """
    stem, uri_column = CONCEPT_FILES[class_name]
    properties = _properties_in_file(class_name)
    names = tuple(uri_column if name == "conceptUri" else name for name, _ in properties)
    columns = (uri_column, *names, *FURTHER_COLUMNS.get(class_name, ()))
    reader = _Reader(class_name, tables.file(stem), properties)
    for row in tables.rows(stem, columns):
        if (read := reader.read(row)) is not None:
            yield read


class _Reader:
    """Reads the rows of one file and remembers which URIs it has given out."""

    def __init__(
        self, class_name: str, file: str, properties: tuple[tuple[str, PropertyType], ...]
    ) -> None:
        self._class_name = class_name
        self._file = file
        self._properties = properties
        self._absent = {
            entry.name: _empty(entry)
            for entry in load_schema(class_name).properties
            if entry.name in ABSENT_PROPERTIES.get(class_name, ())
        }
        self._digests: dict[str, int] = {}  # within one process: Python's own hash is enough

    def read(self, row: Row | BadRow) -> ConceptRow | Rejection | None:
        if isinstance(row, BadRow):
            return self._rejection(row.line, "", row.reason)
        uri = row.cells[0].strip()
        if self._class_name == "SkillCollection" and uri not in _COLLECTIONS:
            return None
        if fault := uri_fault(uri):
            return self._rejection(row.line, "", fault)
        if fault := text_fault(row.cells):
            return self._rejection(row.line, uri, fault)
        try:
            read = self._concept_row(row, uri)
        except ValueError as fault_of_date:
            return self._rejection(row.line, uri, str(fault_of_date))
        digest = hash((*read.concept.properties.values(), read.further))
        if uri not in self._digests:
            self._digests[uri] = digest
            return read
        if self._digests[uri] == digest:
            return None
        return self._rejection(row.line, uri, "an earlier row has this URI and says otherwise")

    def _concept_row(self, row: Row, uri: str) -> ConceptRow:
        cells = row.cells[1 : 1 + len(self._properties)]
        values: dict[str, PropertyValue] = {
            name: _CONVERSIONS[kind](cell)
            for (name, kind), cell in zip(self._properties, cells, strict=True)
        }
        concept = Concept(
            class_name=self._class_name,
            uri=uri,
            properties={**values, "conceptUri": uri, **self._absent},
            file=self._file,
            line=row.line,
        )
        return ConceptRow(concept=concept, further=row.cells[1 + len(cells) :])

    def _rejection(self, line: int, uri: str, reason: str) -> Rejection:
        return Rejection(
            class_name=self._class_name,
            file=self._file,
            line=line,
            key=uri or f"{self._file}:{line}",
            reason=reason,
        )


def _properties_in_file(class_name: str) -> tuple[tuple[str, PropertyType], ...]:
    absent = ABSENT_PROPERTIES.get(class_name, frozenset()) | {"contentHash"}
    properties = load_schema(class_name).properties
    return tuple((entry.name, entry.type) for entry in properties if entry.name not in absent)


def _empty(entry: PropertySchema) -> PropertyValue:
    return () if entry.type == "text[]" else ""
