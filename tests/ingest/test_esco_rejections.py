"""Rows that can not be loaded: each is named with its place and reason, the others are read."""

from pathlib import Path

import pytest

from ingest.esco import open_esco
from ingest.records import Concept, Rejection
from tests.ingest.esco_builder import FILES, GROUP, SKILL_1, SKILL_2, tiny, write_folder

KSC = "KnowledgeSkillCompetence"
NEW = "https://example.org/skill/9"


def rejections(tmp_path: Path, class_name: str, **changed: str | bytes) -> list[Rejection]:
    source = open_esco(write_folder(tmp_path / "data", tiny(**changed)))
    return [entry for entry in source.concepts(class_name) if isinstance(entry, Rejection)]


def skill(uri: str, label: str = "label", date: str = "", description: str = "text") -> str:
    return f"{KSC},{uri},knowledge,,{label},,,released,{date},,,,{description}\n"


def with_row(row: str | bytes) -> bytes:
    """The skills with one more row, at line 9."""
    return FILES["skills"].encode() + (row.encode() if isinstance(row, str) else row)


@pytest.mark.parametrize(
    ("row", "key", "reason"),
    [
        (skill(""), "skills_en.csv:9", "the URI is missing"),
        (
            skill("skill/9"),
            "skills_en.csv:9",
            "the URI is not absolute (http, https or urn, without blanks)",
        ),
        (
            skill("ftp://example.org/9"),
            "skills_en.csv:9",
            "the URI is not absolute (http, https or urn, without blanks)",
        ),
        (
            skill("https://example.org/a b"),
            "skills_en.csv:9",
            "the URI is not absolute (http, https or urn, without blanks)",
        ),
        (
            skill("https://example.org/\x1b[31m"),
            "skills_en.csv:9",
            "the URI is not absolute (http, https or urn, without blanks)",
        ),
        (
            skill("https://example.org/" + "9" * 3000),
            "skills_en.csv:9",
            "the URI is longer than 2,048 characters",
        ),
        (skill(NEW, label="nul\0"), NEW, "a field holds a NUL character"),
        (
            skill(NEW).encode().replace(b"text", b"half \xed\xa0\x80"),
            NEW,
            "a field holds half a character (a lone surrogate)",
        ),
        (
            skill(NEW, description="x" * 1_000_001),
            NEW,
            "a field is longer than 1,000,000 characters",
        ),
        (
            skill(NEW, date="yesterday"),
            NEW,
            "the date is none (it must look like 2024-01-25T11:28:50Z)",
        ),
        (
            skill(NEW, date="2024-02-30T00:00:00Z"),
            NEW,
            "the date is none (it must look like 2024-01-25T11:28:50Z)",
        ),
        (skill(SKILL_2, label="other"), SKILL_2, "an earlier row has this URI and says otherwise"),
        (f"{KSC},{NEW},knowledge\n", "skills_en.csv:9", "3 columns instead of 13"),
        (
            skill(NEW, label='"open"text'),
            "skills_en.csv:9",
            "there is text between a closing quote and the next comma",
        ),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(
    tmp_path: Path, row: str | bytes, key: str, reason: str
) -> None:
    assert rejections(tmp_path, "Skill", skills=with_row(row)) == [
        Rejection(class_name="Skill", file="skills_en.csv", line=9, key=key, reason=reason)
    ]


def test_the_rows_around_a_bad_row_are_read(tmp_path: Path) -> None:
    lines = with_row(skill("") + skill(NEW))
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=lines)))
    read = [(type(entry).__name__, entry.line) for entry in source.concepts("Skill")]
    expected = ["Concept", "Concept", "Concept", "Rejection", "Concept"]
    assert read == list(zip(expected, [2, 7, 8, 9, 10], strict=True))


def test_an_urn_is_a_uri(tmp_path: Path) -> None:
    assert rejections(tmp_path, "Skill", skills=with_row(skill("urn:example:9"))) == []


