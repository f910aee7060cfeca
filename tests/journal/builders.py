"""Events and logs, written by hand in few words.

Knows the events only; nothing of stores, leases or the engine.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from journal.events import (
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

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
STEPS = ("schema", "skills", "verify")
FINGERPRINT = "f1"
WINDOW = 100


def owner(name: str = "alpha", **changes: Any) -> Owner:
    """Return an owner on a machine that is not this one."""
    elsewhere = Owner(
        id=name,
        host=f"host-{name}",
        pid=4711,
        process_started="123456",
        boot_id="boot-of-another-machine",
        pid_namespace="pid:[1]",
        ttl_seconds=30.0,
    )
    return replace(elsewhere, **changes)


def started(attempt: int = 1, **changes: Any) -> Started:
    """Return the first event of an attempt."""
    plain = Started(
        source="esco.zip",
        fingerprint=FINGERPRINT,
        steps=STEPS,
        window=WINDOW,
        attempt=attempt,
        owner=owner(),
    )
    return replace(plain, **changes)


def checkpoint(step: str, settled: int, **counts: int) -> Checkpoint:
    """Return a checkpoint."""
    return Checkpoint(step=step, settled=settled, counts=counts)


def rejected(step: str, *keys: str) -> Rejected:
    """Return a rejection of records of one file for one reason."""
    records = tuple(RejectedRecord(line=line, key=key) for line, key in enumerate(keys, 2))
    group = RejectedGroup(file="skills_en.csv", reason="no URI", records=records)
    return Rejected(step=step, groups=(group,))


def done(step: str, **counts: int) -> tuple[StepStarted, StepCompleted]:
    """Return both events of one of `STEPS`."""
    return StepStarted(step=step), StepCompleted(
        step=step, position=STEPS.index(step) + 1, of=len(STEPS), counts=counts
    )


def recorded(
    epoch: int, seq: int, event: Event, *, run_id: str = "run-1", pipeline: str = "esco"
) -> Recorded:
    """Return the event at its place, its time told by its place."""
    return Recorded(
        pipeline=pipeline,
        run_id=run_id,
        epoch=epoch,
        seq=seq,
        at=NOON + timedelta(hours=epoch, seconds=seq),
        event=event,
    )


def logged(
    epoch: int, *events: Event, run_id: str = "run-1", pipeline: str = "esco"
) -> list[Recorded]:
    """Return the events of one epoch, from seq 1."""
    return [
        recorded(epoch, seq, event, run_id=run_id, pipeline=pipeline)
        for seq, event in enumerate(events, 1)
    ]


def together(*epochs: Iterable[Recorded]) -> list[Recorded]:
    """Return the events of several epochs as one log."""
    return [event for epoch in epochs for event in epoch]


COMPLETED = Completed(totals={"Skill": 3})
FAILED = Failed(step="skills", error="StepFailed", message="the target refused")
INTERRUPTED = Interrupted(signal=15)

# One of each, with what gets lost most easily: unicode, empty mappings, integer keys, booleans.
EVERY_EVENT: tuple[Event, ...] = (
    started(
        source='Ämter/日本語 "quoted"\n\t.zip',
        versions={"esco": "1.2.0", "": "empty name"},
        attributes={"sample": True, "language": "sv", "limit": 0, "is_dry": False},
        cuts={1: 0, 12: 3, 103: 10_001},
        suspects=(Suspect(step="skills", settled=0, window=1, fingerprint="f0"),),
        trusted=True,
        owner=owner(ttl_seconds=0.25),
    ),
    started(attempt=2),
    StepStarted(step="skills"),
    Checkpoint(step="skills", settled=0),
    checkpoint("skills", 2**40, Skill=13_939, Größe=0),
    rejected("skills", "http://data.europa.eu/esco/skill/☃", "𝒳 'quoted' \\ back", ""),
    Rejected(step="skills", groups=()),
    StepCompleted(step="verify", position=3, of=3),
    StepCompleted(
        step="skills",
        position=2,
        of=3,
        counts={"Skill": 3},
        relations={"Skill.broaderSkill": 2},
        dangling={"Occupation.hasEssentialSkill": 29},
        digests={"Skill": "0f"},
        summary={"total_skills": 3, "is_sample": False, "completion_time": "2026-11-23T12:00:00Z"},
    ),
    Failed(step="", error="ValueError", message="unexpected; see the log"),
    FAILED,
    INTERRUPTED,
    Completed(totals={}),
    Completed(
        totals={"Skill": 3, "Occupation": 1},
        relations={"Skill.broaderSkill": 2},
        dangling={"Occupation.hasEssentialSkill": 29},
        digests={"Skill": "0f"},
        summary={"total_skills": 3, "is_sample": True, "note": "é\u2028"},
    ),
)
