"""What is read by column is what is read row by row, whatever is odd about a file."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ingest.esco import EscoSource, open_esco
from ingest.esco import csv_records as parsing
from ingest.esco.archive import Limits
from ingest.esco.rows import Columns
from ingest.esco.tables import open_tables
from ingest.records import Rejection
from tests.ingest.esco_builder import FILES, GROUP, SKILL_1, SKILL_2, SKILL_3, tiny, write_folder

HEADER = "conceptType,conceptUri,broaderType,broaderUri\n"
SKILL = "KnowledgeSkillCompetence"
ROWS = 300
# Each is one row, or none: what makes it odd, or nothing does.
PLAIN = (
    f"{SKILL},{SKILL_1},SkillGroup,{GROUP}\n",
    f"{SKILL},{SKILL_2},{SKILL},{SKILL_1}\n",
    f"Occupation,{SKILL_3},ISCOGroup,{GROUP}\n",
)
TELLING: dict[str, str] = {
    "quoted": f'{SKILL},"{SKILL_1}",SkillGroup,{GROUP}\n',
    "with blanks": f" {SKILL} , {SKILL_1} ,SkillGroup,{GROUP} \n",
    "with CRLF": f"{SKILL},{SKILL_1},SkillGroup,{GROUP}\r\n",
    "with CR": f"{SKILL},{SKILL_1},SkillGroup,{GROUP}\r",
    "blank": "\n",
    "short": f"{SKILL},{SKILL_1},SkillGroup\n",
    "long": f"{SKILL},{SKILL_1},SkillGroup,{GROUP},\n",
    "over two lines": f'{SKILL},"{SKILL_1}\n",SkillGroup,{GROUP}\n',
    "of an unknown kind": f"Occupation,{SKILL_1},SkillGroup,{GROUP}\n",
    "with a relative URI": f"{SKILL},skill/1,SkillGroup,{GROUP}\n",
    "with a relative URI that is not loaded": f"Occupation,skill/1,ISCOGroup,{GROUP}\n",
    "with text after a quote": f'{SKILL},"{SKILL_1}"x,SkillGroup,{GROUP}\n',
    "with a lone surrogate": f"{SKILL},{SKILL_1}\ud800,SkillGroup,{GROUP}\n",
    "with a separator that ends no line": f"{SKILL},{SKILL_1}\u2028x\x0b\x1c,SkillGroup,{GROUP}\n",
    "with a quote in the middle": f'{SKILL},{SKILL_1}"x",SkillGroup,{GROUP}\n',
}

Found = tuple[Counter[object], list[Rejection]]


def found(source: EscoSource) -> Found:
    """Return all relations, whatever their order, and the rejections in theirs."""
    read = list(source.relations())
    rejected = [entry for entry in read if isinstance(entry, Rejection)]
    return Counter(entry for entry in read if not isinstance(entry, Rejection)), rejected


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Found]:
    """How the rows of a folder are read that are never plain."""

    def read(folder: Path) -> Found:
        with monkeypatch.context() as patched:
            patched.setattr(parsing, "_parsed_plain", lambda lines, width: None)
            return found(open_esco(folder))

    return read


def written(folder: Path, rows: list[str]) -> Path:
    content = (HEADER + "".join(rows)).encode("utf-8", "surrogatepass")
    return write_folder(folder, tiny(broaderRelationsSkillPillar=content))


@pytest.mark.parametrize("odd", TELLING)
@pytest.mark.parametrize("characters", [400, 1024 * 1024])
def test_an_odd_row_anywhere_changes_nothing_but_itself(
    odd: str,
    characters: int,
    tmp_path: Path,
    one_by_one: Callable[[Path], Found],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "PLAIN_CHARACTERS", characters)
    for at in (0, 1, 17, ROWS - 1):
        rows = [PLAIN[number % len(PLAIN)] for number in range(ROWS)]
        rows[at] = TELLING[odd]
        folder = written(tmp_path / f"{at}", rows)
        assert found(open_esco(folder)) == one_by_one(folder)


@pytest.mark.parametrize("seed", range(20))
def test_many_odd_rows_are_read_as_one_by_one(
    seed: int,
    tmp_path: Path,
    one_by_one: Callable[[Path], Found],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "PLAIN_CHARACTERS", 400)
    chance = Random(seed)
    kinds = [*PLAIN * 20, *TELLING.values()]
    folder = written(tmp_path / "data", chance.choices(kinds, k=ROWS))
    assert found(open_esco(folder)) == one_by_one(folder)


def test_plain_files_are_read_by_column_and_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*asked: object, **options: object) -> None:
        raise AssertionError("read row by row")

    folder = written(tmp_path / "data", [*PLAIN * 100])
    monkeypatch.setattr(parsing, "_records", never)
    tables = open_tables(folder, language="en", limits=Limits())
    columns = ("conceptType", "conceptUri")
    parts = list(tables.columns("broaderRelationsSkillPillar", columns))
    assert [type(part) for part in parts] == [Columns]
    assert [len(cells) for part in parts for cells in part[1]] == [300, 300]


def test_the_line_of_a_rejected_row_is_the_one_in_the_file(tmp_path: Path) -> None:
    rows = [PLAIN[0]] * 10
    rows[6] = TELLING["of an unknown kind"]
    _, rejected = found(open_esco(written(tmp_path / "data", rows)))
    assert [(entry.file, entry.line) for entry in rejected] == [
        ("broaderRelationsSkillPillar_en.csv", 8)
    ]
    assert FILES["broaderRelationsSkillPillar"].startswith(HEADER)
