"""What the sides load is what it is said to be."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.catalogue import Catalogue, read_catalogue
from ingest.esco import open_esco
from ingest.esco_classes import esco_schemas
from ingest.sample import write_sample
from journal import Status, fold_runs
from tests.bench.inputs import write_changed
from tests.bench.measurement import Measurement
from tests.bench.parts.schema import PART as SCHEMA
from tests.bench.sides.events import journal
from tests.bench.sides.precomputed import PrecomputedEmbedder, digest
from tests.bench.sides.records import _in_order


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A generated input."""
    path = tmp_path / "sample.zip"
    write_sample(path, concepts=1000)
    return path


@pytest.fixture
def catalogue(sample: Path) -> Iterator[Catalogue]:
    """The generated input, read."""
    read = read_catalogue(open_esco(sample, language="en"), esco_schemas(), embedder="none")
    yield read
    read.close()


def rows(path: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of one file of a zip."""
    with zipfile.ZipFile(path) as files, files.open(name) as opened:
        return list(csv.DictReader(io.TextIOWrapper(opened, "utf-8", newline="")))


@pytest.mark.parametrize("name", ["skills_en.csv", "occupations_en.csv"])
def test_each_hundredth_concept_is_changed(name: str, sample: Path, tmp_path: Path) -> None:
    changed = write_changed(sample, tmp_path / "changed.zip")
    before, after = rows(sample, name), rows(changed, name)
    differing = [place for place in range(len(before)) if before[place] != after[place]]
    assert differing == list(range(0, len(before), 100))
    assert after[0]["description"] == before[0]["description"] + " (changed)"


def test_the_rest_of_the_input_is_the_same(sample: Path, tmp_path: Path) -> None:
    changed = write_changed(sample, tmp_path / "changed.zip")
    with zipfile.ZipFile(sample) as old, zipfile.ZipFile(changed) as new:
        differing = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert differing == ["skills_en.csv", "occupations_en.csv"]


def test_what_a_record_refers_to_stands_behind_an_earlier_barrier(catalogue: Catalogue) -> None:
    behind: dict[object, int] = {}
    for barrier, wanted in _in_order(catalogue):
        for targets in wanted.references.values():
            assert all(behind[target] < barrier for target in targets)
        behind.setdefault(wanted.id, barrier)


def test_every_object_is_sent_whole_in_the_end(catalogue: Catalogue) -> None:
    last = {wanted.id: wanted for _, wanted in _in_order(catalogue)}
    assert len(last) == 1000
    held = sum(len(targets) for one in last.values() for targets in one.references.values())
    assert held == sum(sum(catalogue.reference_counts(name).values()) for name in catalogue.classes)


async def test_known_texts_have_their_own_vectors(tmp_path: Path) -> None:
    texts = ["b", "a", "c"]
    keys = np.array([digest(text) for text in texts], dtype=np.uint64)
    order = np.argsort(keys)
    np.save(tmp_path / "keys.npy", keys[order])
    np.save(tmp_path / "texts.npy", np.eye(3, dtype=np.float32)[order])
    embedder = PrecomputedEmbedder(tmp_path)
    assert (await embedder.embed(["a", "b"])).tolist() == [[0, 1, 0], [1, 0, 0]]


async def test_an_unknown_text_is_no_other_one(tmp_path: Path) -> None:
    np.save(tmp_path / "keys.npy", np.array([1], dtype=np.uint64))
    np.save(tmp_path / "texts.npy", np.ones((1, 1), dtype=np.float32))
    with pytest.raises(AssertionError, match="a text has no vector"):
        await PrecomputedEmbedder(tmp_path).embed(["a"])


def test_a_made_journal_is_one_of_completed_runs() -> None:
    events = list(journal(1000, 5))
    runs = fold_runs(events)
    assert len(events) == 1000
    assert [run.status for run in runs] == [Status.COMPLETED] * 5
    assert [run.counts for run in runs] == [{"Skill": 196}] * 5


def test_hits_in_common_are_counted_whatever_their_order() -> None:
    def asked(scenario: str, keyword: list[list[str]]) -> Measurement:
        return Measurement(
            part="schema",
            scenario=scenario,
            act="500 queries",
            round=0,
            wall_seconds=1,
            cpu_seconds=1,
            peak_mb=1,
            load_before=0,
            said={"hits": {"keyword": keyword}},
        )

    ours = asked("our schema", [["a", "b"], ["c"]])
    naive = asked("naive schema", [["b", "a"], ["d", "e"]])
    assert list(SCHEMA.finds([ours, naive]).values()) == [[["keyword", 0.5]]]
