"""Zips and folders that are not what they should be."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.corpus.case import Arrange, Case, World, loads
from tests.corpus.data import telling, zipped
from tests.ingest.esco_builder import FILES, write_folder, write_zip

LOAD = "ingest data.zip --embedder hashing"
SKILLS = "skills_en.csv"
CENTRAL = b"PK\x01\x02"  # begins the entry of a file in the list at a zip's end


def entry(name: str, content: bytes = b"x") -> Callable[[zipfile.ZipFile], None]:
    return lambda opened: opened.writestr(name, content)


def link(opened: zipfile.ZipFile) -> None:
    described = zipfile.ZipInfo("shadow")
    described.external_attr = 0o120777 << 16
    opened.writestr(described, "/etc/shadow")


def twice(opened: zipfile.ZipFile) -> None:
    opened.writestr("again/" + SKILLS, FILES["skills"])


def bomb(opened: zipfile.ZipFile) -> None:
    opened.writestr(SKILLS, b"\0" * 50_000_000)


def rezipped(spoil: Callable[[bytes], bytes]) -> Arrange:
    """Put the tiny set into data.zip and change its bytes."""

    def arrange(world: World) -> None:
        path = write_zip(world.folder / "data.zip", telling())
        path.write_bytes(spoil(path.read_bytes()))

    return arrange


def listed(name: str, at: int, packed: bytes) -> Callable[[bytes], bytes]:
    """Overwrite a part of the file's entry in the list at the end of the zip."""

    def spoil(content: bytes) -> bytes:
        named = content.index(name.encode(), content.index(CENTRAL))
        start = content.rindex(CENTRAL, 0, named) + at
        return content[:start] + packed + content[start + len(packed) :]

    return spoil


def damaged(content: bytes) -> bytes:
    start = content.index(SKILLS.encode()) + len(SKILLS) + 20
    return content[:start] + bytes([content[start] ^ 0xFF]) + content[start + 1 :]


def misnamed(content: bytes) -> bytes:
    """Have both headers of a file say that its name is UTF-8, and spoil the one before it."""
    start = content.index(SKILLS.encode()) - 30
    content = content[: start + 6] + struct.pack("<H", 0x800) + content[start + 8 :]
    content = content[: start + 30] + b"\xff" + content[start + 31 :]
    return listed(SKILLS, 8, struct.pack("<H", 0x800))(content)


def liar(world: World) -> None:
    """A file of 50 MB that the list at the zip's end calls one of 500 bytes."""
    files = telling()
    path = write_zip(world.folder / "data.zip", {**files, SKILLS: b"\0" * 50_000_000})
    path.write_bytes(listed(SKILLS, 24, struct.pack("<I", 500))(path.read_bytes()))


def in_a_zip(world: World) -> None:
    write_zip(world.folder / "inner.zip", telling())
    with zipfile.ZipFile(world.folder / "data.zip", "w") as opened:
        opened.write(world.folder / "inner.zip", "ESCO/inner.zip")


def stored_by(method: int) -> Arrange:
    def arrange(world: World) -> None:
        with zipfile.ZipFile(world.folder / "data.zip", "w", method) as opened:
            for name, content in telling().items():
                opened.writestr(name, content)

    return arrange


def instead(make: Callable[[Path], None]) -> Arrange:
    """Put something else where skills_en.csv must be in the folder `data`."""

    def arrange(world: World) -> None:
        make(write_folder(world.folder / "data", telling(skills=None)) / SKILLS)

    return arrange


def at(name: str, make: Callable[[Path], object]) -> Arrange:
    return lambda world: make(world.folder / name)  # type: ignore[return-value]


MISSING = f"{SKILLS} is not in {{FOLDER}}/data.zip: give ESCO's whole CSV download, and its language with --language"
UNSAFE = "{FOLDER}/data.zip is unsafe: a name in it points out of the zip"
NO_ZIP = "{FOLDER}/data.zip is neither a folder nor a readable zip: name one of ESCO's CSV files"


def zip_case(name: str, bad: str, arrange: Arrange, says: str) -> Case:
    return Case(name=name, bad=bad, arrange=arrange, says=says, code=2, command=LOAD)


