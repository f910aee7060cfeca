"""The generated sample: what is in it, that it is always the same, that nothing in it is bad."""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from ingest.esco import EscoSource, open_esco
from ingest.records import Concept, InputError, Rejection, Relation
from ingest.sample import write_sample

CLASSES = ("ISCOGroup", "SkillGroup", "SkillCollection", "Skill", "Occupation")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "sample.zip"
    write_sample(out)
    return out


@pytest.fixture(scope="module")
def source(sample: Path) -> EscoSource:
    return open_esco(sample)


def concepts(source: EscoSource) -> list[Concept]:
    found = [entry for name in CLASSES for entry in source.concepts(name)]
    assert [entry for entry in found if isinstance(entry, Rejection)] == []
    return [entry for entry in found if isinstance(entry, Concept)]


def relations(source: EscoSource) -> list[Relation]:
    found = list(source.relations())
    assert [entry for entry in found if isinstance(entry, Rejection)] == []
    return [entry for entry in found if isinstance(entry, Relation)]


def rows_of(sample: Path, stem: str) -> list[list[str]]:
    with zipfile.ZipFile(sample) as opened:
        text = opened.read(f"{stem}_en.csv").decode()
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_the_default_sample_has_these_concepts(source: EscoSource) -> None:
    assert Counter(concept.class_name for concept in concepts(source)) == {
        "ISCOGroup": 30,
        "SkillGroup": 30,
        "SkillCollection": 6,
        "Skill": 180,
        "Occupation": 54,
    }


def test_the_default_sample_has_these_relations(source: EscoSource) -> None:
    found = relations(source)
    assert Counter(f"{entry.source_class}.{entry.name}" for entry in found) == {
        "ISCOGroup.broaderISCOGroup": 27,
        "SkillGroup.broaderSkillGroup": 27,
        "Skill.memberOfSkillGroup": 244,
        "Skill.broaderSkill": 116,
        "Skill.memberOfSkillCollection": 48,
        "Skill.hasEssentialSkill": 28,
        "Skill.hasOptionalSkill": 88,
        "Occupation.memberOfISCOGroup": 54,
        "Occupation.broaderOccupation": 40,
        "Occupation.hasEssentialSkill": 243,
        "Occupation.hasOptionalSkill": 159,
    }
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("count", [300, 1234])
def test_five_relations_are_dangling(tmp_path: Path, count: int) -> None:
    write_sample(tmp_path / "sample.zip", concepts=count)
    source = open_esco(tmp_path / "sample.zip")
    there = {(concept.class_name, concept.uri) for concept in concepts(source)}
    dangling = Counter(
        f"{entry.source_class}.{entry.name}"
        for entry in relations(source)
        if (entry.target_class, entry.target_uri) not in there
        or (entry.source_class, entry.source_uri) not in there
    )
    assert dangling == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.broaderSkill": 1,
        "Occupation.hasEssentialSkill": 2,
        "Occupation.hasOptionalSkill": 1,
    }


@pytest.mark.parametrize("count", [300, 301, 399, 1000, 7777])
def test_it_has_as_many_concepts_as_asked_for(tmp_path: Path, count: int) -> None:
    write_sample(tmp_path / "sample.zip", concepts=count, seed=3)
    found = concepts(open_esco(tmp_path / "sample.zip"))
    assert len(found) == count
    assert len({concept.uri for concept in found}) == count


def test_one_skill_refers_to_itself_and_three_go_round(source: EscoSource) -> None:
    skills = [concept.uri for concept in concepts(source) if concept.class_name == "Skill"]
    needs = {
        (entry.source_uri, entry.target_uri)
        for entry in relations(source)
        if entry.source_class == entry.target_class == "Skill"
    }
    itself, first, second, third = skills[-4:]
    assert [source for source, target in needs if source == target] == [itself]
    assert {(first, third), (third, second), (second, first)} <= needs
    onward = {
        skill: {target for origin, target in needs if origin == skill and target != skill}
        for skill in skills
    }
    assert _on_cycles(onward) == {first, second, third}


def _on_cycles(onward: dict[str, set[str]]) -> set[str]:
    """What is left after the ends of all chains are taken away, from both sides."""
    left = set(onward)
    while True:
        leads_on = {node for node in left if onward[node] & left}
        reached = set().union(*(onward[node] for node in leads_on))
        if leads_on & reached == left:
            return left
        left = leads_on & reached


