"""`sqlite`: what can happen to a file: its writer killed, no space, no right, a lock, other bytes.

Each ends by itself or in one clear sentence; when it is over, a resume completes.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from tests.acceptance.place import KILLED, Place
from tests.drills.moments import while_working
from tests.drills.namespaces import MEGABYTE, filled, read_only, small_disk
from tests.drills.rounds import WAIT, Round, expect

FAILED, UNUSABLE, UNREACHABLE = 1, 2, 69
DISK_MEGABYTES = 64
SHORT_SECONDS = (0.5, 4.0)  # with a lease of five seconds
NO_DATABASE = b"This was never a database.\n" * 400


def sqlite_file(played: Round) -> None:
    """Play one of the variants."""
    variant = list(VARIANTS)[played.number % len(VARIANTS)]
    played.figures.counts[variant.replace(" ", "_").replace("-", "_")] += 1
    VARIANTS[variant](played)


def _killed(played: Round) -> None:
    """Kill -9, up to three times."""
    place = played.bench.file()
    for _ in range(played.chance.randint(1, 3)):
        at = _moment(played)
        killed = played.ingest(place, driven=("--at", f"KILL:{at}"))
        if played.ended(killed, 0, KILLED, where=at).code == KILLED:
            played.disturbed(at)
    played.finish(place)
    played.judge(place)


def _locked_for_a_while(played: Round) -> None:
    """Another program locks the file, and lets go of it while the load waits."""
    place = played.bench.file()
    loading = played.ingest(place, *WAIT, driven=("--at", f"STOP:{_moment(played)}"))
    loading.until_stopped()
    loading.wake()  # before: it may stand still within a transaction
    with _locked(_path(place)):
        if loading.poll() is None:
            played.disturbed("locked")
        time.sleep(played.chance.uniform(*SHORT_SECONDS))
    played.ended(loading, 0, where="locked for a while")
    played.judge(place)


def _locked_for_long(played: Round) -> None:
    """Another program locks the file for longer than the load waits."""
    place = played.bench.file()
    loading = played.ingest(place, driven=("--at", f"STOP:{_moment(played)}"))
    loading.until_stopped()
    loading.wake()  # before: it may stand still within a transaction
    with _locked(_path(place)):
        played.ended(loading, UNREACHABLE, where="locked for long")
        played.disturbed("locked")
        late = played.ingest(place)
        done = played.ended(late, UNREACHABLE, where="a start on a locked file")
        expect("lock" in done.told, f"a start on a locked file: {done.told}")
    played.finish(place)
    played.judge(place)


def _no_database(played: Round) -> None:
    """The file is something else: it is refused, and stays what it is."""
    place = played.bench.file()
    path = _path(place)
    path.write_bytes(NO_DATABASE)
    played.disturbed("another file")
    done = played.ended(played.ingest(place), UNUSABLE, where="no database")
    expect("database" in done.told, f"no database: {done.told}")
    expect(path.read_bytes() == NO_DATABASE, "the file that is no database was written to")
    expect(list(path.parent.glob(f"{path.name}-*")) == [], "something was put beside it")


def _read_only(played: Round) -> None:
    """Nothing can be written: a start is refused; with the right back a resume completes."""
    folder = played.bench.folder / played.name
    folder.mkdir()
    place = played.bench.file(folder)
    before = played.ingest(place, driven=("--at", f"KILL:{_moment(played)}"))
    played.ended(before, KILLED, where="the load before")
    digest = _digest(_path(place))
    with read_only(folder):
        played.disturbed("read-only")
        done = played.ended(played.ingest(place), UNUSABLE, where="read-only")
        expect("written" in done.told or "opened" in done.told, f"read-only: {done.told}")
    expect(_digest(_path(place)) == digest, "a file that was read-only has changed")
    played.finish(place)
    played.judge(place)


def _disk_full_for_a_while(played: Round) -> None:
    """The disk is full, and has space again while the load waits."""
    with _nearly_full(played) as (place, disk, left):
        loading = played.ingest(place, *WAIT)
        with filled(disk, left_bytes=left):
            _await_stillness(_path(place), 3.0)
            if loading.poll() is None:
                played.disturbed("full")
        where = f"full with {left} bytes left, for a while"
        done = played.ended(loading, 0, FAILED, UNREACHABLE, where=where)
        if done.code != 0:
            expect("full" in done.told, f"{where}: {done.told}")
            played.finish(place)
        played.judge(place)


def _disk_full_for_long(played: Round) -> None:
    """The disk stays full: the load says so; with space again a resume completes."""
    with _nearly_full(played) as (place, disk, left):
        with filled(disk, left_bytes=left):
            loading = played.ingest(place)
            where = f"full with {left} bytes left, for long"
            done = played.ended(loading, FAILED, UNREACHABLE, where=where)
            expect("full" in done.told, f"{where}: {done.told}")
            played.disturbed("full")
        played.finish(place)
        played.judge(place)


VARIANTS = {
    "killed": _killed,
    "locked for a while": _locked_for_a_while,
    "no database": _no_database,
    "disk full for a while": _disk_full_for_a_while,
    "locked for long": _locked_for_long,
    "read-only": _read_only,
    "disk full for long": _disk_full_for_long,
}


def _moment(played: Round) -> str:
    bench = played.bench
    return while_working(played.chance, bench.events, sendings=bench.sendings)


def _path(place: Place) -> Path:
    return Path(place.store.removeprefix("sqlite:///"))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _nearly_full(played: Round) -> Iterator[tuple[Place, Path, int]]:
    """Yield a file on a small disk, and how many bytes to leave there: too few for all of it."""
    whole = _path(played.bench.loaded).stat().st_size
    left = int(whole * played.chance.uniform(0.05, 0.7))
    disk = played.bench.folder / played.name
    with small_disk(disk, megabytes=DISK_MEGABYTES + 4 * whole // MEGABYTE):
        yield played.bench.file(disk), disk, left


def _await_stillness(path: Path, seconds: float) -> None:
    """Return when the file and its log have not grown for so long."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        files = [one for one in path.parent.glob(f"{path.name}*") if one.exists()]
        size = sum(one.stat().st_size for one in files)
        if size != last or not size:
            last, since = size, time.monotonic()
        time.sleep(0.1)


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
