"""Data sets that can not be used as a whole: refused before any row is delivered."""

from pathlib import Path

import pytest

from ingest.esco import open_esco
from ingest.esco.archive import READ_BYTES, Limits
from ingest.records import InputError
from tests.ingest.esco_builder import FILES, SKILLS, tiny, write_folder, write_zip


def refusal(tmp_path: Path, **changed: str | bytes | None) -> str:
    """Return the sentence, the same for a folder and a zip but for their names."""
    sentences = []
    folder = write_folder(tmp_path / "data", tiny(**changed))
    for path in (folder, write_zip(tmp_path / "data.zip", tiny(**changed))):
        with pytest.raises(InputError) as refused:
            open_esco(path)
        sentences.append(str(refused.value).replace(str(path), "PATH"))
    assert sentences[0] == sentences[1]
    return sentences[0]


@pytest.mark.parametrize("stem", sorted(FILES))
def test_a_missing_file_is_named(tmp_path: Path, stem: str) -> None:
    assert refusal(tmp_path, **{stem: None}) == (
        f"{stem}_en.csv is not in PATH: give ESCO's whole CSV download, and its language "
        "with --language"
    )


@pytest.mark.parametrize("stem", sorted(FILES))
@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_a_file_without_content_is_named(tmp_path: Path, stem: str, content: str) -> None:
    assert refusal(tmp_path, **{stem: content}) == f"{stem}_en.csv is empty: download it again"


@pytest.mark.parametrize("stem", sorted(FILES))
def test_a_blank_first_line_is_no_header(tmp_path: Path, stem: str) -> None:
    assert refusal(tmp_path, **{stem: "\n" + FILES[stem]}) == (
        f"{stem}_en.csv has no header: its first line must name the columns"
    )


@pytest.mark.parametrize("stem", sorted(FILES))
def test_rows_without_a_header_are_refused(tmp_path: Path, stem: str) -> None:
    rows = "a,b,c\n"
    assert "its first line must be the header" in refusal(tmp_path, **{stem: rows})


@pytest.mark.parametrize(
    ("stem", "column"),
    [
        ("skills", "modifiedDate"),
        ("occupations", "iscoGroup"),
        ("ISCOGroups", "code"),
        ("conceptSchemes", "conceptSchemeUri"),
        ("greenSkillsCollection", "conceptUri"),
        ("skillSkillRelations", "relatedSkillUri"),
        ("skillsHierarchy", "Level 0 URI"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, stem: str, column: str) -> None:
    assert refusal(tmp_path, **{stem: FILES[stem].replace(column, "other", 1)}) == (
        f"{stem}_en.csv has no column {column}: its first line must be the header of ESCO's file"
    )


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    skills = FILES["skills"].replace("inScheme", "status", 1)
    assert "names a column twice" in refusal(tmp_path, skills=skills)


def test_an_absurd_number_of_columns_is_refused(tmp_path: Path) -> None:
    wide = SKILLS.strip() + "," * 5000 + "\n"
    assert "more than 200" in refusal(tmp_path, skills=wide)


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("utf-16", "skills_en.csv is UTF-16, it must be UTF-8: save it as UTF-8"),
        (
            "latin-1",
            "skills_en.csv, line 6: byte 315 is not UTF-8: save the file as UTF-8",
        ),
    ],
)
def test_another_encoding_is_named_with_its_place(
    tmp_path: Path, encoding: str, sentence: str
) -> None:
    skills = FILES["skills"].replace("lines", "línes").encode(encoding)
    assert refusal(tmp_path, skills=skills) == sentence


def test_a_place_is_right_also_far_into_the_file(tmp_path: Path) -> None:
    skills = FILES["skills"].encode() + b"x\n" * 500_000 + b"\xff\n"
    assert refusal(tmp_path, skills=skills) == (
        "skills_en.csv, line 500009: byte 1000520 is not UTF-8: save the file as UTF-8"
    )


def test_a_place_is_right_after_a_character_that_two_reads_share(tmp_path: Path) -> None:
    before = FILES["skills"].encode()
    shared = before + b"x" * (READ_BYTES - 1 - len(before)) + "é".encode()
    assert refusal(tmp_path, skills=shared + b"\n\xff") == (
        "skills_en.csv, line 10: byte 262146 is not UTF-8: save the file as UTF-8"
    )


def test_a_character_cut_off_at_the_end_is_not_utf8(tmp_path: Path) -> None:
    assert "is not UTF-8" in refusal(tmp_path, skills=FILES["skills"].encode() + "€".encode()[:2])


@pytest.mark.parametrize(
    "stem", ["skills", "occupations", "ISCOGroups", "skillGroups", "conceptSchemes"]
)
@pytest.mark.parametrize("rest", ["", "\n", "\r\n\r\n,,,\n"])
def test_a_header_alone_is_refused_where_there_must_be_rows(
    tmp_path: Path, stem: str, rest: str
) -> None:
    header = FILES[stem].splitlines()[0]
    assert refusal(tmp_path, **{stem: header + rest}) == (
        f"{stem}_en.csv has a header and no row: it must have some"
    )


def test_a_header_alone_is_enough_elsewhere(tmp_path: Path) -> None:
    needed = {"skills", "occupations", "ISCOGroups", "skillGroups", "conceptSchemes"}
    bare = {stem: FILES[stem].splitlines()[0] for stem in FILES if stem not in needed}
    source = open_esco(write_folder(tmp_path / "data", tiny(**bare)))
    assert {getattr(entry, "name", "") for entry in source.relations()} == {"memberOfISCOGroup"}


def test_an_open_quote_is_named_with_its_line(tmp_path: Path) -> None:
    skills = FILES["skills"] + 'x,"never closed,\nmore\n'
    assert refusal(tmp_path, skills=skills) == (
        "skills_en.csv, line 9: a quote is opened and never closed: close it"
    )


def test_a_lone_quote_inside_a_word_is_text(tmp_path: Path) -> None:
    skills = FILES["skills"].replace("To saw", '5" saw')
    source = open_esco(write_folder(tmp_path / "data", tiny(skills=skills)))
    second = list(source.concepts("Skill"))[1]
    assert getattr(second, "properties", {})["description"] == '5" saw'


def test_an_endless_line_is_refused(tmp_path: Path) -> None:
    endless = FILES["skillsHierarchy"].encode() + b"0" * 35_000_000
    folder = write_folder(tmp_path / "data", tiny(skillsHierarchy=endless))
    with pytest.raises(InputError, match="line 3: longer than 33,554,432 bytes"):
        open_esco(folder)


def test_the_limit_of_a_file_can_be_lowered(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", tiny())
    with pytest.raises(InputError, match="more than 100 bytes"):
        open_esco(folder, limits=Limits(file_bytes=100))


@pytest.mark.parametrize("language", ["", "../en", "en.csv", "e"])
def test_a_language_that_is_no_code_is_refused(tmp_path: Path, language: str) -> None:
    folder = write_folder(tmp_path / "data", tiny())
    with pytest.raises(InputError, match="the language is no code"):
        open_esco(folder, language=language)


def test_the_language_that_is_not_there_is_missing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", tiny())
    with pytest.raises(InputError, match=r"ISCOGroups_de\.csv is not in"):
        open_esco(folder, language="de")