def test_broader_relations_have_four_levels_and_more(source: EscoSource) -> None:
    there = {concept.uri for concept in concepts(source)}
    parents: dict[str, list[str]] = {}
    for entry in relations(source):
        if entry.name.startswith("broader") and entry.target_uri in there:
            parents.setdefault(entry.source_uri, []).append(entry.target_uri)

    def depth(uri: str) -> int:
        return 1 + max((depth(parent) for parent in parents.get(uri, [])), default=0)

    levels = dict.fromkeys(CLASSES, 0)
    for concept in concepts(source):
        levels[concept.class_name] = max(levels[concept.class_name], depth(concept.uri))
    assert levels == {
        "ISCOGroup": 4,
        "SkillGroup": 4,
        "SkillCollection": 1,
        "Skill": 5,
        "Occupation": 3,
    }


def test_skills_have_several_parents(source: EscoSource) -> None:
    groups = Counter(
        entry.source_uri for entry in relations(source) if entry.name == "memberOfSkillGroup"
    )
    assert Counter(groups.values()) == {1: 117, 2: 62, 3: 1}


def test_labels_are_unique_within_a_class(source: EscoSource) -> None:
    labels = Counter(
        (concept.class_name, concept.properties["preferredLabel"]) for concept in concepts(source)
    )
    assert [label for label, count in labels.items() if count > 1] == []


def test_codes_have_leading_zeros(source: EscoSource) -> None:
    codes = [c.properties["code"] for c in concepts(source) if c.class_name == "ISCOGroup"]
    assert codes[:4] == ["0", "1", "2", "00"]


def test_it_has_the_quirks_of_the_published_files(sample: Path) -> None:
    with zipfile.ZipFile(sample) as opened:
        raw = {name: opened.read(name) for name in opened.namelist()}
    assert len(raw) == 17
    assert raw["broaderRelationsOccPillar_en.csv"].count(b"\r\n") == 82
    assert b"\r\n" in raw["skills_en.csv"]
    assert b",\n" in raw["skills_en.csv"]
    assert b'""' in raw["skills_en.csv"]
    assert b" | " in raw["greenSkillsCollection_en.csv"]
    assert len(rows_of(sample, "languageSkillsCollection")) == 1
    assert any(row[1].endswith(" ") for row in rows_of(sample, "digitalSkillsCollection"))
    assert {len(row) for row in rows_of(sample, "skillsHierarchy")} == {11, 12, 13, 14}


def test_a_larger_sample_has_languages_too(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.zip", concepts=1000)
    assert len(rows_of(tmp_path / "sample.zip", "languageSkillsCollection")) > 1


def test_the_same_arguments_give_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "again.zip", concepts=300, seed=0)
    assert (tmp_path / "again.zip").read_bytes() == sample.read_bytes()


def test_the_default_sample_never_changes(source: EscoSource) -> None:
    """A completed sample would be loaded anew after an upgrade: change it only on purpose."""
    assert source.fingerprint == (
        "69c87cecb7ade9469cca73726ac58b4e55652986055934d7aab22816751a9f20"
    )


def test_another_seed_gives_other_concepts(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "other.zip", seed=1)
    skills, others = rows_of(sample, "skills"), rows_of(tmp_path / "other.zip", "skills")
    assert not {row[1] for row in skills[1:]} & {row[1] for row in others[1:]}
    assert [row[4] for row in skills] != [row[4] for row in others]


@pytest.mark.parametrize("count", [-1, 0, 299, 1_000_001])
def test_a_number_out_of_range_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match="300 to 1,000,000 concepts"):
        write_sample(tmp_path / "sample.zip", concepts=count)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"can not be written to .*: No such file or directory"):
        write_sample(tmp_path / "none" / "sample.zip")


def test_an_older_file_is_replaced_as_a_whole(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "sample.zip"
    out.write_bytes(b"older")
    write_sample(out)
    assert hashlib.sha256(out.read_bytes()).digest() == hashlib.sha256(sample.read_bytes()).digest()
    assert list(tmp_path.iterdir()) == [out]


def test_what_was_begun_and_can_not_be_finished_is_removed(tmp_path: Path) -> None:
    (tmp_path / "sample.zip").mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        write_sample(tmp_path / "sample.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["sample.zip"]
