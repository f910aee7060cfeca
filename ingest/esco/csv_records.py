"""Parses CSV text into records, each with the number of its first physical line.

Knows quoting, line ends and the parser's limits; nothing of what a column means. Strict: a
record whose quotes are broken is reported, never guessed.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Protocol, TypeAlias

from ingest.esco.archive import Archive
from ingest.records import InputError

# A record, or why there is none.
Record: TypeAlias = list[str] | str

OPEN_QUOTE = "a quote is opened and never closed"
TEXT_AFTER_QUOTE = "there is text between a closing quote and the next comma"

# The largest real field (the skills of a scheme) has 0.9 million characters, and nobody reads it.
MAX_FIELD_CHARACTERS = 16 * 1024 * 1024
BATCH_RECORDS = 256


class _CsvReader(Protocol):
    """What `csv.reader` returns: the module has no public name for it."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


# The limit of the csv module belongs to the whole process: it is raised for one batch at a time,
# then put back. The lock keeps two readers from putting back each other's.
_field_limit_lock = Lock()


def records(archive: Archive, name: str) -> Iterator[tuple[int, Record]]:
    """Yield every record of the file, its header first; blank lines are left out.

    Raises:
        InputError: the file can not be read to its end.
    """
    with archive.reading(name) as stream:
        # A lone surrogate comes through, so that its own row can be rejected.
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogatepass", newline="")
        reader = csv.reader(text, strict=True)
        while batch := _batch(reader, name):
            yield from [entry for entry in batch if entry[1]]


def _batch(reader: _CsvReader, name: str) -> list[tuple[int, Record]]:
    batch: list[tuple[int, Record]] = []
    line = reader.line_num + 1
    with _large_fields():
        try:
            for record in islice(reader, BATCH_RECORDS):
                batch.append((line, record))
                line = reader.line_num + 1
        except csv.Error as error:  # the batch ends with it; the reader goes on behind it
            batch.append((line, _reason(error, name, line)))
        except UnicodeDecodeError as error:
            raise InputError(f"{name} changed while it was being read: start again") from error
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
