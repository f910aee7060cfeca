"""Checks of a SQLite store: the file, its folder, and the room on its disk."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.diagnosis import Finding, ok, problem, warning

# ESCO with vectors and its write-ahead log takes about 0.2 GB.
TIGHT_BYTES, SCARCE_BYTES = 1_000_000_000, 200_000_000
BUSY_SECONDS = 2.0
OURS = ("Metadata", "leases", "classes", "objects")


def file(path: Path) -> Finding:
    """Look at the file without making one."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return problem("file", f"the folder {folder} is not there", "make it, or name another file")
    if not os.access(folder, os.W_OK | os.X_OK):  # the log beside it has to be written, too
        return problem("file", f"{folder} can not be written", "change its rights")
    if not path.exists():
        return ok("file", f"{path} is not there yet; a load makes it")
    if not path.is_file():
        return problem("file", f"{path} is no plain file", "name another file")
    if not os.access(path, os.R_OK | os.W_OK):
        return problem("file", f"{path} can not be read and written", "change its rights")
    try:
        mode, tables = _looked_into(path)
    except sqlite3.OperationalError as error:
        return problem("file", f"{path} can not be read ({error})", "see who keeps it locked")
    except sqlite3.DatabaseError:
        return problem("file", f"{path} is no SQLite database, or damaged", "name another file")
    foreign = "" if tables & set(OURS) or not tables else ", with tables of others only"
    if mode != "wal" and tables & set(OURS):
        return warning(
            "file",
            f"{path} is in mode {mode}, readers will wait for writers",
            "the next load switches it to wal; keep the file on a local disk",
        )
    return ok("file", f"{path}, {_size(path.stat().st_size)}, mode {mode}{foreign}")


def disk(path: Path) -> Finding:
    """Look how much room is left for the file."""
    parents = path.absolute().parents  # of "/" there are none
    folder = next((parent for parent in parents if parent.is_dir()), Path(path.absolute().anchor))
    free = shutil.disk_usage(folder).free
    seen = f"{_size(free)} free in {folder}"
    if free < SCARCE_BYTES:
        return problem("disk", seen, "free some: a load of ESCO needs about 0.2 GB")
    if free < TIGHT_BYTES:
        return warning("disk", seen, "a load of ESCO needs about 0.2 GB")
    return ok("disk", seen)


def _looked_into(path: Path) -> tuple[str, set[str]]:
    """Return the journal mode and the tables. Opening it read-only leaves everything as it is."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return str(mode), {str(name) for (name,) in rows}


def _size(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
