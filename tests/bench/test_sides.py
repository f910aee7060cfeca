"""The sides of the embedded stores load the same rows, and a resume tells what it waited."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

import journal.lease
from ingest.catalogue import read_catalogue
from ingest.esco import open_esco
from ingest.esco_classes import esco_schemas
from ingest.sample import write_sample
from journal.clock import system_clock
from journal.lease import claim
from journal.stores.memory import MemoryStore
from tests.bench.sides import embedded_ours, embedded_plain
from tests.bench.sides.events import OWNER, PIPELINE
from tests.bench.sides.ours import waits_for_the_owner
from tests.bench.sides.reading import Records, batches
from tests.bench.sides.records import _in_order, _line

CONCEPTS = 700  # more than one batch
OURS, PLAIN = "ours.db", "plain.db"
BOTH = pytest.mark.parametrize("name", [OURS, PLAIN])
SHARED = ("objects", "vectors", "refs", "ids", "referrers")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated input as records, with made-up vectors."""
    folder = tmp_path_factory.mktemp("records")
    data = folder / "sample.zip"
    write_sample(data, concepts=CONCEPTS)
    catalogue = read_catalogue(open_esco(data, language="en"), esco_schemas(), embedder="none")
    lines = [_line(barrier, wanted) for barrier, wanted in _in_order(catalogue)]
    catalogue.close()
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "records.jsonl").write_text(text, encoding="utf-8")
    np.save(folder / "vectors.npy", np.eye(8, dtype=np.float32)[np.arange(len(lines)) % 8])
    return folder


@pytest.fixture(scope="module")
def loaded(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of each side, loaded twice."""
    folder = tmp_path_factory.mktemp("loaded")
    for _ in range(2):
        anyio.run(embedded_ours.main, "load", records, folder / OURS)
        embedded_plain.main(records, folder / PLAIN)
    return folder


def asked(file: Path, question: str) -> list[tuple[Any, ...]]:
    """Return what the database answers."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(question).fetchall()


def columns(file: Path, table: str) -> list[tuple[Any, ...]]:
    """Return name, type, whether it must be there and the place in the key, of each column."""
    question = 'SELECT name, type, "notnull", pk FROM pragma_table_info'
    return asked(file, f"{question}('{table}')")


@BOTH
def test_a_load_ends_with_its_look_up_tables(name: str, loaded: Path) -> None:
    [(objects,)] = asked(loaded / name, "SELECT count(*) FROM objects")
    [(references,)] = asked(loaded / name, "SELECT count(*) FROM refs")
    assert objects == CONCEPTS
    assert references > 0
    assert asked(loaded / name, "SELECT count(*) FROM ids") == [(objects,)]
    assert asked(loaded / name, "SELECT count(*) FROM referrers") == [(references,)]


@pytest.mark.parametrize("table", SHARED)
def test_plain_sqlite_has_the_columns_of_ours(table: str, loaded: Path) -> None:
    assert columns(loaded / PLAIN, table) == columns(loaded / OURS, table)


@pytest.mark.parametrize(
    "question",
    [
        "SELECT id, uri, label, content_hash, properties FROM objects ORDER BY id",
        "SELECT id, vector FROM objects JOIN vectors USING (row) ORDER BY id",
        "SELECT one.id, other.id FROM refs JOIN objects one ON one.row = source"
        " JOIN objects other ON other.row = target ORDER BY one.id, other.id",
    ],
)
def test_plain_sqlite_holds_the_rows_of_ours(question: str, loaded: Path) -> None:
    assert asked(loaded / PLAIN, question) == asked(loaded / OURS, question)


@pytest.mark.parametrize(
    ("barriers", "expected"),
    [((0, 0, 0), [[0, 1], [2]]), ((0, 1, 1), [[0], [1, 2]]), ((), [])],
)
def test_no_batch_crosses_a_barrier(barriers: Sequence[int], expected: list[list[int]]) -> None:
    lines = [{"barrier": barrier} for barrier in barriers]
    records = Records(lines=lines, vectors=np.zeros((len(lines), 1), np.float32))
    assert list(batches(records, 2)) == expected


async def test_a_wait_for_a_dead_owner_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    await store.create_lease(PIPELINE, 1, replace(OWNER, id="dead"))
    monkeypatch.setattr(journal.lease, "is_gone", lambda owner: True)
    monkeypatch.setattr(journal.lease, "SETTLE_SECONDS", 0.25)
    with waits_for_the_owner() as waits:
        await claim(store, PIPELINE, OWNER, system_clock())
    assert sum(waits) >= 0.25


async def test_who_finds_no_owner_waits_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal.lease, "SETTLE_SECONDS", 3600)
    with waits_for_the_owner() as waits:
        await claim(MemoryStore(), PIPELINE, OWNER, system_clock())
    assert len(waits) == 1
