"""Rows: eleven flat columns, equal for equal events; what no version writes is corrupt."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
import pytest

import journal.codec
from journal import CorruptJournal, UnsupportedEvent
from journal.codec import (
    event_id,
    from_row,
    from_timestamp,
    is_legacy,
    to_row,
    to_timestamp,
)
from journal.events import Completed, Event, Started, StepCompleted
from tests.journal.builders import COMPLETED, EVERY_EVENT, FAILED, recorded, started


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: type(event).__name__)
def test_a_row_reads_back_exactly_equal(event: Event) -> None:
    assert from_row(to_row(recorded(3, 7, event))) == recorded(3, 7, event)


def test_a_row_is_these_eleven_columns() -> None:
    row = to_row(recorded(3, 7, FAILED))
    assert row == {
        "metaType": "ingestion_status",
        "status": "failed",
        "timestamp": "2026-11-23T15:00:07.000000Z",
        "version": "1",
        "details": '{"error":"StepFailed","message":"the target refused","step":"skills"}',
        "pipeline": "esco",
        "runId": "run-1",
        "epoch": 3,
        "seq": 7,
        "event": "failed",
        "step": "skills",
    }


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: type(event).__name__)
def test_the_status_column_is_one_of_three(event: Event) -> None:
    expected = {"Failed": "failed", "Interrupted": "failed", "Completed": "completed"}
    status = to_row(recorded(1, 1, event))["status"]
    assert status == expected.get(type(event).__name__, "in_progress")


def test_equal_events_give_equal_rows_whatever_the_order_of_their_mappings() -> None:
    one = StepCompleted(step="a", position=1, of=1, counts={"A": 1, "B": 2})
    other = StepCompleted(step="a", position=1, of=1, counts={"B": 2, "A": 1})
    assert to_row(recorded(1, 1, one)) == to_row(recorded(1, 1, other))


def test_the_summary_of_completed_stands_where_people_look_for_it() -> None:
    event = Completed(totals={"Skill": 3}, summary={"total_skills": 3, "sample": True})
    details = orjson.loads(str(to_row(recorded(1, 1, event))["details"]))
    assert (details["total_skills"], details["sample"]) == (3, True)
    assert "summary" not in details


@pytest.mark.parametrize("name", ["totals", "relations", "dangling", "digests"])
def test_a_summary_that_would_hide_a_field_is_refused_when_it_is_made(name: str) -> None:
    with pytest.raises(ValueError, match=f"a summary can not name {name!r}"):
        Completed(totals={}, summary={name: 1})
    with pytest.raises(ValueError, match=f"a summary can not name {name!r}"):
        StepCompleted(step="a", position=1, of=1, summary={name: 1})


# --- what is refused ---------------------------------------------------------------------------


def spoiled(**changes: Any) -> dict[str, Any]:
    """Return a good row with these columns changed; None removes one."""
    row: dict[str, Any] = {**to_row(recorded(1, 1, started())), **changes}
    return {name: value for name, value in row.items() if value is not None}


def spoiled_details(**changes: Any) -> dict[str, Any]:
    """Return a good row with its details changed."""
    found = orjson.loads(str(to_row(recorded(1, 1, started()))["details"])) | changes
    kept = {name: value for name, value in found.items() if value is not None}
    return spoiled(details=orjson.dumps(kept).decode())


def of_owner(**changes: Any) -> dict[str, Any]:
    """Return a good row with its owner changed."""
    found = orjson.loads(str(to_row(recorded(1, 1, started()))["details"]))["owner"]
    return spoiled_details(owner=found | changes)


def of(event: str, **details: Any) -> dict[str, Any]:
    """Return a row of an event that says this."""
    return spoiled(event=event, details=orjson.dumps(details).decode())


def of_checkpoint(**changes: Any) -> dict[str, Any]:
    return of("checkpoint", **{"step": "skills", "settled": 1, "counts": {}, **changes})


BAD_ROWS = {
    "an unknown event": spoiled(event="begun"),
    "no version": spoiled(version=None),
    "a version of nonsense": spoiled(version="one"),
    "a version older than the first": spoiled(version="0"),
    "no details": spoiled(details=None),
    "details of no JSON": spoiled(details="{"),
    "details of a list": spoiled(details="[]"),
    "details of null": spoiled(details="null"),
    "no timestamp": spoiled(timestamp=None),
    "a timestamp without zone": spoiled(timestamp="2026-11-23T12:00:00"),
    "a timestamp of nonsense": spoiled(timestamp="noon"),
    "epoch zero": spoiled(epoch=0),
    "a negative seq": spoiled(seq=-1),
    "half a seq": spoiled(seq=1.5),
    "a seq of nonsense": spoiled(seq="x"),
    "no epoch": spoiled(epoch=None),
    "no run": spoiled(runId=None),
    "no attempt": spoiled_details(attempt=None),
    "attempt zero": spoiled_details(attempt=0),
    "no owner": spoiled_details(owner=None),
    "half an owner": spoiled_details(owner={"id": "x"}),
    "cuts of nonsense": spoiled_details(cuts={"one": 1}),
    "suspects of nonsense": spoiled_details(suspects=[{"step": "skills"}]),
    "steps of nonsense": spoiled_details(steps=7),
    "no cuts": spoiled_details(cuts=None),
    "an epoch beyond 64 bits": spoiled(epoch=1e300),
    "a seq beyond what JSON keeps": spoiled(seq=2**53),
    "a window beyond 64 bits": spoiled_details(window=1e308),
    "an attempt beyond 64 bits": spoiled_details(attempt=1e19),
    "a cut beyond 64 bits": spoiled_details(cuts={"1": 1e19}),
    "a cut of an epoch beyond 64 bits": spoiled_details(cuts={"1" + "0" * 20: 1}),
    "a suspect beyond 64 bits": spoiled_details(
        suspects=[{"step": "skills", "settled": 1e19, "window": 1, "fingerprint": "f"}]
    ),
    "an owner whose process is beyond 64 bits": of_owner(pid=1e19),
    "an owner for ever": of_owner(ttl_seconds="inf"),
    "an owner for no number of seconds": of_owner(ttl_seconds="nan"),
    "a checkpoint beyond 64 bits": of_checkpoint(settled=1e19),
    "a count beyond 64 bits": of_checkpoint(counts={"Skill": 1e308}),
    "a count beyond what JSON keeps": of_checkpoint(counts={"Skill": 2**53}),
    "a count below what JSON keeps": of_checkpoint(counts={"Skill": -(2**53)}),
    "a signal beyond 64 bits": of("interrupted", signal=1e19),
    "a line beyond 64 bits": of(
        "rejected",
        step="skills",
        groups=[{"file": "f", "reason": "r", "records": [{"line": 1e19, "key": "k"}]}],
    ),
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_row_that_no_version_writes_is_corrupt_and_named(row: dict[str, Any]) -> None:
    with pytest.raises(CorruptJournal, match=r"^event esco/.*can not be read") as caught:
        from_row(row)
    assert not isinstance(caught.value, UnsupportedEvent)


def test_the_largest_number_is_read_and_written() -> None:
    row = of_checkpoint(settled=2**53 - 1, counts={"Skill": 2**53 - 1})
    event = from_row({**row, "epoch": 2**53 - 1})
    assert from_row(to_row(event)) == event


@pytest.mark.parametrize("name", ["started", "a_name_of_tomorrow"])
def test_a_row_of_a_newer_version_asks_for_an_upgrade(name: str) -> None:
    row = spoiled(version="2", event=name, details="whatever it may be")
    with pytest.raises(
        UnsupportedEvent,
        match="event esco/1:1 has format 2, this program reads up to 1; upgrade it",
    ):
        from_row(row)


def test_an_older_row_is_brought_up_one_version_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_one(name: str, details: dict[str, Any]) -> dict[str, Any]:
        return {**details, "source": f"{details['source']} of {name} 1"}

    def from_two(name: str, details: dict[str, Any]) -> dict[str, Any]:
        return {**details, "source": f"{details['source']}, then 2"}

    monkeypatch.setattr(journal.codec, "FORMAT_VERSION", 3)
    monkeypatch.setattr(journal.codec, "UPCASTS", {1: from_one, 2: from_two})
    event = from_row(spoiled(version="1")).event
    assert isinstance(event, Started)
    assert event.source == "esco.zip of started 1, then 2"


def test_a_row_without_an_event_is_legacy() -> None:
    assert is_legacy({"status": "completed"})
    assert is_legacy({"event": ""})
    assert is_legacy({"event": None})
    assert not is_legacy(to_row(recorded(1, 1, COMPLETED)))


# --- ids and times -----------------------------------------------------------------------------


def test_every_position_has_an_id_of_its_own() -> None:
    names = ("esco", "esco1", "1", "11", "esco11")
    ids = {event_id(name, epoch, seq) for name in names for epoch in range(30) for seq in range(30)}
    assert len(ids) == 5 * 30 * 30


def test_the_id_of_a_position_never_changes() -> None:
    assert str(event_id("esco", 1, 1)) == "cebe555c-7afb-5455-b6c4-4e18788658de"


def test_the_id_is_the_uuid5_of_the_positions_url() -> None:
    for name, epoch, seq in (("esco", 1, 1), ("esco9", 12, 345), ("x", 2**40, 10**12)):
        url = f"varity-journal:/{name}/{epoch}/{seq}"
        assert event_id(name, epoch, seq) == uuid5(NAMESPACE_URL, url)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-11-23T12:00:00Z", 0),
        ("2026-11-23T12:00:00.1Z", 100_000),
        ("2026-11-23T12:00:00.000001Z", 1),
        ("2026-11-23T12:00:00.123456789Z", 123_456),
        ("2026-11-23T13:00:00+01:00", 0),
    ],
)
def test_a_time_is_read_as_servers_shorten_it(text: str, microsecond: int) -> None:
    expected = datetime(2026, 11, 23, 12, 0, 0, microsecond, tzinfo=UTC)
    assert from_timestamp(text) == expected


def test_a_time_is_written_in_utc_to_the_microsecond() -> None:
    east = datetime(2026, 11, 23, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert to_timestamp(east) == "2026-11-23T12:00:00.000000Z"
