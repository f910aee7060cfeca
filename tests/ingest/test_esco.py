"""What a data set becomes: concepts, relations, a fingerprint."""

import csv
from pathlib import Path

import pytest

from ingest.esco import EscoSource, open_esco
from ingest.records import Concept, Rejection, Relation
from tests.ingest.esco_builder import (
    CHILD_GROUP,
    FILES,
    GREEN,
    GROUP,
    ISCO_0,
    ISCO_01,
    LANGUAGE,
    OCCUPATION_1,
    OCCUPATION_2,
    SKILL_1,
    SKILL_2,
    SKILL_3,
    tiny,
    write_folder,
    write_zip,
)


@pytest.fixture
def source(tmp_path: Path) -> EscoSource:
    return open_esco(write_folder(tmp_path / "data", tiny()))


def concepts(source: EscoSource, class_name: str) -> list[Concept]:
    found = list(source.concepts(class_name))
    assert [entry for entry in found if isinstance(entry, Rejection)] == []
    return [entry for entry in found if isinstance(entry, Concept)]


def edges(source: EscoSource) -> list[tuple[str, str, str, str, str]]:
    found = list(source.relations())
    assert [entry for entry in found if isinstance(entry, Rejection)] == []
    return [
        (entry.source_class, entry.name, entry.source_uri, entry.target_class, entry.target_uri)
        for entry in found
        if isinstance(entry, Relation)
    ]


def test_a_skill_has_every_property_of_its_schema(source: EscoSource) -> None:
    assert concepts(source, "Skill")[0] == Concept(
        class_name="Skill",
        uri=SKILL_1,
        properties={
            "conceptUri": SKILL_1,
            "preferredLabel": "glue",
            "altLabels": ("bond", 'stick "fast"'),
            "description": "Two\nlines",
            "status": "released",
            "skillType": "knowledge",
            "reuseLevel": "cross-sector",
            "definition": "meaning",
            "scopeNote": "note",
            "hiddenLabels": ("paste",),
            "modifiedDate": "2024-01-25T11:28:50.29Z",
        },
        file="skills_en.csv",
        line=2,
    )


def test_lines_are_counted_through_fields_of_several_lines(source: EscoSource) -> None:
    assert [skill.line for skill in concepts(source, "Skill")] == [2, 7, 8]


def test_what_the_file_leaves_empty_is_empty(source: EscoSource) -> None:
    assert concepts(source, "Skill")[1].properties == {
        "conceptUri": SKILL_2,
        "preferredLabel": "saw",
        "altLabels": (),
        "description": "To saw",
        "status": "released",
        "skillType": "skill/competence",
        "reuseLevel": "",
        "definition": "",
        "scopeNote": "",
        "hiddenLabels": (),
        "modifiedDate": "",
    }


def test_codes_keep_their_leading_zeros(source: EscoSource) -> None:
    groups = concepts(source, "ISCOGroup")
    assert [(group.uri, group.properties["code"]) for group in groups] == [
        (ISCO_0, "0"),
        (ISCO_01, "01"),
    ]


def test_skill_groups_have_code_and_scope_note(source: EscoSource) -> None:
    assert concepts(source, "SkillGroup")[0].properties == {
        "conceptUri": GROUP,
        "preferredLabel": "making",
        "altLabels": (),
        "description": "To make",
        "status": "released",
        "code": "S",
        "scopeNote": "no plans",
    }


def test_only_the_schemes_that_collect_skills_are_collections(source: EscoSource) -> None:
    assert [collection.properties for collection in concepts(source, "SkillCollection")] == [
        {
            "conceptUri": GREEN,
            "preferredLabel": "Green",
            "altLabels": (),
            "description": "",
            "status": "released",
        },
        {
            "conceptUri": LANGUAGE,
            "preferredLabel": "Language",
            "altLabels": (),
            "description": "",
            "status": "released",
        },
    ]


def test_relations_come_from_every_file_in_one_order(source: EscoSource) -> None:
    expected = [
        ("Skill", "memberOfSkillGroup", SKILL_1, "SkillGroup", CHILD_GROUP),
        ("Skill", "broaderSkill", SKILL_3, "Skill", SKILL_2),
        ("SkillGroup", "broaderSkillGroup", CHILD_GROUP, "SkillGroup", GROUP),
        ("Occupation", "broaderOccupation", OCCUPATION_2, "Occupation", OCCUPATION_1),
        ("ISCOGroup", "broaderISCOGroup", ISCO_01, "ISCOGroup", ISCO_0),
        ("Skill", "memberOfSkillCollection", SKILL_2, "SkillCollection", GREEN),
        ("Occupation", "memberOfISCOGroup", OCCUPATION_1, "ISCOGroup", ISCO_01),
        ("Occupation", "memberOfISCOGroup", OCCUPATION_2, "ISCOGroup", ISCO_01),
        ("Skill", "hasOptionalSkill", SKILL_1, "Skill", SKILL_2),
        ("Occupation", "hasEssentialSkill", OCCUPATION_1, "Skill", SKILL_1),
        ("Occupation", "hasOptionalSkill", OCCUPATION_1, "Skill", SKILL_2),
    ]
    assert edges(source) == expected
    assert edges(source) == expected


