"""Variants of the real files: the same zip with one thing in it changed."""

import zipfile
from pathlib import Path

BAD_ROW = b"KnowledgeSkillCompetence,no-address,knowledge,cross-sector,bad,,,released,,,,,bad\n"


def with_label(source: Path, out: Path, *, file: str, old: bytes, new: bytes) -> Path:
    """Write the zip with one text in one file replaced; it must be there exactly once."""
    content = _content(source, file)
    assert content.count(old) == 1
    return _rewritten(source, out, file, content.replace(old, new))


def with_bad_row(source: Path, out: Path) -> Path:
    """Write the zip with one more skill, whose address is none."""
    content = _content(source, "skills_en.csv")
    return _rewritten(source, out, "skills_en.csv", content.rstrip(b"\r\n") + b"\n" + BAD_ROW)


def _content(source: Path, file: str) -> bytes:
    with zipfile.ZipFile(source) as files:
        return files.read(file)


def _rewritten(source: Path, out: Path, file: str, content: bytes) -> Path:
    with zipfile.ZipFile(source) as files, zipfile.ZipFile(out, "w") as changed:
        for name in files.namelist():
            changed.writestr(name, content if name == file else files.read(name))
    return out
