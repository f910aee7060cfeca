"""A run as events, for tests that read: two steps, one attempt, some rejected records."""

from datetime import UTC, datetime, timedelta

from journal.events import (
    Checkpoint,
    Completed,
    Event,
    Owner,
    Recorded,
    Rejected,
    RejectedGroup,
    RejectedRecord,
    Started,
    StepCompleted,
    StepStarted,
)

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
RUN = "3f2a" + "0" * 28
OTHER_RUN = "9b1c" + "0" * 28

OWNER = Owner(
    id="owner-1",
    host="loader",
    pid=4711,
    process_started="99",
    boot_id="boot",
    pid_namespace="pid:[1]",
    ttl_seconds=30.0,
)


def started(
    *, attempt: int = 1, cuts: dict[int, int] | None = None, fingerprint: str = "f1"
) -> Started:
    return Started(
        source="esco-small-en.zip",
        fingerprint=fingerprint,
        steps=("skills", "verify"),
        window=100,
        attempt=attempt,
        owner=OWNER,
        attributes={"embedder": "hashing-1", "embedder_name": "hashing", "sample": False},
        cuts=cuts or {},
    )


SKILLS_STARTED = StepStarted(step="skills")
SKILLS_CHECKPOINT = Checkpoint(step="skills", settled=3, counts={"Skill": 2})
SKILLS_REJECTED = Rejected(
    step="skills",
    groups=(
        RejectedGroup(
            file="skills_en.csv",
            reason="no URI",
            records=(RejectedRecord(line=7, key="skills_en.csv:7"),),
        ),
    ),
)
SKILLS_COMPLETED = StepCompleted(
    step="skills",
    position=1,
    of=2,
    counts={"Skill": 4},
    relations={"Skill.broaderSkill": 3},
    dangling={"Skill.hasOptionalSkill": 1},
)
VERIFY_STARTED = StepStarted(step="verify")
VERIFY_COMPLETED = StepCompleted(step="verify", position=2, of=2, summary={"extra": 5})
COMPLETED = Completed(
    totals={"Skill": 4},
    relations={"Skill.broaderSkill": 3},
    dangling={"Skill.hasOptionalSkill": 1},
    digests={"Skill": "d1"},
    summary={"extra": 5},
)
WHOLE_RUN: tuple[Event, ...] = (
    started(),
    SKILLS_STARTED,
    SKILLS_REJECTED,
    SKILLS_CHECKPOINT,
    SKILLS_COMPLETED,
    VERIFY_STARTED,
    VERIFY_COMPLETED,
    COMPLETED,
)


def history(
    *events: Event, epoch: int = 1, run_id: str = RUN, begins: datetime = NOON
) -> list[Recorded]:
    """Return the events as one epoch wrote them, a second apart."""
    return [
        Recorded(
            pipeline="esco",
            run_id=run_id,
            epoch=epoch,
            seq=seq,
            at=begins + timedelta(seconds=seq - 1),
            event=event,
        )
        for seq, event in enumerate(events, 1)
    ]
