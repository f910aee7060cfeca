"""The first look at a CSV file: one pass over its bytes, before anything else happens.

Knows bytes, encodings, quotes and headers; nothing of what a column means. It is fast because
it parses the header only: of the rest it counts quotes and checks the encoding.
"""

import codecs
import csv
import hashlib
import io
from dataclasses import dataclass, field

from ingest.esco.archive import READ_BYTES, Archive
from ingest.esco.csv_records import OPEN_QUOTE, records
from ingest.esco.files import FileShape
from ingest.records import InputError

HEADER_CHARACTERS = 64 * 1024
MAX_COLUMNS = 200
MAX_LINE_BYTES = 32 * 1024 * 1024

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """A file that can be read: its header, and the digest of its bytes."""

    header: tuple[str, ...]
    digest: bytes


def sight(archive: Archive, name: str, shape: FileShape) -> Sighted:
    """Read every byte of the file once, and say what it is.

    Raises:
        InputError: it is no CSV file of this shape in UTF-8.
    """
    look = _Look(name)
    with archive.reading(name) as stream:
        while chunk := stream.read(READ_BYTES):
            look.feed(chunk)
    look.close()
    header = _header(name, look.head)
    _refuse_other_columns(name, header, shape)
    if look.quotes % 2:
        _refuse_open_quote(archive, name)
    if shape.rows_needed and look.chunks == 1 and not _has_rows(look.head):
        raise InputError(f"{name} has a header and no row: it must have some")
    return Sighted(header=header, digest=look.hash.digest())


@dataclass(slots=True)
class _Look:
    """What is remembered between two chunks."""

    name: str
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    head: str = ""
    chunks: int = 0
    bytes_seen: int = 0
    lines: int = 0
    quotes: int = 0
    line_bytes: int = 0  # at least, of the line that is being read
    # A lone surrogate spoils its row, not the file: the row is rejected when it is read.
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("surrogatepass")
    )

    def feed(self, chunk: bytes) -> None:
        if not self.chunks and chunk.startswith(_UTF16):
            raise InputError(f"{self.name} is UTF-16, it must be UTF-8: save it as UTF-8")
        try:
            text = self.decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise self._not_utf8(chunk, error) from error
        self.head = self.head or text
        self.hash.update(chunk)
        self.quotes += chunk.count(b'"')
        lines = chunk.count(b"\n")
        self.line_bytes = 0 if lines else self.line_bytes + len(chunk)
        if self.line_bytes > MAX_LINE_BYTES:
            raise InputError(
                f"{self.name}, line {self.lines + 1}: longer than {MAX_LINE_BYTES:,} bytes; "
                "this is not a CSV file of ESCO's"
            )
        self.lines += lines
        self.bytes_seen += len(chunk)
        self.chunks += 1

    def close(self) -> None:
        try:
            self.decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            raise self._not_utf8(b"", error) from error
        if not self.head:
            raise InputError(f"{self.name} is empty: download it again")

    def _not_utf8(self, chunk: bytes, error: UnicodeDecodeError) -> InputError:
        # The decoder may have held back the first bytes of a character that this chunk ends.
        start = error.start - (len(error.object) - len(chunk))
        line = self.lines + chunk.count(b"\n", 0, max(0, start)) + 1
        return InputError(
            f"{self.name}, line {line}: byte {self.bytes_seen + start} is not UTF-8: "
            "save the file as UTF-8"
        )


def _header(name: str, head: str) -> tuple[str, ...]:
    reader = csv.reader(io.StringIO(head[:HEADER_CHARACTERS], newline=""))
    try:
        header = tuple(cell.strip() for cell in next(reader, ()))
    except csv.Error as error:
        raise InputError(f"{name} has no readable header in its first line") from error
    if not any(header):
        raise InputError(f"{name} has no header: its first line must name the columns")
    return header


def _refuse_other_columns(name: str, header: tuple[str, ...], shape: FileShape) -> None:
    if len(header) > MAX_COLUMNS:
        # How many it is nobody knows: only the first part of the line was parsed.
        raise InputError(f"{name} has more than {MAX_COLUMNS} columns: this is not ESCO's file")
    for column in shape.columns:
        if column not in header:
            raise InputError(
                f"{name} has no column {column}: its first line must be the header of ESCO's file"
            )
    if len(set(header)) < len(header):
        raise InputError(f"{name} names a column twice in its header: keep one of them")


def _has_rows(head: str) -> bool:
    rows = csv.reader(io.StringIO(head, newline=""))
    next(rows)
    try:
        return any(map(any, rows))
    except csv.Error:
        return True  # something is there; the row will say what


def _refuse_open_quote(archive: Archive, name: str) -> None:
    """Refuse a file whose last quote is never closed; a lone quote inside a word is none.

    An odd number of quotes is rare: only then is the file parsed, to be sure and to say where.
    """
    for line, record in records(archive, name):
        if record == OPEN_QUOTE:
            raise InputError(f"{name}, line {line}: {OPEN_QUOTE}: close it")
