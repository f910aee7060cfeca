"""Arrangements of data sets: the tiny one as a folder or a zip, with something bad in it."""

import zipfile
from collections.abc import Callable

from tests.corpus.case import TELLTALE, Arrange, World
from tests.ingest.esco_builder import FILES, tiny, write_folder, write_zip

SKILL = "https://example.org/skill/9"
# A row of skills_en.csv, of thirteen columns.
SKILL_ROW = "KnowledgeSkillCompetence,{uri},,,{label},,,released,{date},,,,{description}\n"


def telling(**changed: str | bytes | None) -> dict[str, bytes]:
    """Return the tiny set whose texts would tell where they go."""
    files = tiny(**changed)
    return {name: content.replace(b"To saw", b"To saw " + TELLTALE.encode())
            for name, content in files.items()}  # fmt: skip


def folder(**changed: str | bytes | None) -> Arrange:
    """Put the tiny set into the folder `data`, some files of it with other content."""

    def arrange(world: World) -> None:
        write_folder(world.folder / "data", telling(**changed))

    return arrange


def skill_row(
    *, uri: str = SKILL, label: str = "file", date: str = "", description: str = TELLTALE
) -> str:
    """Return one more row for skills_en.csv."""
    return SKILL_ROW.format(uri=uri, label=label, date=date, description=description)


def more_skills(*rows: str, errors: str = "strict") -> Arrange:
    """Put the tiny set there with more rows at the end of skills_en.csv (from line 9)."""
    return folder(skills=(FILES["skills"] + "".join(rows)).encode(errors=errors))


def zipped(
    spoil: Callable[[zipfile.ZipFile], None] | None = None, *, inside: str = "", **changed: None
) -> Arrange:
    """Put the tiny set into data.zip; `spoil` adds to the open zip."""

    def arrange(world: World) -> None:
        path = write_zip(world.folder / "data.zip", telling(**changed), inside=inside)
        if spoil is not None:
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as opened:
                spoil(opened)

    return arrange
