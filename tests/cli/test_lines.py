"""Events as lines and back; choosing a run; rejected records; folding an export again."""

import random

import orjson
import pytest

from ingest.lines import (
    ShownEvent,
    event_document,
    event_from,
    events_in,
    events_of,
    legacy_document,
    rejected_documents,
)
from ingest.records import InputError
from ingest.replay import replay, replay_document
from journal.errors import CorruptJournal, UnsupportedEvent
from journal.events import Event, Failed, Interrupted, Recorded
from journal.state import Status, fold
from journal.store import LegacyRow
from tests.cli.builders import (
    OTHER_RUN,
    RUN,
    SKILLS_CHECKPOINT,
    SKILLS_COMPLETED,
    SKILLS_REJECTED,
    SKILLS_STARTED,
    WHOLE_RUN,
    history,
    started,
)


def counting(events: list[Recorded]) -> list[ShownEvent]:
    return [(recorded, False) for recorded in events]


def lines(events: list[ShownEvent]) -> list[bytes]:
    return [orjson.dumps(event_document(recorded, fenced=fenced)) for recorded, fenced in events]


def test_a_line_has_the_keys_of_the_contract() -> None:
    [_, _, _, recorded] = history(started(), SKILLS_STARTED, SKILLS_REJECTED, SKILLS_CHECKPOINT)
    assert event_document(recorded, fenced=False) == {
        "pipeline": "esco",
        "run_id": RUN,
        "epoch": 1,
        "seq": 4,
        "event": "checkpoint",
        "step": "skills",
        "at": "2026-03-04T12:00:03.000000Z",
        "fenced": False,
        "details": {"step": "skills", "settled": 3, "counts": {"Skill": 2}},
        "version": 1,
    }


@pytest.mark.parametrize("event", [*WHOLE_RUN, Failed(step="", error="E", message="m"),
                                   Interrupted(signal=2)])  # fmt: skip
def test_a_line_turns_back_into_the_event_it_was_made_of(event: Event) -> None:
    [recorded] = history(event)
    line = orjson.loads(orjson.dumps(event_document(recorded, fenced=True)))
    assert event_from(line) == (recorded, True)


