"""What tells that an input is the one that was loaded, without unpacking it.

Knows files and their bytes; nothing of what is in them. Equal seals mean equal bytes, and so
equal fingerprints. Different seals mean nothing: a zip and its folder, or a zip packed again,
may be the same input, and then the fingerprint says so.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

READ_BYTES = 1024 * 1024


def seal(path: Path, *, language: str) -> str:
    """Return the number of bytes and their SHA-256: of the zip as it is packed, or of a folder's
    files of that language, in the order of their names. "" if they can not be read.
    """
    try:
        files = _files(path, language)
        return f"{_size(files)}:{_digest(files, language)}" if files else ""
    except (OSError, ValueError):  # who opens the input says what is wrong with it
        return ""


def is_sealed(path: Path, known: str, *, language: str) -> bool:
    """Whether the input has that seal; one of another size is not read."""
    try:
        size = _size(_files(path, language))
    except (OSError, ValueError):
        return False
    return known.startswith(f"{size}:") and seal(path, language=language) == known


def _files(path: Path, language: str) -> Sequence[Path]:
    """Return the zip itself, or the files that a load in that language reads; () if one lacks."""
    if path.is_file():
        return (path,)
    from ingest.esco.files import FILES

    files = sorted(path / f"{stem}_{language}.csv" for stem in FILES)
    return files if all(file.is_file() for file in files) else ()


def _size(files: Sequence[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _digest(files: Sequence[Path], language: str) -> str:
    whole = hashlib.sha256(language.encode() + b"\0")
    for file in files:
        own = hashlib.sha256()
        with open(file, "rb", buffering=0) as stream:
            while chunk := stream.read(READ_BYTES):
                own.update(chunk)
        whole.update(own.digest())
    return whole.hexdigest()