def test_an_unknown_isco_code_names_a_group_that_no_concept_is(tmp_path: Path) -> None:
    files = tiny(occupations=FILES["occupations"].replace(",01,joiner", ",9999,joiner"))
    targets = [
        edge[4]
        for edge in edges(open_esco(write_folder(tmp_path / "data", files)))
        if edge[1] == "memberOfISCOGroup"
    ]
    assert targets == ["urn:esco-isco-code:9999", ISCO_01]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    files = {name: b"\xef\xbb\xbf" + content for name, content in tiny().items()}
    source = open_esco(write_folder(tmp_path / "data", files))
    assert len(concepts(source, "Skill")) == 3


def test_columns_go_by_name(tmp_path: Path) -> None:
    members = f"description,conceptUri\nTo saw,{SKILL_2}\n"
    files = tiny(greenSkillsCollection=members)
    source = open_esco(write_folder(tmp_path / "data", files))
    assert ("Skill", "memberOfSkillCollection", SKILL_2, "SkillCollection", GREEN) in edges(source)


def test_the_language_names_the_files(tmp_path: Path) -> None:
    files = {name.replace("_en.", "_nb."): content for name, content in tiny().items()}
    source = open_esco(write_folder(tmp_path / "data", files), language="nb")
    assert concepts(source, "Skill")[0].file == "skills_nb.csv"


def test_a_zip_has_the_fingerprint_of_its_folder(tmp_path: Path) -> None:
    folder = open_esco(write_folder(tmp_path / "data", {**tiny(), "notes.txt": b"x"}))
    flat = open_esco(write_zip(tmp_path / "flat.zip", tiny()))
    nested = open_esco(write_zip(tmp_path / "nested.zip", tiny(), inside="ESCO/"))
    assert flat.fingerprint == folder.fingerprint == nested.fingerprint
    assert flat.fingerprint == "f720b1e92968a9c3d10029ead1ed5650b30272ad887732a7a8c4ef442fb1237b"


def test_another_byte_is_another_fingerprint(tmp_path: Path) -> None:
    before = open_esco(write_folder(tmp_path / "a", tiny()))
    changed = tiny(skillsHierarchy=FILES["skillsHierarchy"].replace("making", "marking"))
    assert open_esco(write_folder(tmp_path / "b", changed)).fingerprint != before.fingerprint


def test_the_limit_of_the_csv_module_is_left_as_it_was(source: EscoSource) -> None:
    before = csv.field_size_limit(4321)
    try:
        half_read = source.relations()
        next(half_read)
        assert csv.field_size_limit() == 4321
    finally:
        csv.field_size_limit(before)


def test_a_column_that_nobody_reads_may_be_very_long(tmp_path: Path) -> None:
    schemes = FILES["conceptSchemes"].replace(SKILL_1, f"{SKILL_1} " * 60_000, 1)
    source = open_esco(write_folder(tmp_path / "data", tiny(conceptSchemes=schemes)))
    assert len(concepts(source, "SkillCollection")) == 2


def test_every_kind_of_line_end_becomes_one(tmp_path: Path) -> None:
    skills = FILES["skills"].replace('"Two\r\nlines"', '"Two\rlines\r\nand\none"')
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=skills)))
    assert concepts(source, "Skill")[0].properties["description"] == "Two\nlines\nand\none"


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    skills = FILES["skills"].replace("To saw\r\n", "To saw\r\n\n\r\n") + "\n"
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=skills)))
    assert [skill.line for skill in concepts(source, "Skill")] == [2, 7, 10]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-25T11:28:50.295Z", "2024-01-25T11:28:50.295Z"),
        ("2024-01-25T11:28:50.000Z", "2024-01-25T11:28:50Z"),
        ("2024-01-25T11:28:50Z", "2024-01-25T11:28:50Z"),
        (" 2024-01-25T11:28:50.120000000Z", "2024-01-25T11:28:50.12Z"),
        ("2024-01-01T00:30:00.5+01:00", "2023-12-31T23:30:00.5Z"),
        ("2024-01-25 11:28:50", "2024-01-25T11:28:50Z"),
        ("2024-01-25", "2024-01-25T00:00:00Z"),
        ("", ""),
    ],
)
def test_dates_are_instants_in_utc(tmp_path: Path, text: str, expected: str) -> None:
    files = tiny(skills=FILES["skills"].replace("2024-01-25T11:28:50.290Z", text))
    source = open_esco(write_folder(tmp_path / "data", files))
    assert concepts(source, "Skill")[0].properties["modifiedDate"] == expected