def test_blanks_around_a_uri_are_no_part_of_it(tmp_path: Path) -> None:
    skills = with_row(skill(f" {NEW}\t"))
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=skills)))
    last = list(source.concepts("Skill"))[-1]
    assert isinstance(last, Concept)
    assert (last.uri, last.properties["conceptUri"]) == (NEW, NEW)


def test_the_same_row_twice_is_one_concept(tmp_path: Path) -> None:
    source = open_esco(
        write_folder(tmp_path / "data", tiny(skills=with_row(skill(NEW) + skill(NEW))))
    )
    assert [entry.line for entry in source.concepts("Skill")] == [2, 7, 8, 9]


def test_control_characters_stay_in_a_text(tmp_path: Path) -> None:
    skills = with_row(skill(NEW, description="bell \x07 and \u2028"))
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=skills)))
    last = list(source.concepts("Skill"))[-1]
    assert isinstance(last, Concept)
    assert last.properties["description"] == "bell \x07 and \u2028"


def test_a_group_of_an_occupation_is_part_of_what_its_row_says(tmp_path: Path) -> None:
    again = FILES["occupations"].splitlines(keepends=True)[1].replace(",01,joiner", ",0,joiner")
    files = tiny(occupations=FILES["occupations"] + again)
    source = open_esco(write_folder(tmp_path / "data", files))
    rejected = [entry for entry in source.concepts("Occupation") if isinstance(entry, Rejection)]
    assert [entry.line for entry in rejected] == [4]
    groups = [
        entry
        for entry in source.relations()
        if not isinstance(entry, Rejection) and entry.name == "memberOfISCOGroup"
    ]
    assert len(groups) == 2  # the rejected row refers to nothing


@pytest.mark.parametrize(
    ("stem", "row", "class_name", "reason"),
    [
        (
            "broaderRelationsSkillPillar",
            f"SkillGroup,group,SkillGroup,{GROUP}",
            "SkillGroup",
            "the URI is not absolute (http, https or urn, without blanks)",
        ),
        (
            "broaderRelationsSkillPillar",
            f"SkillGroup,{GROUP},{KSC},{SKILL_1}",
            "Skill",
            "no broader relation joins these two types",
        ),
        (
            "broaderRelationsSkillPillar",
            f"SkillGroup,{GROUP}",
            "Skill",
            "2 columns instead of 4",
        ),
        (
            "skillSkillRelations",
            f"{SKILL_1},,optional,,",
            "Skill",
            "the URI is missing",
        ),
        (
            "occupationSkillRelations",
            f"https://example.org/o,nice,,{SKILL_1}",
            "Occupation",
            "the relation is neither essential nor optional",
        ),
        ("greenSkillsCollection", f"{KSC},skill,x,released,,", "Skill", "the URI is not absolute"),
    ],
)
def test_a_bad_relation_is_rejected_under_the_class_of_its_source(
    tmp_path: Path, stem: str, row: str, class_name: str, reason: str
) -> None:
    line = FILES[stem].count("\n") + 1
    files = tiny(**{stem: f"{FILES[stem]}{row}\n"})
    source = open_esco(write_folder(tmp_path / "data", files))
    (rejected,) = [entry for entry in source.relations() if isinstance(entry, Rejection)]
    assert rejected.reason.startswith(reason)
    assert (rejected.class_name, rejected.file, rejected.line, rejected.key) == (
        class_name,
        f"{stem}_en.csv",
        line,
        f"{stem}_en.csv:{line}",
    )


def test_a_reason_never_says_what_the_row_says(tmp_path: Path) -> None:
    skills = with_row(
        skill("secret") + skill(NEW, label="secret\0") + skill(SKILL_2, label="secret")
    )
    rejected = rejections(tmp_path, "Skill", skills=skills)
    assert len(rejected) == 3
    assert "secret" not in repr(rejected)
