"""What leaves the program: documents and tables on stdout, sentences on stderr.

The only module that writes to stdout. A reader that has gone away ends the program quietly.
"""

import io
import os
import re
import sys
from typing import TYPE_CHECKING

import orjson

from ingest.cli.exits import READER_GONE
from ingest.report import Document
from ingest.wording import printable
from journal.errors import JournalError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# JSON must escape what is below U+0020; a terminal obeys more: DEL and C1, marks that turn text
# around, separators that it may take for line ends.
OTHER_CONTROLS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
STDERR = 2  # the highest of the standard streams
UNLIMITED_WIDTH = 100_000  # a pipe has no edge: nothing is wrapped or cut


class Unwritable(JournalError):
    """Stdout takes nothing. Remedy: give it space, or another place; nothing need be repeated."""


def open_missing_streams() -> None:
    """Lead standard streams that were closed before the start nowhere.

    Else the next file that is opened, a database perhaps, would be one of them.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115 - for as long as the process lives
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


def write_json(document: Document | list[Document]) -> None:
    """Write one JSON document, on one line."""
    text = orjson.dumps(document).decode()
    escaped = OTHER_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    _write(escaped.encode() + b"\n")


def write_text(text: str) -> None:
    """Write text in the encoding that stdout has."""
    _write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))


def write_view(*views: "RenderableType") -> None:
    """Write tables: in colour and as wide as the terminal, or plain where there is none."""
    console = _console()
    for view in views:
        console.print(view)
    rendered = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    write_text("".join(f"{line.rstrip()}\n" for line in rendered.splitlines()))


def stdout_width() -> int:
    """Return how many columns a table may have."""
    return _console().width


def say(sentence: str) -> None:
    """Write one sentence about this program to stderr."""
    note(f"varity-journal: {sentence}")


def note(line: str) -> None:
    """Write one line for people to stderr; where it can not be written nothing else suffers."""
    try:
        print(printable(line), file=sys.stderr, flush=True)
    except OSError:
        _forget(sys.stderr.fileno())


def _console() -> "Console":
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    return Console(
        file=io.StringIO(),
        force_terminal=is_terminal,
        width=None if is_terminal else UNLIMITED_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
    )


def _write(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _forget(sys.stdout.fileno())
        raise SystemExit(READER_GONE) from None
    except OSError as error:
        _forget(sys.stdout.fileno())
        raise Unwritable(
            f"the result can not be written to stdout ({error.strerror}); what was done is done:"
            " `varity-journal status` tells of it"
        ) from error


def _forget(descriptor: int) -> None:
    """Send the rest nowhere, so that the interpreter's last flush does not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
