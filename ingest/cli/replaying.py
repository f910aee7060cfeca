"""`replay`: fold an export, without any store."""

import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

import click
from click.exceptions import Exit

from ingest.cli.app import app
from ingest.cli.exits import FAILED
from ingest.cli.options import with_json
from ingest.cli.output import write_json, write_view
from ingest.lines import events_in
from ingest.records import InputError
from ingest.replay import Position, replay, replay_document

POSITION = re.compile(r"(\d{1,12}):(\d{1,12})")
STDIN = "-"
MEGABYTE = 1 << 20
LONGEST_LINE_BYTES = 64 * MEGABYTE  # an event is a hundredth of it at most


@app.command(name="replay")
@click.argument("file", metavar="FILE", help='An export; "-" reads it from stdin.')
@click.option("--until", metavar="EPOCH:SEQ", help="Stop after this event.")
@with_json
def replay_command(
    file: str,
    until: str | None,
    as_json: bool,
) -> None:
    """Fold an export: the state after each event.

    Says whether the log is sound; exit 1 if it is not. Nothing is loaded again.

    \b
    Example:
      varity-journal replay run.jsonl --until 1:12
    """
    events, legacy = events_in(_lines(file), file=file)
    replayed = replay(events, legacy=legacy, until=_position(until))
    if as_json:
        write_json(replay_document(replayed))
    else:
        from ingest.tables_findings import replay_view

        write_view(replay_view(replayed))
    raise Exit(FAILED if replayed.error else 0)


def _lines(file: str) -> Iterator[bytes]:
    """Yield the lines one by one: what is no export is told by its first, however long it is."""
    if file == STDIN:
        yield from _cut(sys.stdin.buffer, file="stdin")
        return
    path = Path(file)
    if "\0" in file:
        raise InputError(f"{file!r} is no name of a file: take the NUL out")
    try:
        if path.exists() and not path.is_file():  # to open a pipe may take for ever
            raise InputError(f"{file} is no plain file; name what `varity-journal export` wrote")
        with path.open("rb") as opened:
            yield from _cut(opened, file=file)
    except OSError as error:
        raise InputError(
            f"{file} can not be read ({error.strerror}); name what `varity-journal export` wrote"
        ) from error


def _cut(opened: BinaryIO, *, file: str) -> Iterator[bytes]:
    for number in count(1):
        line = opened.readline(LONGEST_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE_BYTES:
            raise InputError(
                f"{file}, line {number}: longer than {LONGEST_LINE_BYTES // MEGABYTE} MB; it is no"
                " event of an export"
            )
        yield line


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    found = POSITION.fullmatch(text)
    if found is None:
        raise InputError(f"--until {text} is no position; write EPOCH:SEQ, as in 1:12")
    return int(found[1]), int(found[2])
