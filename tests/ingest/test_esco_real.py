"""The published files, whole: counts, quirks, no rejection."""

import zipfile
from collections import Counter
from pathlib import Path

import pytest

from ingest.esco import EscoSource, open_esco
from ingest.records import Concept, Rejection, Relation

pytestmark = pytest.mark.esco

CLASSES = ("ISCOGroup", "SkillGroup", "SkillCollection", "Skill", "Occupation")


def concept_counts(source: EscoSource) -> dict[str, int]:
    found = [entry for name in CLASSES for entry in source.concepts(name)]
    assert [entry for entry in found if isinstance(entry, Rejection)] == []
    return dict(Counter(entry.class_name for entry in found))


def relation_counts(source: EscoSource) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for entry in source.relations():
        assert isinstance(entry, Relation)
        counts[f"{entry.source_class}.{entry.name}"] += 1
    return dict(counts)


def test_the_whole_data_set_has_its_published_counts(esco_data: Path) -> None:
    source = open_esco(esco_data / "esco-1.2.0-en.zip")
    assert concept_counts(source) == {
        "ISCOGroup": 619,
        "SkillGroup": 640,
        "SkillCollection": 6,
        "Skill": 13_939,
        "Occupation": 3_039,
    }
    assert relation_counts(source) == {
        "ISCOGroup.broaderISCOGroup": 609,
        "SkillGroup.broaderSkillGroup": 636,
        "Skill.broaderSkill": 6_463,
        "Skill.memberOfSkillGroup": 13_723,
        "Skill.memberOfSkillCollection": 2_394,
        "Skill.hasEssentialSkill": 189,
        "Skill.hasOptionalSkill": 5_629,
        "Occupation.memberOfISCOGroup": 3_039,
        "Occupation.broaderOccupation": 1_248,
        "Occupation.hasEssentialSkill": 1_970,
    }


def test_the_small_data_set_has_its_counts(esco_data: Path) -> None:
    source = open_esco(esco_data / "esco-small-en.zip")
    assert concept_counts(source) == {
        "ISCOGroup": 206,
        "SkillGroup": 270,
        "SkillCollection": 6,
        "Skill": 871,
        "Occupation": 231,
    }
    assert relation_counts(source)["Occupation.hasEssentialSkill"] == 1_941


def test_every_isco_group_of_an_occupation_is_there(esco_data: Path) -> None:
    source = open_esco(esco_data / "esco-1.2.0-en.zip")
    groups = {group.uri for group in source.concepts("ISCOGroup") if isinstance(group, Concept)}
    named = {
        entry.target_uri
        for entry in source.relations()
        if isinstance(entry, Relation) and entry.name == "memberOfISCOGroup"
    }
    assert named <= groups
    assert "http://data.europa.eu/esco/isco/C2654" in named


def test_a_published_occupation_reads_as_published(esco_data: Path) -> None:
    source = open_esco(esco_data / "esco-small-en.zip")
    soldiers = [
        entry
        for entry in source.concepts("ISCOGroup")
        if isinstance(entry, Concept) and entry.uri.endswith("/C01")
    ]
    assert [entry.properties["code"] for entry in soldiers] == ["01"]


def test_the_zip_and_its_folder_are_the_same_input(esco_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(esco_data / "esco-small-en.zip") as opened:
        opened.extractall(tmp_path)
    folder, zipped = open_esco(tmp_path), open_esco(esco_data / "esco-small-en.zip")
    assert folder.fingerprint == zipped.fingerprint
    assert list(folder.relations()) == list(zipped.relations())
    assert list(folder.concepts("Skill")) == list(zipped.concepts("Skill"))
