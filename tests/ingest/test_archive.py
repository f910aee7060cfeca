"""What is read of a folder or zip, and which zips are refused."""

import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from ingest.esco.archive import Archive, Limits, open_archive
from ingest.records import InputError
from tests.ingest.esco_builder import write_folder, write_zip

FILES = {"a.csv": b"one", "b.csv": b"two"}
WANTED = frozenset(FILES)


def opened(path: Path, limits: Limits | None = None) -> Archive:
    return open_archive(path, WANTED, limits=limits or Limits())


def content(archive: Archive, name: str) -> bytes:
    with archive.reading(name) as stream:
        return stream.read()


def zip_of(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path = tmp_path / "made.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        warnings.simplefilter("ignore")  # it warns of the duplicate names that a test wants
        for name, data in entries:
            made.writestr(name, data)
    return path


def test_reads_a_folder(tmp_path: Path) -> None:
    archive = opened(write_folder(tmp_path / "data", {**FILES, "other.csv": b"x"}))
    assert sorted(archive.members) == ["a.csv", "b.csv"]
    assert content(archive, "b.csv") == b"two"


@pytest.mark.parametrize("inside", ["", "ESCO en/"])
def test_reads_a_zip_with_at_most_one_folder(tmp_path: Path, inside: str) -> None:
    archive = opened(write_zip(tmp_path / "data.zip", FILES, inside=inside))
    assert content(archive, "a.csv") == b"one"
    assert content(archive, "a.csv") == b"one"  # and again, from the start


def test_does_not_look_two_folders_deep(tmp_path: Path) -> None:
    assert not opened(write_zip(tmp_path / "data.zip", FILES, inside="x/y/")).members


def test_ignores_what_nobody_asked_for(tmp_path: Path) -> None:
    path = zip_of(tmp_path, ("a.csv", b"one"), ("__MACOSX/._a.csv", b"x"), ("more/readme", b"x"))
    assert sorted(opened(path).members) == ["a.csv"]


def test_writes_nothing_to_disk(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "data.zip", FILES)
    content(opened(path), "a.csv")
    assert list(tmp_path.iterdir()) == [path]


def test_refuses_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        opened(tmp_path / "none")


@pytest.mark.parametrize("junk", [b"", b"conceptUri\n", b"PK\x03\x04 and no more"])
def test_refuses_what_is_neither_folder_nor_zip(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "data.zip").write_bytes(junk)
    with pytest.raises(InputError, match="neither a folder nor a readable zip"):
        opened(tmp_path / "data.zip")


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv"])
def test_refuses_a_name_that_points_out_of_the_zip(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="points out of the zip"):
        opened(zip_of(tmp_path, (name, b"one")))


def test_refuses_a_symbolic_link(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("other")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InputError, match="symbolic link"):
        opened(zip_of(tmp_path, (link, b"/etc/passwd")))


def test_refuses_an_encrypted_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "data.zip", FILES)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<H", raw, raw.index(b"PK\x01\x02") + 8, 0x1)
    path.write_bytes(raw)
    with pytest.raises(InputError, match="encrypted"):
        opened(path)


def test_refuses_a_wanted_name_that_comes_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv twice"):
        opened(zip_of(tmp_path, ("a.csv", b"one"), ("a.csv", b"other")))


def test_refuses_wanted_files_in_two_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="several folders"):
        opened(zip_of(tmp_path, ("x/a.csv", b"one"), ("y/b.csv", b"two")))


def test_refuses_a_file_above_the_limit(tmp_path: Path) -> None:
    limits = Limits(file_bytes=2)
    with pytest.raises(InputError, match="more than 2 bytes"):
        opened(write_zip(tmp_path / "data.zip", FILES), limits)
    with pytest.raises(InputError, match="more than 2 bytes"):
        opened(write_folder(tmp_path / "data", FILES), limits)


def test_refuses_a_zip_bomb(tmp_path: Path) -> None:
    path = zip_of(tmp_path, ("a.csv", b"0" * 5_000_000))
    with pytest.raises(InputError, match="200 times its size"):
        opened(path)


def test_counts_what_really_comes_out(tmp_path: Path) -> None:
    """A folder's file may grow unseen: the meter, not the declared size, is what protects."""
    folder = write_folder(tmp_path / "data", {"a.csv": b"one"})
    archive = opened(folder, Limits(file_bytes=10))
    with archive.reading("a.csv") as stream:
        with (folder / "a.csv").open("ab") as grown:
            grown.write(b"0" * 100)
        with pytest.raises(InputError, match="more than 10 bytes"):
            stream.read()


def test_never_gives_out_more_than_a_zip_declares(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "data.zip", {"a.csv": b"0123456789" * 10})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, 5)
    path.write_bytes(raw)
    with pytest.raises(InputError, match="damaged"):
        content(opened(path), "a.csv")


def test_refuses_an_unusual_compression(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.csv", b"one")
    with pytest.raises(InputError, match="unusual method"):
        opened(path)


def test_names_a_damaged_file(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "data.zip", {"a.csv": bytes(range(256)) * 40})
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"\xff" * 10
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"a\.csv in .* is damaged"):
        content(opened(path), "a.csv")


def test_names_a_wrong_checksum(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "data.zip", {"a.csv": b"one"})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 16, 1)
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"a\.csv in .* is damaged"):
        content(opened(path), "a.csv")


@pytest.mark.parametrize("zipped", [True, False])
def test_refuses_files_that_changed_meanwhile(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "data"
    write = write_zip if zipped else write_folder
    archive = opened(write(path, FILES))
    write(path, {"a.csv": b"another", "b.csv": b"two"})
    with pytest.raises(InputError, match="changed"):
        content(archive, "a.csv")


def test_refuses_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="not a plain file"):
        opened(tmp_path)