def test_an_export_reads_back_whole_and_counts_legacy_rows() -> None:
    events = counting(history(*WHOLE_RUN))
    legacy = orjson.dumps(legacy_document(LegacyRow(status="done", timestamp="t", details="d")))
    assert events_in([legacy, b"", *lines(events)], file="run.jsonl") == (events, 1)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{", "run.jsonl, line 1: no JSON"),
        (b"[]", "run.jsonl, line 1: no event of an export"),
        (b'{"event": "started"}', "run.jsonl, line 1: no event of an export"),
    ],
)
def test_refuses_a_file_that_is_no_export(line: bytes, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        events_in([line], file="run.jsonl")
    assert str(refused.value).startswith(sentence)


def test_an_event_of_a_newer_version_is_refused_by_line() -> None:
    [line] = lines(counting(history(started())))
    newer = orjson.dumps({**orjson.loads(line), "version": 99})
    with pytest.raises(UnsupportedEvent, match=r"run.jsonl, line 1: .* upgrade it"):
        events_in([newer], file="run.jsonl")


def test_an_event_that_no_version_writes_is_corrupt() -> None:
    [line] = lines(counting(history(started())))
    with pytest.raises(CorruptJournal, match=r"run.jsonl, line 1"):
        events_in([orjson.dumps({**orjson.loads(line), "details": {}})], file="run.jsonl")


# --- choosing a run -----------------------------------------------------------------------------

FIRST = history(*WHOLE_RUN)
SECOND = history(started(cuts={1: 8}), SKILLS_STARTED, epoch=2, run_id=OTHER_RUN)


@pytest.mark.parametrize(
    ("run", "chosen"), [("", SECOND), ("3f", FIRST), (RUN, FIRST), ("9b1c", SECOND)]
)
def test_the_beginning_of_an_id_chooses_a_run_and_nothing_the_newest(
    run: str, chosen: list[Recorded]
) -> None:
    assert events_of(run, counting(FIRST + SECOND)) == counting(chosen)


def test_an_ambiguous_or_unknown_run_is_refused() -> None:
    twin = history(started(), epoch=3, run_id="3f2b")
    with pytest.raises(InputError, match="2 runs begin with '3f2'"):
        events_of("3f2", counting(FIRST + twin))
    with pytest.raises(InputError, match="there is no run 'zz'"):
        events_of("zz", counting(FIRST))


def test_without_any_run_there_is_no_newest() -> None:
    assert events_of("", []) == []


def test_a_run_that_was_fenced_off_is_not_the_newest() -> None:
    zombie = history(started(), epoch=3, run_id="dead")
    events = counting(FIRST) + [(recorded, True) for recorded in zombie]
    assert events_of("", events) == counting(FIRST)


def test_a_rejected_record_is_listed_once_and_not_if_fenced() -> None:
    [_, _, rejected] = history(started(), SKILLS_STARTED, SKILLS_REJECTED)
    expected = [
        {
            "step": "skills",
            "file": "skills_en.csv",
            "line": 7,
            "key": "skills_en.csv:7",
            "reason": "no URI",
        }
    ]
    assert rejected_documents([(rejected, False), (rejected, False)]) == expected
    assert rejected_documents([(rejected, True)]) == []


# --- replay -------------------------------------------------------------------------------------


def test_replay_shows_the_state_after_each_event() -> None:
    replayed = replay(counting(history(*WHOLE_RUN)))
    shown = [(state.status.value, state.step, state.steps_done) for _, state in replayed.steps]
    assert shown == [
        ("in_progress", "", 0),
        ("in_progress", "skills", 0),
        ("in_progress", "skills", 0),
        ("in_progress", "skills", 0),
        ("in_progress", "", 1),
        ("in_progress", "verify", 1),
        ("in_progress", "", 2),
        ("completed", "", 2),
    ]
    assert (replayed.error, replayed.fenced) == ("", 0)


def test_replay_in_any_order_ends_in_the_state_of_the_fold() -> None:
    events = history(*WHOLE_RUN)
    shuffled = counting(events)
    random.Random(7).shuffle(shuffled)
    assert replay(shuffled).state == fold(events)


def test_replay_stops_after_the_position_asked_for() -> None:
    replayed = replay(counting(history(*WHOLE_RUN)), until=(1, 2))
    assert [recorded.seq for recorded, _ in replayed.steps] == [1, 2]
    assert replayed.error == ""


def test_replay_goes_through_every_run_of_a_whole_journal() -> None:
    replayed = replay(counting(FIRST + SECOND))
    assert [state.run_id for _, state in replayed.steps] == [RUN] * 8 + [OTHER_RUN] * 2
    assert replayed.error == ""


def test_events_marked_as_fenced_are_left_out() -> None:
    """The run that fenced them may not be part of the export."""
    events = history(started(), SKILLS_STARTED, SKILLS_CHECKPOINT)
    replayed = replay([(events[0], False), (events[1], False), (events[2], True)])
    assert (len(replayed.steps), replayed.fenced, replayed.error) == (2, 1, "")


def test_an_event_that_is_fenced_but_not_marked_makes_the_log_unsound() -> None:
    taken_over = history(started(attempt=2, cuts={1: 2}), SKILLS_STARTED, epoch=2)
    events = counting(history(started(), SKILLS_STARTED, SKILLS_CHECKPOINT) + taken_over)
    assert replay(events).error == (
        "event 1:3 is not marked as fenced, but a later owner cut it off"
    )


def test_a_gap_makes_the_log_unsound_and_what_is_before_it_is_shown() -> None:
    events = history(*WHOLE_RUN)
    replayed = replay(counting(events[:3] + events[4:]))
    assert "expected seq 4, found 5" in replayed.error
    assert len(replayed.steps) == 3


def test_other_content_at_a_position_makes_the_log_unsound() -> None:
    one = history(started(), SKILLS_STARTED)
    other = history(started(), SKILLS_COMPLETED)
    assert "two different contents" in replay(counting([*one, other[1]])).error


def test_an_impossible_transition_makes_the_log_unsound() -> None:
    replayed = replay(counting(history(started(), SKILLS_COMPLETED)))
    assert "can not follow" in replayed.error
    assert [state.status for _, state in replayed.steps] == [Status.IN_PROGRESS]


def test_the_document_of_a_replay() -> None:
    document = replay_document(replay(counting(history(started())), legacy=2))
    assert document == {
        "sound": True,
        "error": None,
        "events": 1,
        "fenced": 0,
        "legacy": 2,
        "states": [
            {
                "epoch": 1,
                "seq": 1,
                "event": "started",
                "run_id": RUN,
                "status": "in_progress",
                "attempt": 1,
                "steps_done": 0,
                "steps_total": 2,
                "step": None,
                "settled": 0,
                "counts": {},
                "rejected": 0,
                "error": None,
            }
        ],
    }
