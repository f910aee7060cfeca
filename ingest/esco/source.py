"""An ESCO data set as a source of concepts and relations.

Knows the official CSV layout (ingest/esco/files.py); nothing of objects, vectors or stores.
Everything streams: a file is read anew for each question, and only URIs are held.
"""

from collections.abc import Iterator
from pathlib import Path

from ingest.esco.archive import Limits
from ingest.esco.concepts import ConceptRow, concept_rows
from ingest.esco.relations import relations
from ingest.esco.tables import Tables, open_tables
from ingest.records import Concept, Rejection, Relation, Relations


class EscoSource:
    """One data set, known to be readable. Its iterators may run side by side."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the files' names and contents, hex; a zip has that of its folder."""
        return self._tables.fingerprint

    def check_unchanged(self) -> None:
        """Raise unless every file is still the one whose fingerprint this is.

        Raises:
            InputError: one changed since they were opened.
        """
        self._tables.archive.check_unchanged()

    def concepts(self, class_name: str) -> Iterator[Concept | Rejection]:
        """Yield the concepts of "ISCOGroup", "SkillGroup", "SkillCollection", "Skill" or
        "Occupation", and the rows that can be none, in file order.

        Raises:
            InputError: the files changed or became unreadable since they were opened.
        """
        for read in concept_rows(self._tables, class_name):
            yield read.concept if isinstance(read, ConceptRow) else read

    def relations_by_column(self) -> Iterator[Relations | Rejection]:
        """Yield all relations of all classes, always in the same order; some may come twice.

        Raises:
            InputError: the files changed or became unreadable since they were opened.
        """
        return relations(self._tables)

    def relations(self) -> Iterator[Relation | Rejection]:
        """Yield the same, one by one."""
        for read in self.relations_by_column():
            if isinstance(read, Rejection):
                yield read
                continue
            source_class, name, target_class, sources, targets = read
            for source, target in zip(sources, targets, strict=True):
                yield Relation(source_class, name, source, target_class, target)


def open_esco(path: Path, *, language: str = "en", limits: Limits | None = None) -> EscoSource:
    """Look at every byte of the folder or zip once, and return it as a source.

    Raises:
        InputError: it can not be used as a whole; nothing else has happened yet.
    """
    return EscoSource(open_tables(path, language=language, limits=limits or Limits()))
