"""Opens the wanted files of a data set, in a folder or straight from a zip.

Knows folders, zips and what makes them unsafe; knows nothing of CSV or ESCO. Nothing is ever
extracted to disk, and no size that an archive declares is trusted.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, TypeAlias

from ingest.records import InputError

READ_BYTES = 256 * 1024
RATIO_FLOOR_BYTES = 1024 * 1024  # below this, a high ratio harms nobody (an empty column does it)
ENCRYPTED_FLAG = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others inflate without bound in one read

Stamp: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may hold, and how many times its compressed size."""

    file_bytes: int = 2 * 1024**3
    ratio: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The wanted files that a folder or zip holds: wanted name -> name inside it."""

    path: Path
    zipped: bool
    members: Mapping[str, str]
    stamps: Mapping[Path, Stamp]
    limits: Limits

    def check_unchanged(self) -> None:
        """Raise unless every file is still the one of the first look.

        Raises:
            InputError: one was replaced, written to or removed since.
        """
        for where, stamp in self.stamps.items():
            try:
                is_same = _stamp(where) == stamp
            except OSError:
                is_same = False
            if not is_same:
                raise InputError(f"{where} changed while it was being read: start again")

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """Open one file for reading, from its start; may be called any number of times.

        Raises:
            InputError: it can not be read, is damaged, too large, or changed since the first look.
        """
        where = self.path if self.zipped else self.path / self.members[name]
        try:
            if _stamp(where) != self.stamps[where]:
                raise InputError(f"{where} changed while it was being read: start again")
            if not self.zipped:
                with open(where, "rb", buffering=0) as plain:
                    yield self._metered(plain.read, name)
                return
            with zipfile.ZipFile(self.path) as opened, self._member(opened, name) as member:
                yield self._metered(member.read, name)
        except (zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise InputError(f"{name} in {self.path} is damaged: download it again") from error
        except OSError as error:
            raise InputError(f"{name} in {self.path} can not be read: {error.strerror}") from error

    def _member(self, opened: zipfile.ZipFile, name: str) -> IO[bytes]:
        """Open one file of the zip, whose own header need not agree with the zip's directory."""
        try:
            return opened.open(self.members[name])
        except (ValueError, LookupError) as error:  # its name is no UTF-8, though it says so
            raise zipfile.BadZipFile from error

    def _metered(self, read: Callable[[int], bytes], name: str) -> BinaryIO:
        return io.BufferedReader(_Metered(read, name, self.limits.file_bytes), READ_BYTES)


def open_archive(path: Path, wanted: Collection[str], *, limits: Limits) -> Archive:
    """Find the wanted files in `path`; what is not wanted is ignored.

    In a zip they lie at the top or in one folder; a folder holds them itself.

    Raises:
        InputError: `path` is neither folder nor zip, or the zip is unsafe.
    """
    try:
        if path.is_dir():
            return _folder(path, wanted, limits)
        if not path.exists():
            raise InputError(f"{path} does not exist: name a folder or a zip of ESCO's CSV files")
        if not path.is_file():
            raise InputError(f"{path} is neither a folder nor a zip: name one of ESCO's CSV files")
        stamps = {path: _stamp(path)}
        with zipfile.ZipFile(path) as opened:
            members = _members(path, opened.infolist(), wanted, limits)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is neither a folder nor a readable zip: name one of ESCO's CSV files"
        ) from error
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}") from error
    return Archive(path=path, zipped=True, members=members, stamps=stamps, limits=limits)


class _Metered(io.RawIOBase):
    """Counts what really comes out, and stops at the limit."""

    def __init__(self, read: Callable[[int], bytes], name: str, limit_bytes: int) -> None:
        self._read_bytes = read
        self._name = name
        self._limit_bytes = limit_bytes
        self._bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a Buffer, really
        chunk = self._read_bytes(len(buffer))
        buffer[: len(chunk)] = chunk
        self._bytes += len(chunk)
        if self._bytes > self._limit_bytes:
            raise InputError(_too_large(self._name, self._limit_bytes))
        return len(chunk)


def _folder(path: Path, wanted: Collection[str], limits: Limits) -> Archive:
    members = {name: name for name in wanted if (path / name).exists()}
    for name in members:
        if not (path / name).is_file():
            raise InputError(f"{path / name} is not a plain file: put the CSV file there")
        if (path / name).stat().st_size > limits.file_bytes:
            raise InputError(_too_large(name, limits.file_bytes))
    stamps = {path / name: _stamp(path / name) for name in members}
    return Archive(path=path, zipped=False, members=members, stamps=stamps, limits=limits)


def _members(
    path: Path, entries: list[zipfile.ZipInfo], wanted: Collection[str], limits: Limits
) -> dict[str, str]:
    members: dict[str, str] = {}
    folders: set[str] = set()
    for entry in entries:
        _refuse_unsafe(path, entry)
        inside = PurePosixPath(entry.filename)
        if entry.is_dir() or inside.name not in wanted or len(inside.parts) > 2:
            continue
        if inside.name in members:
            raise InputError(f"{path} holds {inside.name} twice: keep one of them")
        _refuse_oversized(inside.name, entry, limits)
        members[inside.name] = entry.filename
        folders.add(str(inside.parent))
    if len(folders) > 1:
        raise InputError(f"{path} has its CSV files in several folders: put them in one")
    return members


def _refuse_unsafe(path: Path, entry: zipfile.ZipInfo) -> None:
    """Refuse what no honest zip of CSV files holds, also under names that nobody wants."""
    name = entry.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":" or "\0" in name:
        raise InputError(f"{path} is unsafe: a name in it points out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(f"{path} is unsafe: it holds a symbolic link")
    if entry.flag_bits & ENCRYPTED_FLAG:
        raise InputError(f"{path} is encrypted: give it without a password")


def _refuse_oversized(name: str, entry: zipfile.ZipInfo, limits: Limits) -> None:
    if entry.compress_type not in METHODS:
        raise InputError(f"{name} is compressed by an unusual method: zip it with deflate")
    if entry.file_size > limits.file_bytes:
        raise InputError(_too_large(name, limits.file_bytes))
    if entry.file_size > max(RATIO_FLOOR_BYTES, limits.ratio * entry.compress_size):
        raise InputError(
            f"{name} unpacks to more than {limits.ratio} times its size: this is not ESCO's file"
        )


def _too_large(name: str, limit_bytes: int) -> str:
    return f"{name} holds more than {limit_bytes:,} bytes: this is not ESCO's file"


def _stamp(path: Path) -> Stamp:
    """What changes when a file is replaced or written to."""
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns
