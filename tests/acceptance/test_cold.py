"""The real data into an empty store, and the same data again."""

import csv
import io
import random
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.target import TargetObject
from tests.acceptance.digest import (
    Digest,
    differing,
    digest,
    invisible,
    objects,
    reference_lists,
    written_at,
)
from tests.acceptance.place import Place

pytestmark = pytest.mark.esco

OBJECTS = {
    "ISCOGroup": 619,
    "SkillGroup": 640,
    "SkillCollection": 6,
    "Skill": 13_939,
    "Occupation": 3_039,
}
RELATIONS = {
    "ISCOGroup.broaderISCOGroup": 609,
    "SkillGroup.broaderSkillGroup": 636,
    "Skill.broaderSkill": 6_463,
    "Skill.memberOfSkillGroup": 13_723,
    "Skill.memberOfSkillCollection": 2_394,
    "Skill.hasEssentialSkill": 189,
    "Skill.hasOptionalSkill": 5_629,
    "Occupation.broaderOccupation": 1_248,
    "Occupation.memberOfISCOGroup": 3_039,
    "Occupation.hasEssentialSkill": 1_941,
}
DANGLING = 29
SAMPLE = 300


async def test_all_real_data_are_loaded_whole_and_can_be_found(
    place: Place,
    full: Path,
    request: pytest.FixtureRequest,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    place = replace(place, window=None)
    began_at = time.monotonic()
    done = place.ingest(full)
    seconds = time.monotonic() - began_at
    record_testsuite_property(f"seconds of {request.node.name}", f"{seconds:.1f}")

    assert done.outcome == "ran"
    assert done.document["counts"] == OBJECTS
    assert done.document["dangling"] == DANGLING
    held = await objects(place.settings)
    assert Counter(one.class_name for one in held) == OBJECTS
    assert _relations(held) == RELATIONS
    assert _alternative_labels(held) == _alternative_labels_in(full)
    groups = [one for one in held if one.class_name == "ISCOGroup"]
    assert sum(one.properties["code"] == "0110" for one in groups) == 1
    assert await invisible(place.settings, random.Random(3).sample(held, SAMPLE)) == []
    assert place.check_status_by_hand()["status"] == "completed"


async def test_a_load_gives_the_same_digest_in_every_store_and_all_is_visible(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small)

    assert differing(await digest(place.settings), undisturbed) == []
    assert await invisible(place.settings, await objects(place.settings)) == []


async def test_the_same_data_again_touch_nothing(place: Place, small: Path) -> None:
    place.ingest(small)
    touched = _traces(place)
    before = await digest(place.settings), place.events(), place.ask("history")

    assert place.ingest(small).outcome == "already_completed"
    assert place.ingest(small, "--resume").outcome == "already_completed"
    assert place.ingest().outcome == "already_completed"

    assert (await digest(place.settings), place.events(), place.ask("history")) == before
    assert _traces(place) == touched


async def test_the_shipped_word_vectors_load_and_find_what_is_meant(
    place: Place, small: Path
) -> None:
    place = replace(place, embedder="local", window=None)
    place.ingest(small)

    assert await invisible(place.settings, await objects(place.settings)) == []
    found = place.ask("search", "writing software in Haskell", "--limit", "3")["results"]
    assert "Haskell" in [hit["label"] for hit in found]


def _traces(place: Place) -> list[object]:
    """Return what a write would change: the file's bytes, or when each object was written."""
    if place.server is None:
        file = Path(place.store.removeprefix("sqlite:///"))
        return [file.read_bytes(), Path(f"{file}-wal").exists()]
    return [written_at(place.server), reference_lists(place.server), sorted(place.server.classes())]


def _relations(held: Sequence[TargetObject]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for one in held:
        for name, targets in one.references.items():
            assert len(targets) == len(set(targets))
            counted[f"{one.class_name}.{name}"] += len(targets)
    return +counted


def _alternative_labels(held: Sequence[TargetObject]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in held:
        if one.class_name in ("Skill", "Occupation"):
            labels = one.properties["altLabels"]
            assert isinstance(labels, Sequence)
            assert not isinstance(labels, str)
            found[one.uri] = set(labels)
    return found


def _alternative_labels_in(data: Path) -> dict[str, set[str]]:
    """Return the labels as the files have them, one a line."""
    found: dict[str, set[str]] = {}
    with zipfile.ZipFile(data) as files:
        for file in ("skills_en.csv", "occupations_en.csv"):
            text = io.StringIO(files.read(file).decode("utf-8-sig"), newline="")
            for row in csv.DictReader(text):
                lines = (line.strip() for line in row["altLabels"].splitlines())
                found[row["conceptUri"]] = {line for line in lines if line}
    return found
