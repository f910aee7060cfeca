"""Judges single rows: which cells of a file are wanted, and which rows can not be loaded.

Knows URIs, texts and dates as they must be; nothing of classes or relations. A reason names
what is wrong, never what the row says.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, TypeAlias, cast

from ingest.esco.archive import Archive
from ingest.esco.csv_records import Plain, Record, plain_records, records

MAX_TEXT_CHARACTERS = 1_000_000
MAX_URI_CHARACTERS = 2_048
NO_DATE = "the date is none (it must look like 2024-01-25T11:28:50Z)"

# Absolute, http(s) or urn, and nothing in it that a log or a request would stumble over. RFC 3987
# (4.1) forbids the bidirectional marks: with one of them a URI reads as another.
_URI = re.compile(
    r"(?:https?://|urn:[a-z0-9][a-z0-9-]*:)"
    r"[^\s\x00-\x20\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)


class Row(NamedTuple):
    """The wanted cells of one row, in the order in which they were asked for."""

    line: int
    cells: tuple[str, ...]


class BadRow(NamedTuple):
    """Where a row should be, and why there is none."""

    line: int
    reason: str


RowOrBad: TypeAlias = Row | BadRow


class Columns(NamedTuple):
    """The wanted cells of many rows, one a line, by column; `line` is the first row's."""

    line: int
    cells: tuple[tuple[str, ...], ...]

    def rows(self) -> Iterator[Row]:
        """Yield the rows one by one."""
        for line, cells in enumerate(zip(*self.cells, strict=True), self.line):
            yield Row(line, cells)


def rows(
    archive: Archive, name: str, header: tuple[str, ...], columns: tuple[str, ...]
) -> Iterator[RowOrBad]:
    """Yield the wanted columns of every row after the header, in file order."""
    parsed = records(archive, name)
    next(parsed, None)
    yield from _rows(parsed, header, columns)


def columns_and_rows(
    archive: Archive, name: str, header: tuple[str, ...], columns: tuple[str, ...]
) -> Iterator[Columns | RowOrBad]:
    """Yield the same by column while the rows are plain, and then one by one."""
    positions = [header.index(column) for column in columns]
    parsed = plain_records(archive, name, width=len(header))
    is_header = True
    for part in parsed:
        if isinstance(part, Plain):
            wanted = part.records[is_header:]
            if wanted:
                by_column = list(zip(*wanted, strict=True))
                cells = tuple(by_column[position] for position in positions)
                yield Columns(part.line + is_header, cells)
        else:
            one_by_one = parsed if is_header else chain((part,), parsed)
            yield from _rows(cast(Iterator[tuple[int, Record]], one_by_one), header, columns)
        is_header = False


def _rows(
    parsed: Iterator[tuple[int, Record]], header: tuple[str, ...], columns: tuple[str, ...]
) -> Iterator[RowOrBad]:
    positions = [header.index(column) for column in columns]
    # One more than is wanted, cut off again: of a single position itemgetter makes no tuple.
    wanted, width = itemgetter(*positions, 0), len(header)
    for line, record in parsed:
        if isinstance(record, str):
            yield BadRow(line, record)
        elif len(record) != width:
            yield BadRow(line, f"{len(record)} columns instead of {width}")
        else:
            yield Row(line, wanted(record)[:-1])


@lru_cache(maxsize=1 << 16)  # in relations each URI comes a dozen times
def uri_fault(uri: str) -> str:
    """Return why this, stripped, can not be a URI of ours, or "" if it can."""
    if len(uri) > MAX_URI_CHARACTERS:
        return f"the URI is longer than {MAX_URI_CHARACTERS:,} characters"
    if not uri:
        return "the URI is missing"
    if not _URI.fullmatch(uri):
        return "the URI is not absolute (http, https or urn, without blanks)"
    return ""


def text_fault(cells: tuple[str, ...]) -> str:
    """Return why no store could hold these texts, or "" (one look at all of them together)."""
    joined = "\n".join(cells)
    if "\0" in joined:
        return "a field holds a NUL character"
    if len(joined) > MAX_TEXT_CHARACTERS and max(map(len, cells)) > MAX_TEXT_CHARACTERS:
        return f"a field is longer than {MAX_TEXT_CHARACTERS:,} characters"
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:
            return "a field holds half a character (a lone surrogate)"
    return ""


def normal_text(text: str) -> str:
    """Return the text as it is, but for its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def normal_list(text: str) -> tuple[str, ...]:
    """Return the labels of a cell, one a line: stripped, none empty, none twice, in order."""
    if not text:
        return ()
    labels = [label.strip() for label in normal_text(text).split("\n")]
    return tuple(dict.fromkeys(filter(None, labels)))


def normal_date(text: str) -> str:
    """Return the instant in UTC ("2024-01-25T11:28:50.29Z"), or "" for none.

    What a store that parses dates would give back: no zeros at the end of a fraction. A date
    without a zone is read as UTC, as all of ESCO's are.

    Raises:
        ValueError: it is no date.
    """
    if not (text := text.strip()):
        return ""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(NO_DATE)
    day, time, fraction, zone = found.groups()
    try:
        instant = datetime.fromisoformat(f"{day}T{time or '00:00:00'}{zone or 'Z'}")
        whole = instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError) as error:
        raise ValueError(NO_DATE) from error
    fraction = (fraction or "").rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
