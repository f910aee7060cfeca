"""What must be true of every output and of every journal, whatever was bad."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from tests.cli.conftest import Said
from tests.corpus.case import SECRET, TELLTALE

# C0 but for the line end, DEL and C1, bidirectional marks, embeddings, overrides, isolates, and
# the separators that some terminals take for line ends.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
ANY = re.escape("{ANY}")


def check_output(said: Said, *, is_json: bool) -> None:
    """Raise unless both streams are harmless, tell nothing, and stdout is what was asked for."""
    for stream in (said.out, said.err):
        assert OBEYED.findall(stream) == []
        assert SECRET not in stream
        assert TELLTALE not in stream
        assert "Traceback" not in stream
    if is_json:
        for line in said.out.splitlines():
            orjson.loads(line)


def sentences(said: Said) -> list[str]:
    """Return what was said of this program on stderr; the other lines tell of a load's progress.

    Wrong usage has a form of its own: two lines of help, and the sentence.
    """
    lines = said.err.splitlines()
    if lines and lines[0].startswith("Usage: "):
        lines = lines[-1:]
    marked = [line for line in lines if line.startswith(("varity-journal: ", "Error: "))]
    return [line.partition(": ")[2] for line in marked]


def matches(sentence: str, *, says: str, names: dict[str, str]) -> bool:
    """Tell whether the sentence is `says`, whole, its {NAME}s filled in."""
    for name, value in names.items():
        says = says.replace(f"{{{name}}}", value)
    return re.fullmatch(re.escape(says).replace(ANY, ".+"), sentence) is not None


def journal(path: Path) -> list[tuple[Any, ...]] | bytes | None:
    """Return all that the journal in `path` holds: rows, bytes of what is none, or None."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)) as connection:
            return connection.execute("select * from Metadata order by epoch, seq").fetchall()
    except sqlite3.Error:
        return path.read_bytes()


def check_journal(path: Path) -> None:
    """Raise if an event tells a secret or what a record says."""
    rows = journal(path)
    assert TELLTALE not in ("" if isinstance(rows, bytes) else repr(rows))
    assert not path.is_file() or SECRET.encode() not in path.read_bytes()
