"""Rows are found the same whether they are in the look-up tables or only just written."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.target import Target, TargetObject, Verdict
from ingest.targets import sqlite_index, sqlite_read, sqlite_write
from ingest.targets.sqlite import SqliteTarget, open_sqlite_target
from ingest.targets.sqlite_connection import transaction
from ingest.targets.sqlite_schema import stored_class
from journal.errors import LeaseLost
from tests.contract.target_builders import (
    SCHEMAS,
    SqliteTargetStore,
    direction,
    drop_all,
    group,
    skill,
)

SECONDS = 15.0
PARENT, CHILD, OTHER = skill(1), skill(2, references={"broaderSkill": (skill(1).id,)}), skill(3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "varity.db"


@pytest.fixture
async def target(path: Path) -> AsyncIterator[SqliteTarget]:
    SqliteTargetStore(path).lease(1)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        await target.own(1)
        await target.prepare()
        yield target


def selected(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as other:
        return other.execute(query).fetchall()


def change(path: Path, statement: str, *arguments: object) -> None:
    """Change the file behind everybody's back."""
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(statement, arguments)


async def write(target: Target, *objects: object) -> list[Verdict]:
    reply = await target.upsert(objects, timeout_seconds=SECONDS)  # type: ignore[arg-type]
    return [outcome.verdict for outcome in reply.outcomes]


async def children(target: Target, of: object = PARENT) -> list[str]:
    hits = await target.referring("Skill", "broaderSkill", of.id, limit=10)  # type: ignore[attr-defined]
    return [hit.uri for hit in hits]


def remembered(target: SqliteTarget) -> int:
    kept = target._recent._kept["Skill"]
    return len(kept.rows) - kept.recent


async def five_of_which_two_fit(
    target: SqliteTarget, monkeypatch: pytest.MonkeyPatch
) -> list[TargetObject]:
    """Enter five skills into the look-up tables; the fourth and the fifth are remembered."""
    monkeypatch.setattr(sqlite_index, "MOST_REMEMBERED", 2)
    olds = [skill(number) for number in range(1, 6)]
    await write(target, *olds)
    await target.flush(olds[-1:], timeout_seconds=SECONDS)
    return olds


