"""The files of one ESCO data set in one language, all looked at once before any is read.

Knows which files there must be; nothing of what their columns become.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.esco.archive import Archive, Limits, open_archive
from ingest.esco.files import FILES
from ingest.esco.rows import Columns, RowOrBad, columns_and_rows, rows
from ingest.esco.shape import sight
from ingest.records import InputError

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All files by stem ("skills"). `fingerprint` hashes their names and contents, as hex."""

    archive: Archive
    language: str
    headers: Mapping[str, tuple[str, ...]]
    fingerprint: str

    def file(self, stem: str) -> str:
        """Return the name of the file, without any folder."""
        return _file(stem, self.language)

    def rows(self, stem: str, columns: tuple[str, ...]) -> Iterator[RowOrBad]:
        """Yield these columns of every row of the file, in file order."""
        return rows(self.archive, self.file(stem), self.headers[stem], columns)

    def columns(self, stem: str, columns: tuple[str, ...]) -> Iterator[Columns | RowOrBad]:
        """Yield the same by column, as long as the rows are plain."""
        return columns_and_rows(self.archive, self.file(stem), self.headers[stem], columns)


def open_tables(path: Path, *, language: str, limits: Limits) -> Tables:
    """Read every byte of every file once: shapes, encodings, fingerprint.

    Raises:
        InputError: a file is missing or can not be used, or the archive is unsafe.
    """
    if not _LANGUAGE.fullmatch(language):
        raise InputError("the language is no code of ESCO's: give one like en, de or nb")
    names = {stem: _file(stem, language) for stem in FILES}
    archive = open_archive(path, frozenset(names.values()), limits=limits)
    for name in names.values():
        if name not in archive.members:
            raise InputError(
                f"{name} is not in {path}: "
                "give ESCO's whole CSV download, and its language with --language"
            )
    headers: dict[str, tuple[str, ...]] = {}
    fingerprint = hashlib.sha256()
    for stem, name in sorted(names.items(), key=lambda entry: entry[1]):
        sighted = sight(archive, name, FILES[stem])
        headers[stem] = sighted.header
        fingerprint.update(name.encode() + b"\0" + sighted.digest)
    return Tables(
        archive=archive, language=language, headers=headers, fingerprint=fingerprint.hexdigest()
    )


def _file(stem: str, language: str) -> str:
    return f"{stem}_{language}.csv"
