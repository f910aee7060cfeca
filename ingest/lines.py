"""Events as lines of JSON, and back: what `history --events` and `export` write.

Pure. A line holds all that the event's row holds, so that an export can be folded again
without the store (`ingest.replay`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ingest.records import InputError
from ingest.report import Document
from journal.codec import FORMAT_VERSION, details, event_name, from_row, to_timestamp
from journal.errors import CorruptJournal
from journal.events import Recorded, Rejected
from journal.fencing import effective
from journal.state import begins_run
from journal.store import LegacyRow

ShownEvent = tuple[Recorded, bool]  # an event, and whether a later owner fenced it off

COLUMNS = {"pipeline", "run_id", "epoch", "seq", "event", "step", "at", "fenced", "details"}


def event_document(recorded: Recorded, *, fenced: bool) -> Document:
    """Return one line of `history --events`."""
    return {
        "pipeline": recorded.pipeline,
        "run_id": recorded.run_id,
        "epoch": recorded.epoch,
        "seq": recorded.seq,
        "event": event_name(recorded.event),
        "step": getattr(recorded.event, "step", "") or None,
        "at": to_timestamp(recorded.at),
        "fenced": fenced,
        "details": details(recorded.event),
        "version": FORMAT_VERSION,
    }


def legacy_document(row: LegacyRow) -> Document:
    """Return the line of a row from before events: shown, never folded, so it has no `event`."""
    return {
        **dict.fromkeys(("pipeline", "run_id", "epoch", "seq", "event", "step")),
        "at": row.timestamp,
        "fenced": False,
        "details": {"status": row.status, "details": row.details},
        "version": None,
    }


def event_from(document: Mapping[str, Any]) -> ShownEvent:
    """Return the event of a line; the inverse of `event_document`.

    Raises:
        CorruptJournal: it is not what any version writes.
    """
    recorded = from_row(
        {
            "version": document["version"],
            "event": document["event"],
            "details": orjson.dumps(document["details"]),
            "pipeline": document["pipeline"],
            "runId": document["run_id"],
            "epoch": document["epoch"],
            "seq": document["seq"],
            "timestamp": document["at"],
        }
    )
    return recorded, bool(document["fenced"])


def events_in(lines: Iterable[bytes], *, file: str) -> tuple[list[ShownEvent], int]:
    """Return the events of an export, and how many legacy rows it holds.

    Raises:
        InputError: a line is not one of an export.
        CorruptJournal: an event can not be read.
    """
    events: list[ShownEvent] = []
    legacy = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        document = _document(line, where=f"{file}, line {number}")
        if document["event"] is None:
            legacy += 1
            continue
        try:
            events.append(event_from(document))
        except CorruptJournal as error:
            raise type(error)(f"{file}, line {number}: {error}") from error
    return events, legacy


def events_of(run: str, events: Iterable[ShownEvent]) -> list[ShownEvent]:
    """Return the events of the run whose id begins with `run`; of the newest run for "".

    Raises:
        InputError: no run, or more than one, begins so.
    """
    events = list(events)
    if not run:
        newest = _newest_run(events)
        return [shown for shown in events if shown[0].run_id == newest]
    found = sorted({recorded.run_id for recorded, _ in events if recorded.run_id.startswith(run)})
    if not found:
        raise InputError(f"there is no run {run!r}; `varity-journal history` lists them")
    if len(found) > 1:
        raise InputError(f"{len(found)} runs begin with {run!r}; write more of the id")
    return [shown for shown in events if shown[0].run_id == found[0]]


def rejected_documents(events: Iterable[ShownEvent]) -> list[Document]:
    """Return one entry for each record that is rejected, once, in the order of rejection."""
    documents: dict[tuple[str, str], Document] = {}
    for recorded, fenced in events:
        if fenced or not isinstance(recorded.event, Rejected):
            continue
        for group in recorded.event.groups:
            for record in group.records:
                documents.setdefault(
                    (recorded.event.step, record.key),
                    {
                        "step": recorded.event.step,
                        "file": group.file,
                        "line": record.line,
                        "key": record.key,
                        "reason": group.reason,
                    },
                )
    return list(documents.values())


def _newest_run(events: Iterable[ShownEvent]) -> str:
    """Return the id of the run begun last; "" if none is there."""
    counting = effective(recorded for recorded, fenced in events if not fenced)
    return next((one.run_id for one in reversed(counting) if begins_run(one)), "")


def _document(line: bytes, *, where: str) -> Mapping[str, Any]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{where}: no JSON; write the file with `varity-journal export`"
        ) from error
    if not isinstance(document, dict) or not document.keys() >= COLUMNS | {"version"}:
        raise InputError(f"{where}: no event of an export; write it with `varity-journal export`")
    return document
