"""A file whose tables this version did not make is refused, with what to do about it."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.targets.sqlite import open_sqlite_target
from journal.errors import StoreRefused
from tests.contract.target_builders import SCHEMAS, SqliteTargetStore, direction, skill

# As they were before vectors stood apart and look-up tables were filled late.
EARLIER = """
CREATE TABLE classes(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    definition TEXT NOT NULL,
    dimension INTEGER,
    version INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE objects(
    row INTEGER PRIMARY KEY,
    class INTEGER NOT NULL,
    id BLOB NOT NULL,
    uri TEXT NOT NULL,
    label TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    vector BLOB,
    properties TEXT NOT NULL
);
CREATE UNIQUE INDEX objects_by_id ON objects(class, id);
CREATE INDEX objects_by_uri ON objects(class, uri);
CREATE TABLE reference_names(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE refs(
    source INTEGER NOT NULL,
    property INTEGER NOT NULL,
    target INTEGER NOT NULL,
    PRIMARY KEY(source, property, target)
) WITHOUT ROWID;
CREATE INDEX refs_by_target ON refs(target, property);
"""
ALIEN = "CREATE TABLE classes(teacher TEXT, room TEXT)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "varity.db"
    SqliteTargetStore(path).lease(1)
    return path


def tables(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as other:
        return other.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()


async def test_a_file_of_an_earlier_version_is_refused_by_name_and_left_as_it_is(
    path: Path,
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(EARLIER)
    before = tables(path)
    says = re.escape(
        f"{path} was made by an earlier version, whose tables this one can not use; remove it and "
        "ingest again, or name another file"
    )
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        await target.own(1)
        with pytest.raises(StoreRefused, match=f"^{says}$"):
            await target.existing_classes()
        with pytest.raises(StoreRefused, match=f"^{says}$"):
            await target.prepare()
        with pytest.raises(StoreRefused, match=f"^{says}$"):
            await target.drop("Skill", timeout_seconds=5)
        with pytest.raises(StoreRefused, match=f"^{says}$"):
            await target.upsert([skill(1)], timeout_seconds=5)
        with pytest.raises(StoreRefused, match=f"^{says}$"):
            await target.search("Skill", direction(1, 0), limit=1)
    assert tables(path) == before


async def test_a_file_with_tables_of_another_program_is_refused_as_such(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(ALIEN)
    async with open_sqlite_target(path, pipeline="esco", schemas=SCHEMAS) as target:
        await target.own(1)
        with pytest.raises(StoreRefused, match=r"varity\.db has tables of another program"):
            await target.existing_classes()
