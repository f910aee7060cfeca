"""The inputs, made of the real files: the whole of ESCO, and the same with one percent changed.

`occupationSkillRelations_en.csv` of the zip has a part of the relations only; the synthetic file
beside it has the official one's volume.
"""

import csv
import gzip
import io
import zipfile
from pathlib import Path

WHOLE, SMALL = "esco-1.2.0-en.zip", "esco-small-en.zip"
SYNTHETIC = "occupationSkillRelations_en.synthetic.csv.gz"
RELATIONS = "occupationSkillRelations_en.csv"
CHANGED_FILES = ("skills_en.csv", "occupations_en.csv")
CHANGED_EVERY = 100


def write_whole(source: Path, out: Path) -> Path:
    """Write the whole of ESCO as one zip, with all of its volume; `source` has the files."""
    with zipfile.ZipFile(source / WHOLE) as files, gzip.open(source / SYNTHETIC) as synthetic:
        _rewrite(files, out, {RELATIONS: synthetic.read()})
    return out


def write_changed(source: Path, out: Path) -> Path:
    """Write the zip with another description in each hundredth skill and occupation."""
    with zipfile.ZipFile(source) as files:
        _rewrite(files, out, {name: _changed(files.read(name)) for name in CHANGED_FILES})
    return out


def _rewrite(files: zipfile.ZipFile, out: Path, replaced: dict[str, bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name in files.namelist():
            written.writestr(name, replaced[name] if name in replaced else files.read(name))


def _changed(content: bytes) -> bytes:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    for row in rows[::CHANGED_EVERY]:
        row["description"] += " (changed)"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
