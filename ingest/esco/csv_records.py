"""Parses CSV text into records, each with the number of its first physical line.

Knows quoting, line ends and the parser's limits; nothing of what a column means. Strict: a
record whose quotes are broken is reported, never guessed.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from threading import Lock
from typing import NamedTuple, Protocol, TypeAlias

from ingest.esco.archive import Archive
from ingest.records import InputError

# A record, or why there is none.
Record: TypeAlias = list[str] | str

OPEN_QUOTE = "a quote is opened and never closed"
TEXT_AFTER_QUOTE = "there is text between a closing quote and the next comma"

# The largest real field (the skills of a scheme) has 0.9 million characters, and nobody reads it.
MAX_FIELD_CHARACTERS = 16 * 1024 * 1024
BATCH_RECORDS = 256
PLAIN_CHARACTERS = 1024 * 1024


class _CsvReader(Protocol):
    """What `csv.reader` returns: the module has no public name for it."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


# The limit of the csv module belongs to the whole process: it is raised for one batch at a time,
# then put back. The lock keeps two readers from putting back each other's.
_field_limit_lock = Lock()


class Plain(NamedTuple):
    """Records that all have the same number of fields, each on a line of its own.

    `line` is the first one's.
    """

    line: int
    records: list[list[str]]


def records(archive: Archive, name: str) -> Iterator[tuple[int, Record]]:
    """Yield every record of the file, its header first; blank lines are left out.

    Raises:
        InputError: the file can not be read to its end.
    """
    with _text(archive, name) as text:
        yield from _records(text, name, before=0)


def plain_records(
    archive: Archive, name: str, *, width: int
) -> Iterator[Plain | tuple[int, Record]]:
    """Yield the records by thousands while they are plain and `width` wide; then one by one.

    Ten times quicker than one by one. From the first that is not plain, everything is as
    `records` has it; the header is the first record of the first that is yielded.

    Raises:
        InputError: the file can not be read to its end.
    """
    with _text(archive, name) as text:
        before = 0
        while lines := text.readlines(PLAIN_CHARACTERS):
            parsed = _parsed_plain(lines, width)
            if parsed is None:
                yield from _records(chain(lines, text), name, before=before)
                return
            yield Plain(before + 1, parsed)
            before += len(lines)


@contextmanager
def _text(archive: Archive, name: str) -> Iterator[io.TextIOWrapper]:
    """Open the file as text, line ends as they are."""
    with archive.reading(name) as stream:
        # A lone surrogate comes through, so that its own row can be rejected.
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogatepass", newline="")
        try:
            yield text
        except UnicodeDecodeError as error:
            raise InputError(f"{name} changed while it was being read: start again") from error


def _parsed_plain(lines: list[str], width: int) -> list[list[str]] | None:
    """Return the lines' records, None if they are not one a line and `width` wide each."""
    if any(map(_is_beyond_splitting, lines)):
        with _large_fields():
            try:
                parsed = list(csv.reader(lines, strict=True))
            except csv.Error:
                return None
    else:
        parsed = [line.rstrip("\r\n").split(",") for line in lines]
    is_plain = len(parsed) == len(lines) and set(map(len, parsed)) == {width}
    return parsed if is_plain else None


def _is_beyond_splitting(line: str) -> bool:
    return '"' in line or len(line) > MAX_FIELD_CHARACTERS


def _records(lines: Iterable[str], name: str, *, before: int) -> Iterator[tuple[int, Record]]:
    reader = csv.reader(lines, strict=True)
    while batch := _batch(reader, name, before):
        yield from [entry for entry in batch if entry[1]]


def _batch(reader: _CsvReader, name: str, before: int) -> list[tuple[int, Record]]:
    """Return the next records; `before` are the lines that came before the reader's first."""
    batch: list[tuple[int, Record]] = []
    line = before + reader.line_num + 1
    with _large_fields():
        try:
            for record in islice(reader, BATCH_RECORDS):
                batch.append((line, record))
                line = before + reader.line_num + 1
        except csv.Error as error:  # the batch ends with it; the reader goes on behind it
            batch.append((line, _reason(error, name, line)))
    return batch


def _reason(error: csv.Error, name: str, line: int) -> str:
    if str(error).startswith("field larger"):
        raise InputError(
            f"{name}, line {line}: a field runs over more than {MAX_FIELD_CHARACTERS:,} "
            "characters: close its quote"
        ) from error
    return OPEN_QUOTE if str(error) == "unexpected end of data" else TEXT_AFTER_QUOTE


@contextmanager
def _large_fields() -> Iterator[None]:
    with _field_limit_lock:
        before = csv.field_size_limit(MAX_FIELD_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(before)
