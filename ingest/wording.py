"""Numbers, times and events in words for people; and text from data made safe to print.

Pure. Knows nothing of tables or terminals.
"""

import signal
import unicodedata
from datetime import UTC, datetime

from journal.events import (
    Checkpoint,
    Completed,
    Event,
    Failed,
    Interrupted,
    Rejected,
    Started,
    StepCompleted,
    StepStarted,
)

SHORT_ID = 8
# Control, format (they can turn text around), surrogate, line and paragraph separator.
UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def printable(text: str) -> str:
    """Return `text` with every character escaped that could move a cursor or hide others."""
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def short_id(run_id: str) -> str:
    """Return as much of a run's id as people need."""
    return printable(run_id)[:SHORT_ID]


def thousands(number: int) -> str:
    """Return 13939 as "13,939"."""
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """Return "1 record", "2 records"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(at: datetime | None) -> str:
    """Return the time in UTC to the second, "-" where there is none."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def duration(seconds: float | None) -> str:
    """Return "4.2s", "3m07s", "2h05m" or "3d04h", "-" where there is none."""
    if seconds is None:
        return "-"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if hours == 0:
        return f"{minutes}m{whole % 60:02}s"
    if days == 0:
        return f"{hours}h{minutes % 60:02}m"
    return f"{days}d{hours % 24:02}h"


def happening(event: Event) -> str:
    """Return what the event says, short enough for one line of a table."""
    return printable(_happening(event))


def _happening(event: Event) -> str:
    match event:
        case Started():
            return f"attempt {event.attempt} by {event.owner.host} (pid {event.owner.pid})"
        case StepStarted():
            return event.step
        case Checkpoint():
            return f"{event.step}: {event.settled:,} settled"
        case Rejected():
            records = sum(len(group.records) for group in event.groups)
            return f"{event.step}: {plural(records, 'record')}"
        case StepCompleted():
            objects = sum(event.counts.values())
            what = f", {plural(objects, 'object')}" if objects else ""
            return f"{event.step}: step {event.position} of {event.of}{what}"
        case Failed():
            return f"{event.step or 'between steps'}: {event.error}: {event.message}"
        case Interrupted():
            return _signal_name(event.signal)
        case Completed():
            objects, relations = sum(event.totals.values()), sum(event.relations.values())
            return f"{plural(objects, 'object')}, {plural(relations, 'relation')}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "cancelled"


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in UNPRINTABLE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
