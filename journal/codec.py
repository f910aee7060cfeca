"""Events as rows of the class `Metadata`, and back.

Pure: no I/O. A row is what a store keeps, eleven flat columns of text and integers, so that
people can query it without this program. Rows of older formats are upcast, one function a
version; newer ones are refused.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, UUID

import orjson

from journal.errors import MENDED_BY_HAND, CorruptJournal, UnsupportedEvent
from journal.events import (
    COMPLETED_FIELDS,
    Checkpoint,
    Completed,
    Event,
    Failed,
    Interrupted,
    Owner,
    Recorded,
    Rejected,
    RejectedGroup,
    RejectedRecord,
    Started,
    StepCompleted,
    StepStarted,
    Suspect,
)

FORMAT_VERSION = 1
META_TYPE = "ingestion_status"
# What every reader of JSON keeps exactly, and sums of it our own: nothing counts as far.
LARGEST = 2**53 - 1

# What an id begins with before it is hashed; a name holds no "/", so ids are one-to-one.
_PLACES = sha1(NAMESPACE_URL.bytes + b"varity-journal:/", usedforsecurity=False)

Row: TypeAlias = Mapping[str, str | int]
Details: TypeAlias = dict[str, Any]

# Each takes the details of version n and returns those of version n + 1.
UPCASTS: Mapping[int, Callable[[str, Details], Details]] = {}


def to_row(recorded: Recorded) -> dict[str, str | int]:
    """Return the eleven columns; equal events give equal rows, byte for byte."""
    event = recorded.event
    return {
        "metaType": META_TYPE,
        "status": _status(event),
        "timestamp": to_timestamp(recorded.at),
        "version": str(FORMAT_VERSION),
        "details": orjson.dumps(
            details(event), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        ).decode(),
        "pipeline": recorded.pipeline,
        "runId": recorded.run_id,
        "epoch": recorded.epoch,
        "seq": recorded.seq,
        "event": event_name(event),
        "step": getattr(event, "step", ""),
    }


def from_row(row: Mapping[str, Any]) -> Recorded:
    """Return the event of a row.

    Raises:
        UnsupportedEvent: a newer version of this program wrote it.
        CorruptJournal: it is not what any version writes.
    """
    try:
        version = int(row["version"])
        name = str(row["event"])
        if version > FORMAT_VERSION:
            raise UnsupportedEvent(
                f"{_where(row)} has format {version}, this program reads up to {FORMAT_VERSION};"
                " upgrade it"
            )
        found: Details = orjson.loads(row["details"])
        for older in range(version, FORMAT_VERSION):
            found = UPCASTS[older](name, found)
        return Recorded(
            pipeline=str(row["pipeline"]),
            run_id=str(row["runId"]),
            epoch=_natural(row["epoch"]),
            seq=_natural(row["seq"]),
            at=from_timestamp(str(row["timestamp"])),
            event=DECODERS[name](found),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CorruptJournal(
            f"{_where(row)} can not be read ({_fault(error)}); {MENDED_BY_HAND}"
        ) from error


def is_legacy(row: Mapping[str, Any]) -> bool:
    """Whether the row was written by a program before events: ignored, but shown."""
    return not row.get("event")


def event_id(pipeline: str, epoch: int, seq: int) -> UUID:
    """Return the id of a position's object: uuid5 of its URL, with the beginning hashed once."""
    place = _PLACES.copy()
    place.update(f"{pipeline}/{epoch}/{seq}".encode())
    return UUID(bytes=place.digest()[:16], version=5)


def event_name(event: Event) -> str:
    """Return the name in the `event` column ("step_completed")."""
    return NAMES[type(event)]


def details(event: Event) -> Details:
    """Return what the event says, as plain JSON values."""
    plain: Details = orjson.loads(orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS))
    if isinstance(event, Completed):  # its summary stands at the top, where people look for it
        plain |= plain.pop("summary")
    return plain


