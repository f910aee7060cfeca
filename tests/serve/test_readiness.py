"""When searches are answered: the whole life of a store, seen by real requests."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest import wiring
from ingest.decision import RESET
from ingest.serve.readiness import served_run
from ingest.settings import Settings
from journal.events import Event, Failed, Interrupted, Started, StepStarted
from journal.state import RunState, Status
from tests.cli.builders import started
from tests.serve.running import append, got, labels, load, service, until

FAILED = Failed(step="skills", error="StepFailed", message="no more")
IN_PLACE = replace(started(), steps=("skills",))
DROPPING = replace(IN_PLACE, attributes={"drops_first": True})
RESETTING = replace(IN_PLACE, attributes={"drops_first": True, RESET: True})
SKILLS_BEGUN = StepStarted(step="skills")


def ran(status: Status, **attributes: str | bool) -> RunState:
    return RunState(status=status, run_id=f"{status}-{len(attributes)}", attributes=attributes)


COMPLETED = ran(Status.COMPLETED, embedder="e")


@pytest.mark.parametrize(
    ("newest_first", "served"),
    [
        ([], None),
        ([ran(Status.IN_PROGRESS)], None),
        ([ran(Status.FAILED)], None),
        ([COMPLETED], COMPLETED),
        ([ran(Status.IN_PROGRESS), COMPLETED], COMPLETED),
        ([ran(Status.FAILED), ran(Status.INTERRUPTED), COMPLETED], COMPLETED),
        ([ran(Status.IN_PROGRESS, drops_first=True), COMPLETED], None),
        ([ran(Status.IN_PROGRESS), ran(Status.FAILED, drops_first=True), COMPLETED], None),
        ([COMPLETED, ran(Status.FAILED, drops_first=True)], COMPLETED),
        ([ran(Status.COMPLETED, reset=True, drops_first=True), COMPLETED], None),
        ([ran(Status.IN_PROGRESS), ran(Status.COMPLETED, reset=True), COMPLETED], None),
    ],
)
def test_a_completed_run_stands_until_one_that_drops_the_classes(
    newest_first: list[RunState], served: RunState | None
) -> None:
    assert served_run(newest_first) is served


async def is_ready(settings: Settings) -> tuple[bool, dict[str, Any]]:
    """Ask a service of its own, and see that search and concepts agree with what it says."""
    async with service(settings) as client:
        status, document = await got(client, "/ready")
        assert status == (200 if document["ready"] else 503)
        searched, found = await got(client, "/search", q="repair")
        asked, concept = await got(client, "/concepts/https%3A%2F%2Fno.example")
        if document["ready"]:
            assert (searched, asked) == (200, 404)
        else:
            assert (searched, asked) == (503, 503)
            assert found == concept == {"error": document["error"]}
        return document["ready"], document


async def test_not_ready_where_nothing_is_and_nothing_comes_to_be(
    empty: Settings, tmp_path: Path
) -> None:
    ready, document = await is_ready(empty)
    assert not ready
    assert document["error"].startswith("nothing has been loaded yet")
    assert document["status"]["status"] == "not_started"
    assert list(tmp_path.iterdir()) == []


async def test_not_ready_during_the_first_load(empty: Settings) -> None:
    await append(empty, 1, "first", started(), SKILLS_BEGUN)
    ready, document = await is_ready(empty)
    assert not ready
    assert document["error"] == ("no completed run stands: the newest one has not completed yet")


async def test_ready_once_a_run_has_completed(loaded: Settings) -> None:
    ready, document = await is_ready(loaded)
    assert ready
    assert document["updating"] is False
    assert document["run_id"] == document["status"]["run_id"]


@pytest.mark.parametrize(
    ("ending", "status"),
    [((), "interrupted"), ((FAILED,), "failed"), ((Interrupted(signal=15),), "interrupted")],
    ids=["crashed", "failed", "interrupted"],
)
async def test_ready_while_a_later_run_updates_in_place_and_when_it_ends_badly(
    loaded: Settings, ending: tuple[Event, ...], status: str
) -> None:
    await append(loaded, 2, "later", IN_PLACE, SKILLS_BEGUN, *ending)
    ready, document = await is_ready(loaded)
    assert ready
    assert document["run_id"] != "later"
    assert document["status"]["run_id"] == "later"
    assert document["status"]["status"] == status


@pytest.mark.parametrize("ending", [(), (FAILED,)], ids=["crashed", "failed"])
@pytest.mark.parametrize("begun", [DROPPING, RESETTING], ids=["sample replaced", "reset"])
async def test_not_ready_from_the_start_of_a_run_that_drops_the_classes(
    loaded: Settings, begun: Started, ending: tuple[Event, ...]
) -> None:
    await append(loaded, 2, "later", begun, SKILLS_BEGUN, *ending)
    assert (await is_ready(loaded))[0] is False


async def test_not_ready_while_a_run_follows_one_that_was_to_drop(loaded: Settings) -> None:
    await append(loaded, 2, "dropping", DROPPING, SKILLS_BEGUN, FAILED)
    await append(loaded, 3, "after", IN_PLACE, SKILLS_BEGUN)
    assert (await is_ready(loaded))[0] is False


async def test_not_ready_after_a_reset_until_the_next_run_completes(loaded: Settings) -> None:
    async with service(loaded) as client:
        assert (await got(client, "/ready"))[0] == 200
        await wiring.reset(loaded, journal=False, wait_seconds=0)
        assert await got(client, "/search", q="repair") == (
            503,
            {"error": "no completed run stands: the newest one was a reset"},
        )
        await load(loaded)
        await until(client, "/ready", 200)
        assert (await got(client, "/search", q="repair"))[0] == 200


async def test_not_ready_after_a_reset_that_forgets_the_journal(loaded: Settings) -> None:
    async with service(loaded) as client:
        assert (await got(client, "/ready"))[0] == 200
        await wiring.reset(loaded, journal=True, wait_seconds=0)
        assert (await got(client, "/search", q="repair"))[0] == 503


async def test_ready_with_the_real_data_once_they_have_replaced_the_sample(
    loaded: Settings, data: str
) -> None:
    async with service(loaded) as client:
        _, sample = await got(client, "/ready")
        await load(loaded, data)
        await until(client, "/search?q=glue", 200)
        assert set(await labels(client, "glue", limit=100)) == {"glue", "saw", "plane"}
        assert (await got(client, "/ready"))[1]["run_id"] != sample["run_id"]


async def test_not_ready_without_one_of_the_classes(loaded: Settings, tmp_path: Path) -> None:
    _change(tmp_path, "UPDATE classes SET name = 'Elsewhere' WHERE name = 'Skill'")
    ready, document = await is_ready(loaded)
    assert not ready
    assert document["error"].startswith("class Skill is not there")
    _change(tmp_path, "UPDATE classes SET name = 'Skill' WHERE name = 'Elsewhere'")
    assert (await is_ready(loaded))[0]


@pytest.mark.parametrize(("kept", "ready"), [(0, False), (160, False), (163, True)])
async def test_not_ready_while_a_class_that_was_dropped_by_hand_is_filled_anew(
    loaded: Settings, tmp_path: Path, kept: int, ready: bool
) -> None:
    _change(
        tmp_path,
        "DELETE FROM objects WHERE class = (SELECT number FROM classes WHERE name = 'Skill')"
        " AND row NOT IN (SELECT row FROM objects WHERE class ="
        f" (SELECT number FROM classes WHERE name = 'Skill') LIMIT {kept})",  # of 180
    )
    await append(loaded, 2, "later", IN_PLACE, SKILLS_BEGUN)
    assert (await is_ready(loaded))[0] is ready


async def test_a_lost_file_is_noticed_and_so_is_its_return(
    loaded: Settings, tmp_path: Path
) -> None:
    file, aside = tmp_path / "varity.db", tmp_path / "aside.db"
    async with service(loaded) as client:
        assert (await got(client, "/search", q="repair"))[0] == 200
        file.rename(aside)
        await until(client, "/ready", 503)
        assert (await got(client, "/search", q="repair"))[0] == 503
        aside.rename(file)
        await until(client, "/ready", 200)
        assert (await got(client, "/search", q="repair"))[0] == 200


async def test_another_file_in_the_same_place_is_read_even_if_its_epochs_are_the_same(
    loaded: Settings, loaded_file: Path, tmp_path: Path
) -> None:
    other = replace(loaded, store=f"sqlite:///{tmp_path / 'other.db'}")
    await append(other, 1, "half", started(), SKILLS_BEGUN)
    async with service(loaded) as client:
        assert (await got(client, "/search", q="repair"))[0] == 200
        for path in tmp_path.glob("varity.db*"):
            path.unlink()
        shutil.copy(tmp_path / "other.db", tmp_path / "varity.db")
        assert (await got(client, "/search", q="repair"))[0] == 503
        await until(client, "/ready", 503)


async def test_a_store_that_can_not_be_read_is_one_sentence(
    empty: Settings, tmp_path: Path
) -> None:
    (tmp_path / "varity.db").write_bytes(b"no database " * 100)
    ready, document = await is_ready(empty)
    assert not ready
    assert document["error"].endswith("is no SQLite database; name another file")
    assert document["status"]["status"] == "unknown"


async def test_not_ready_with_the_objects_of_another_program(
    loaded: Settings, tmp_path: Path
) -> None:
    _change(tmp_path, "UPDATE classes SET pipeline = 'other'")
    assert (await is_ready(loaded))[0] is False


def _change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "varity.db")
    with connection:
        connection.execute(statement)
    connection.close()
