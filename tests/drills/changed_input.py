"""The same input with other labels: another fingerprint, and objects that can be told apart."""

import csv
import io
import zipfile
from pathlib import Path

FILE = "skills_{language}.csv"
EVERY = 3


def with_other_labels(source: Path, out: Path, *, language: str = "en") -> Path:
    """Write the zip with every third skill's label changed."""
    file = FILE.format(language=language)
    with zipfile.ZipFile(source) as files, zipfile.ZipFile(out, "w") as changed:
        for name in files.namelist():
            content = files.read(name)
            changed.writestr(name, _relabelled(content) if name == file else content)
    return out


def _relabelled(content: bytes) -> bytes:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    for row in rows[::EVERY]:
        row["preferredLabel"] += " (changed)"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