@pytest.mark.parametrize("flushed", ["none", "the first", "all"])
async def test_an_object_is_found_before_and_after_it_is_entered(
    flushed: str, target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    if flushed != "none":
        await target.flush([PARENT], timeout_seconds=SECONDS)
    await write(target, CHILD)
    if flushed == "all":
        await target.flush([CHILD], timeout_seconds=SECONDS)

    entered = {"none": 0, "the first": 2, "all": 3}[flushed]
    assert selected(path, "SELECT count(*) FROM ids") == [(entered,)]
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as reader:
        found = await reader.read("Skill", CHILD.id)
        assert found is not None
        assert found.references["broaderSkill"] == (PARENT.id,)
        assert await reader.found_by_filter("Skill", CHILD.uri)
        assert await reader.filtered("Skill", [OTHER.uri, skill(9).uri]) == {OTHER.id}
        assert await reader.filtered("Skill", [OTHER.uri, CHILD.uri]) == {OTHER.id, CHILD.id}
        assert await reader.count("Skill") == 3
        assert await children(reader) == [CHILD.uri]


@pytest.mark.parametrize("flushed", [False, True])
async def test_an_object_that_is_there_is_not_written_beside_itself(
    flushed: bool, target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    if flushed:
        await target.flush([PARENT], timeout_seconds=SECONDS)
    await target.disconnect()  # and with it what was remembered
    await write(target, OTHER, skill(4), PARENT)
    assert await target.count("Skill") == 3
    await target.flush([PARENT], timeout_seconds=SECONDS)
    assert selected(path, "SELECT count(*) FROM ids") == [(3,)]


@pytest.mark.parametrize(
    ("limit", "entered"), [("MOST_RECENT_ROWS", 3), ("MOST_RECENT_REFERENCES", 3)]
)
async def test_the_next_write_enters_what_has_become_too_much(
    limit: str,
    entered: int,
    target: SqliteTarget,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_index, limit, 3 if limit == "MOST_RECENT_ROWS" else 1)
    await write(target, PARENT, OTHER)
    await write(target, CHILD)
    assert selected(path, "SELECT count(*) FROM ids") == [(0,)]
    await write(target, skill(4, references={"broaderSkill": (PARENT.id, OTHER.id)}))
    assert selected(path, "SELECT count(*) FROM ids") == [(entered,)]
    assert selected(path, "SELECT count(*) FROM referrers") == [(1,)]
    assert await children(target) == [CHILD.uri, skill(4).uri]
    assert await children(target, OTHER) == [skill(4).uri]


async def test_what_was_read_after_a_disconnect_counts_as_kept(
    target: SqliteTarget, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_index, "MOST_RECENT_REFERENCES", 1)
    await write(target, PARENT, OTHER)
    await write(target, CHILD)
    await target.disconnect()
    await write(target, skill(4))  # reads the three before it, and the reference of one
    assert selected(path, "SELECT count(*) FROM ids") == [(0,)]
    await write(target, skill(5))
    assert selected(path, "SELECT count(*) FROM ids") == [(4,)]


async def test_counting_a_class_reads_no_other_class(target: SqliteTarget, path: Path) -> None:
    await write(target, *(skill(number) for number in range(300)))
    await target.flush([skill(299)], timeout_seconds=SECONDS)
    await write(target, *(skill(number) for number in range(300, 600)))
    await write(target, group(1))
    with closing(sqlite3.connect(path)) as connection:
        held = stored_class(connection, "SkillGroup")
        assert held is not None
        steps: list[None] = []
        connection.set_progress_handler(lambda: steps.append(None), 1)
        assert sqlite_read.count(connection, held) == 1
    assert len(steps) < 100  # of SQLite's machine; 600 rows take it thousands


async def test_counting_what_is_entered_reads_no_whole_row(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, *(skill(number) for number in range(300)))
    await target.flush([skill(299)], timeout_seconds=SECONDS)
    with closing(sqlite3.connect(path)) as connection:
        held = stored_class(connection, "Skill")
        assert held is not None
        assert sqlite_read.count(connection, held) == 300
        connection.execute("DROP TRIGGER objects_take_along")
        connection.execute("DELETE FROM objects")
        assert sqlite_read.count(connection, held) == 300


@pytest.mark.parametrize("flushed", [False, True])
async def test_changed_references_are_found_from_the_other_end(
    flushed: bool, target: SqliteTarget
) -> None:
    await write(target, PARENT, OTHER)
    await write(target, CHILD)
    if flushed:
        await target.flush([CHILD], timeout_seconds=SECONDS)
    await write(target, skill(2, references={"broaderSkill": (OTHER.id,)}))
    assert await children(target) == []
    assert await children(target, OTHER) == [CHILD.uri]
    await target.flush([CHILD], timeout_seconds=SECONDS)
    assert await children(target) == []
    assert await children(target, OTHER) == [CHILD.uri]
    assert (await target.reference_counts("Skill"))["broaderSkill"] == 1


@pytest.mark.parametrize("flushed", [False, True])
async def test_what_somebody_removed_is_nowhere_and_can_be_written_again(
    flushed: bool, target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    if flushed:
        await target.flush([PARENT], timeout_seconds=SECONDS)
    assert len(await target.nearest("Skill", direction(1, 2, 3, 4), limit=10)) == 2
    change(path, "DELETE FROM objects WHERE id = ?", PARENT.id.bytes)

    assert selected(path, "SELECT count(*) FROM vectors") == [(1,)]
    assert await target.count("Skill") == 1
    assert await target.read("Skill", PARENT.id) is None
    assert not await target.found_by_filter("Skill", PARENT.uri)
    assert await target.nearest("Skill", direction(1, 2, 3, 4), limit=10) == {OTHER.id}
    assert await write(target, CHILD) == [Verdict.UNKNOWN]
    assert await write(target, PARENT) == [Verdict.ACKNOWLEDGED]
    assert await write(target, CHILD) == [Verdict.ACKNOWLEDGED]
    assert await target.count("Skill") == 3
    assert await children(target) == [CHILD.uri]


async def test_what_was_looked_up_is_remembered_until_somebody_else_writes(
    target: SqliteTarget, path: Path
) -> None:
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as first:
        await first.own(1)
        await write(first, PARENT, OTHER)
        await first.flush([PARENT], timeout_seconds=SECONDS)
    assert await write(target, CHILD) == [Verdict.ACKNOWLEDGED]
    change(path, "DELETE FROM ids")  # tells nobody: what is found by it is not asked for again
    assert await write(target, skill(4, references={"broaderSkill": (PARENT.id,)})) == [
        Verdict.ACKNOWLEDGED
    ]
    assert selected(path, "SELECT count(DISTINCT target), count(*) FROM refs") == [(1, 2)]
    change(path, "DELETE FROM objects WHERE id = ?", PARENT.id.bytes)
    assert await write(target, skill(5, references={"broaderSkill": (PARENT.id,)})) == [
        Verdict.UNKNOWN
    ]


async def test_no_more_is_remembered_than_fits(
    target: SqliteTarget, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = await five_of_which_two_fit(target, monkeypatch)
    assert remembered(target) == 2
    for number, old in enumerate(olds, start=10):
        await write(target, skill(number, references={"broaderSkill": (old.id,)}))
        assert old.id.int in target._recent._kept["Skill"].rows
        assert remembered(target) <= 2
    assert await target.count("Skill") == 10
    for old in olds:
        assert len(await children(target, old)) == 1


async def test_of_what_was_entered_the_newest_is_remembered(
    target: SqliteTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = await five_of_which_two_fit(target, monkeypatch)
    new = skill(6)
    await write(target, new)
    await target.flush([new], timeout_seconds=SECONDS)
    assert list(target._recent._kept["Skill"].rows) == [olds[-1].id.int, new.id.int]


async def test_what_was_entered_is_remembered_until_somebody_else_writes(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    await target.flush([PARENT], timeout_seconds=SECONDS)
    change(path, "DELETE FROM ids")  # tells nobody: what is found by it is not asked for again
    assert await write(target, CHILD, PARENT) == [Verdict.ACKNOWLEDGED] * 2
    assert selected(path, "SELECT count(*) FROM objects") == [(3,)]
    change(path, "DELETE FROM objects WHERE id = ?", PARENT.id.bytes)
    assert await write(target, CHILD) == [Verdict.UNKNOWN]


async def test_what_somebody_else_changed_before_the_rows_were_entered_is_noticed(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as second:
        await second.own(1)
        await write(second, skill(4))
    change(path, "DELETE FROM objects WHERE id = ?", OTHER.id.bytes)
    await target.flush([PARENT], timeout_seconds=SECONDS)
    referring = skill(5, references={"broaderSkill": (PARENT.id, skill(4).id)})
    assert await write(target, referring) == [Verdict.ACKNOWLEDGED]
    dangling = skill(6, references={"broaderSkill": (OTHER.id,)})
    assert await write(target, dangling) == [Verdict.UNKNOWN]


async def test_what_a_request_asked_for_is_kept_while_older_rows_are_forgotten(
    target: SqliteTarget, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = await five_of_which_two_fit(target, monkeypatch)
    again = skill(5, references={"broaderSkill": (olds[0].id, olds[1].id, olds[3].id)})
    assert await write(target, again, skill(6)) == [Verdict.ACKNOWLEDGED] * 2
    assert selected(path, "SELECT count(*), count(DISTINCT id) FROM objects") == [(6, 6)]
    for old in (olds[0], olds[1], olds[3]):
        assert await children(target, old) == [again.uri]


async def test_recent_rows_stay_known_while_others_are_forgotten(
    target: SqliteTarget, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = await five_of_which_two_fit(target, monkeypatch)
    await write(target, skill(6))
    await write(target, skill(7, references={"broaderSkill": tuple(old.id for old in olds[:3])}))
    referring = skill(8, references={"broaderSkill": (skill(6).id,)})
    assert await write(target, referring, skill(6)) == [Verdict.ACKNOWLEDGED] * 2
    assert selected(path, "SELECT count(*), count(DISTINCT id) FROM objects") == [(8, 8)]


async def test_what_referred_to_a_removed_object_refers_to_no_other(
    target: SqliteTarget, path: Path
) -> None:
    referring = skill(6, references={"broaderSkill": (PARENT.id,)})
    await write(target, skill(6), OTHER, PARENT)
    await write(target, referring)
    change(path, "DELETE FROM objects WHERE id = ?", PARENT.id.bytes)
    await write(target, OTHER)
    await write(target, skill(4))
    assert await children(target, skill(4)) == []
    found = await target.read("Skill", referring.id)
    assert found is not None
    assert found.references["broaderSkill"] == ()


async def test_an_object_whose_uri_somebody_changed_is_not_found_by_it(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    change(path, "UPDATE objects SET uri = 'http://example.org/x' WHERE id = ?", PARENT.id.bytes)
    assert not await target.found_by_filter("Skill", PARENT.uri)
    assert await target.filtered("Skill", [PARENT.uri, OTHER.uri]) == {OTHER.id}


async def test_what_a_failed_transaction_wrote_is_not_remembered(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, OTHER)

    def fail(connection: sqlite3.Connection) -> None:
        ready = sqlite_write.encoded([PARENT], schema=SCHEMAS[-1])
        target._upsert(ready, "Skill", connection)
        raise RuntimeError("after the last statement")

    with pytest.raises(RuntimeError):
        await target._write(fail)
    # The version is now what the failed transaction would have left.
    change(path, "DELETE FROM objects WHERE id = ?", OTHER.id.bytes)
    assert await write(target, CHILD) == [Verdict.UNKNOWN]
    assert await write(target, PARENT) == [Verdict.ACKNOWLEDGED]
    assert await write(target, CHILD) == [Verdict.ACKNOWLEDGED]
    assert await target.count("Skill") == 2


async def test_a_row_that_is_taken_is_never_given_to_another_object(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    change(path, "UPDATE classes SET taken = 1, version = version + 1 WHERE name = 'Skill'")
    with pytest.raises(sqlite3.IntegrityError):
        await write(target, skill(4))
    assert selected(path, "SELECT uri FROM objects ORDER BY row") == [(PARENT.uri,), (OTHER.uri,)]


async def test_entering_rows_needs_the_lease_and_the_lock(target: SqliteTarget, path: Path) -> None:
    await write(target, PARENT)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, transaction(other):
        reply = await target.flush([PARENT], timeout_seconds=0.05)
        assert [outcome.verdict for outcome in reply.outcomes] == [Verdict.UNKNOWN]
        assert reply.pushback
    SqliteTargetStore(path).lease(2)
    with pytest.raises(LeaseLost):
        await target.flush([PARENT], timeout_seconds=SECONDS)
    assert selected(path, "SELECT count(*) FROM ids") == [(0,)]


async def test_a_dropped_class_leaves_nothing_in_any_table(
    target: SqliteTarget, path: Path
) -> None:
    await write(target, PARENT, OTHER)
    await write(target, CHILD)
    await target.flush([CHILD], timeout_seconds=SECONDS)
    await write(target, skill(4, references={"broaderSkill": (OTHER.id,)}))
    await drop_all(target)
    for table in ("objects", "vectors", "refs", "ids", "referrers", "classes"):
        assert selected(path, f"SELECT count(*) FROM {table}") == [(0,)], table
