"""Tables in a terminal of 80 columns, without colour, and with hostile text in the data."""

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from ingest.lines import rejected_documents
from ingest.replay import replay
from ingest.report import (
    ClassReport,
    LeaseView,
    RelationReport,
    StatusReport,
    ValidationReport,
)
from ingest.tables import events_table, legacy_table, runs_table, status_view
from ingest.tables_findings import hits_table, rejected_table, replay_view, validation_view
from ingest.target import Hit
from ingest.wording import duration, printable
from journal.events import Failed, Rejected, RejectedGroup, RejectedRecord
from journal.state import RunState, fold
from journal.store import LegacyRow
from tests.cli.builders import WHOLE_RUN, history, started

HOSTILE = "red \x1b[31m, bell \x07, C1 \x9b, back \u202e, [bold]no markup[/bold]"
ESCAPED = r"red \x1b[31m, bell \x07, C1 \x9b, back \u202e, [bold]no markup[/bold]"

COMPLETED = fold(history(*WHOLE_RUN))
REPORT = StatusReport(pipeline="esco", store="sqlite:///x.db", embedder="local", state=COMPLETED)


def shown(view: RenderableType, *, terminal: bool = False, width: int = 80) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, width=width, markup=False, highlight=False
    )
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


LARGE = replace(
    COMPLETED,
    counts={"Skill": 1_234_567},
    relations={"Skill.memberOfSkillCollection": 98_765_432},
    attempt=12,
)
HITS = [
    Hit(
        class_name="Skill",
        uri="http://data.europa.eu/esco/skill/c8ba5c3f-1c5e-4a54-9ef8-1d2b6ff2ae0b",
        label="operate a very long machine with a very long name indeed",
        score=0.98765,
    )
]
VALIDATION = ValidationReport(
    ingestion_status="completed",
    classes={"SkillCollection": ClassReport(expected=13_939, found=13_938, missing=1)},
    relations={"Occupation.hasEssentialSkill": RelationReport(expected=129_000, found=129_000)},
)
REPLAYED = replay([(recorded, False) for recorded in history(*WHOLE_RUN)])


@pytest.mark.parametrize(
    "view",
    [
        status_view(StatusReport(pipeline="esco", store="s", embedder="e", state=LARGE)),
        runs_table([LARGE], is_held=None, width=80),
        events_table([(recorded, True) for recorded in history(*WHOLE_RUN)]),
        validation_view(VALIDATION),
        hits_table(HITS, width=80),
        replay_view(REPLAYED),
    ],
    ids=["status", "history", "events", "validate", "search", "replay"],
)
def test_a_table_fits_into_80_columns_and_cuts_nothing(view: RenderableType) -> None:
    text = shown(view)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert text.isascii()  # no boxes


def test_a_label_stands_above_its_uri_where_both_do_not_fit() -> None:
    lines = [line.rstrip() for line in shown(hits_table(HITS, width=80)).splitlines()]
    assert lines == [
        "Score  Concept",
        "0.988  operate a very long machine with a very long name indeed",
        "       http://data.europa.eu/esco/skill/c8ba5c3f-1c5e-4a54-9ef8-1d2b6ff2ae0b",
    ]


def test_a_terminal_gets_colour_unless_it_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32mcompleted" in shown(status_view(REPORT), terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in shown(status_view(REPORT), terminal=True)


def test_text_from_data_can_not_move_the_cursor_or_mark_itself_up() -> None:
    rejected = Rejected(
        step="skills",
        groups=(
            RejectedGroup(
                file=HOSTILE, reason=HOSTILE, records=(RejectedRecord(line=1, key=HOSTILE),)
            ),
        ),
    )
    failed = Failed(step="skills", error="StepFailed", message=HOSTILE)
    state = RunState(run_id="r", source=HOSTILE, error=HOSTILE)
    hit = Hit(class_name="Skill", uri=HOSTILE, label=HOSTILE, score=1.0)
    report = StatusReport(pipeline="esco", store=HOSTILE, embedder=HOSTILE, state=state)
    views: list[RenderableType] = [
        rejected_table(rejected_documents([(history(rejected)[0], False)])),
        events_table([(history(started(), failed)[1], False)]),
        status_view(report),
        hits_table([hit], width=1000),
        legacy_table([LegacyRow(status=HOSTILE, timestamp=HOSTILE, details=HOSTILE)]),
        validation_view(ValidationReport(ingestion_status="failed", errors=[HOSTILE])),
    ]
    for view in views:
        text = shown(view, width=1000)
        assert ESCAPED in text
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)


def test_an_owner_that_lives_is_shown_with_its_last_heartbeat() -> None:
    report = replace(REPORT, lease=LeaseView(held=True, age_seconds=3.21))
    assert "loader (pid 4711), running, last heartbeat 3.2s ago" in shown(status_view(report))


def test_what_differs_is_named() -> None:
    skill = ClassReport(expected=2, found=1, missing=1, missing_keys=["http://x/1"])
    view = validation_view(ValidationReport(ingestion_status="completed", classes={"Skill": skill}))
    text = shown(view)
    assert "not valid" in text
    assert "missing: Skill http://x/1" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.04, "0.0s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (187, "3m07s"),
        (3599.6, "1h00m"),
        (7500, "2h05m"),
        (273_600, "3d04h"),
    ],
)
def test_durations_are_short(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_printable_text_stays_as_it_is() -> None:
    assert printable("Pflegehelferin für Ältere, 看護") == "Pflegehelferin für Ältere, 看護"