ZIPS = (
    zip_case("zip-traversal", "a name that climbs out", zipped(entry("../../etc/x")), UNSAFE),
    zip_case("zip-absolute", "an absolute name", zipped(entry("/etc/x")), UNSAFE),
    zip_case("zip-backslash", "a name that climbs by backslashes", zipped(entry("a\\..\\..\\x")), UNSAFE),
    zip_case("zip-drive", "a name on a drive", zipped(entry("C:x")), UNSAFE),
    zip_case("zip-symlink", "a symbolic link", zipped(link), "{FOLDER}/data.zip is unsafe: it holds a symbolic link"),
    zip_case("zip-twice", "a file twice, in two folders", zipped(twice), "{FOLDER}/data.zip holds skills_en.csv twice: keep one of them"),
    zip_case("zip-folders", "files in several folders",
             zipped(twice, skills=None), "{FOLDER}/data.zip has its CSV files in several folders: put them in one"),
    zip_case("zip-deep", "files two folders deep", zipped(inside="a/b/"), "ISCOGroups_en.csv is not in {FOLDER}/data.zip: give ESCO's whole CSV download, and its language with --language"),
    zip_case("zip-bomb", "a bomb: 50 MB in 50 KB", zipped(bomb, skills=None), "skills_en.csv unpacks to more than 200 times its size: this is not ESCO's file"),
    zip_case("zip-huge", "a file that calls itself 3 GB",
             rezipped(listed(SKILLS, 24, struct.pack("<I", 3_000_000_000))), "skills_en.csv holds more than 2,147,483,648 bytes: this is not ESCO's file"),
    zip_case("zip-liar", "a bomb that calls itself 500 bytes", liar, "skills_en.csv in {FOLDER}/data.zip is damaged: download it again"),
    zip_case("zip-in-zip", "a zip in the zip", in_a_zip, "ISCOGroups_en.csv is not in {FOLDER}/data.zip: give ESCO's whole CSV download, and its language with --language"),
    zip_case("zip-truncated", "a truncated zip", rezipped(lambda content: content[:-30]), NO_ZIP),
    zip_case("zip-crc", "a file whose checksum is wrong", rezipped(damaged), "skills_en.csv in {FOLDER}/data.zip is damaged: download it again"),
    zip_case("zip-header-name", "a file whose own header gives a name that is no UTF-8",
             rezipped(misnamed), "skills_en.csv in {FOLDER}/data.zip is damaged: download it again"),
    zip_case("zip-encrypted", "an encrypted file",
             rezipped(listed(SKILLS, 8, struct.pack("<H", 1))), "{FOLDER}/data.zip is encrypted: give it without a password"),
    zip_case("zip-method", "files packed by LZMA", stored_by(zipfile.ZIP_LZMA), "ISCOGroups_en.csv is compressed by an unusual method: zip it with deflate"),
    zip_case("zip-no-zip", "text named data.zip",
             at("data.zip", lambda path: path.write_text("TELLTALE")), NO_ZIP),
    zip_case("zip-zero-bytes", "a zip of zero bytes", at("data.zip", Path.touch), NO_ZIP),
    zip_case("zip-file-missing", "a file missing", zipped(skills=None), MISSING),
    zip_case("zip-directory", "a directory in place of a file",
             zipped(entry(SKILLS + "/", b""), skills=None), MISSING),
    Case(name="zip-language", bad="a zip of another language", code=2,
         arrange=zipped(), command=LOAD + " --language de", says="ISCOGroups_de.csv is not in {FOLDER}/data.zip: give ESCO's whole CSV download, and its language with --language"),
    loads("zip-folder", "a zip with its files in one folder", zipped(inside="ESCO dataset/"), command=LOAD),
)  # fmt: skip

FOLDERS = (
    Case(name="data-absent", bad="DATA that does not exist", code=2, says="{FOLDER}/data does not exist: name a folder or a zip of ESCO's CSV files"),
    Case(name="data-fifo", bad="a FIFO as DATA", code=2, arrange=at("data", os.mkfifo), says="{FOLDER}/data is neither a folder nor a zip: name one of ESCO's CSV files"),
    Case(name="data-device", bad="a device as DATA", code=2,
         command="ingest /dev/zero --embedder hashing", says="/dev/zero is neither a folder nor a zip: name one of ESCO's CSV files"),
    Case(name="data-empty-folder", bad="an empty folder", code=2,
         arrange=at("data", Path.mkdir), says="ISCOGroups_en.csv is not in {FOLDER}/data: give ESCO's whole CSV download, and its language with --language"),
    Case(name="data-name", bad="DATA whose name is no text", code=2,
         command=("ingest", "data\udcff", "--embedder", "hashing"), says="the name of '{FOLDER}/data\\udcff' is not Unicode text; rename the file"),
    Case(name="data-name-control", bad="DATA whose name would move the cursor", code=2,
         command=("ingest", "d\x1b[2Jata\u202e", "--embedder", "hashing"), says="{FOLDER}/d\\x1b[2Jata\\u202e does not exist: name a folder or a zip of ESCO's CSV files"),
    Case(name="data-nul", bad="a NUL in the name of DATA", code=2,
         command=("ingest", "da\0ta", "--embedder", "hashing"),
         says="'da\\x00ta' is no name of a file: take the NUL out"),
    Case(name="data-long-name", bad="DATA with a name of 5,000 letters", code=2,
         command=("ingest", "d" * 5000, "--embedder", "hashing"), says="{FOLDER}/{ANY} can not be read: File name too long"),
    Case(name="file-directory", bad="a directory in place of a file", code=2,
         arrange=instead(Path.mkdir), says="{FOLDER}/data/skills_en.csv is not a plain file: put the CSV file there"),
    Case(name="file-fifo", bad="a FIFO in place of a file", code=2,
         arrange=instead(os.mkfifo), says="{FOLDER}/data/skills_en.csv is not a plain file: put the CSV file there"),
    Case(name="file-loop", bad="a link to itself in place of a file", code=2,
         arrange=instead(lambda path: path.symlink_to(path)), says="skills_en.csv is not in {FOLDER}/data: give ESCO's whole CSV download, and its language with --language"),
    # Readable to nobody, root included: what a file without permission is to others.
    Case(name="file-unreadable", bad="a file that can not be read", code=2,
         arrange=instead(lambda path: path.symlink_to("/proc/self/mem")), says="skills_en.csv in {FOLDER}/data can not be read: Input/output error"),
    Case(name="file-huge", bad="a file of 3 GB (sparse)", code=2,
         arrange=instead(lambda path: sparse(path, 3_000_000_000)), says="skills_en.csv holds more than 2,147,483,648 bytes: this is not ESCO's file"),
)  # fmt: skip


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as opened:
        opened.truncate(size)


CASES: tuple[Case, ...] = (*ZIPS, *FOLDERS)