def to_timestamp(at: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds and "Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_timestamp(text: str) -> datetime:
    """Return the instant; servers trim trailing zeros of the fraction."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is UTC:
        return parsed
    if parsed.tzinfo is None:
        raise ValueError(f"timestamp {text} has no zone")
    return parsed.astimezone(UTC)


def owner_from(found: Mapping[str, Any]) -> Owner:
    """Return the owner of a `started` or of a lease."""
    return Owner(
        id=str(found["id"]),
        host=str(found["host"]),
        pid=_whole(found["pid"]),
        process_started=str(found["process_started"]),
        boot_id=str(found["boot_id"]),
        pid_namespace=str(found["pid_namespace"]),
        ttl_seconds=_finite(found["ttl_seconds"]),
    )


def owner_to(owner: Owner) -> str:
    """Return the owner as one line of JSON."""
    return orjson.dumps(owner, option=orjson.OPT_SORT_KEYS).decode()


def _where(row: Mapping[str, Any]) -> str:
    return f"event {row.get('pipeline')}/{row.get('epoch')}:{row.get('seq')}"


def _fault(error: Exception) -> str:
    """Return what is wrong with a row, without any value of it: it may hold anything."""
    match error:
        case KeyError():
            return f"{str(error)[:40]} is missing or unknown"
        case orjson.JSONDecodeError():
            return f"no JSON: {error.msg}"
        case _:
            return type(error).__name__


def _status(event: Event) -> str:
    match event:
        case Completed():
            return "completed"
        case Failed() | Interrupted():
            return "failed"
        case _:
            return "in_progress"


def _natural(value: Any) -> int:
    number = _whole(value)
    if number != value or number < 1:
        raise ValueError(f"{value} is not a position")
    return number


def _whole(value: Any) -> int:
    number = int(value)
    if abs(number) > LARGEST:
        raise ValueError("a number is larger than any that is written")
    return number


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no number of seconds")
    return number


def _counts(found: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): _whole(count) for name, count in found.items()}


def _started(found: Details) -> Started:
    return Started(
        source=str(found["source"]),
        fingerprint=str(found["fingerprint"]),
        steps=tuple(str(step) for step in found["steps"]),
        window=_whole(found["window"]),
        attempt=_natural(found["attempt"]),
        owner=owner_from(found["owner"]),
        versions={str(k): str(v) for k, v in found["versions"].items()},
        attributes=dict(found["attributes"]),
        cuts={_whole(epoch): _whole(seq) for epoch, seq in found["cuts"].items()},
        suspects=tuple(_suspect(suspect) for suspect in found["suspects"]),
        trusted=bool(found["trusted"]),
    )


def _suspect(found: Mapping[str, Any]) -> Suspect:
    return Suspect(
        step=str(found["step"]),
        settled=_whole(found["settled"]),
        window=_whole(found["window"]),
        fingerprint=str(found["fingerprint"]),
    )


def _rejected(found: Details) -> Rejected:
    return Rejected(
        step=str(found["step"]),
        groups=tuple(
            RejectedGroup(
                file=str(group["file"]),
                reason=str(group["reason"]),
                records=tuple(_rejected_record(record) for record in group["records"]),
            )
            for group in found["groups"]
        ),
    )


def _rejected_record(found: Mapping[str, Any]) -> RejectedRecord:
    return RejectedRecord(line=_whole(found["line"]), key=str(found["key"]))


def _step_completed(found: Details) -> StepCompleted:
    return StepCompleted(
        step=str(found["step"]),
        position=_natural(found["position"]),
        of=_natural(found["of"]),
        counts=_counts(found["counts"]),
        relations=_counts(found["relations"]),
        dangling=_counts(found["dangling"]),
        digests=dict(found["digests"]),
        summary=dict(found["summary"]),
    )


def _completed(found: Details) -> Completed:
    return Completed(
        totals=_counts(found["totals"]),
        relations=_counts(found["relations"]),
        dangling=_counts(found["dangling"]),
        digests=dict(found["digests"]),
        summary={k: v for k, v in found.items() if k not in COMPLETED_FIELDS},
    )


DECODERS: Mapping[str, Callable[[Details], Event]] = {
    "started": _started,
    "step_started": lambda found: StepStarted(step=str(found["step"])),
    "checkpoint": lambda found: Checkpoint(
        step=str(found["step"]),
        settled=_whole(found["settled"]),
        counts=_counts(found["counts"]),
    ),
    "rejected": _rejected,
    "step_completed": _step_completed,
    "failed": lambda found: Failed(
        step=str(found["step"]), error=str(found["error"]), message=str(found["message"])
    ),
    "interrupted": lambda found: Interrupted(signal=_whole(found["signal"])),
    "completed": _completed,
}

NAMES: Mapping[type[Event], str] = {
    Started: "started",
    StepStarted: "step_started",
    Checkpoint: "checkpoint",
    Rejected: "rejected",
    StepCompleted: "step_completed",
    Failed: "failed",
    Interrupted: "interrupted",
    Completed: "completed",
}
