"""Journals that no run of ours can have left, and database files that are none."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import os
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from tests.corpus.case import LOAD, After, Arrange, Case, World, loads
from tests.corpus.data import folder

DATABASE = "varity.db"
FORCE = LOAD + " --force-reingest"
FAILED, REFUSED, UNREACHABLE = 1, 2, 69
TRIGGERS = ("events_are_not_updated", "events_are_not_deleted", "events_are_not_replaced")
MENDED = "restore the journal, or erase it with `varity-journal reset --journal` and load again"


def edited(*statements: str) -> Arrange:
    """Load the tiny set, then change the journal by hand, its triggers taken away."""

    def arrange(world: World) -> None:
        folder()(world)
        world.varity(LOAD)
        edit(*statements)

    return arrange


def edit(*statements: str) -> None:
    """Change the journal by hand."""
    with closing(sqlite3.connect(DATABASE)) as connection:
        for trigger in TRIGGERS:
            connection.execute(f"drop trigger {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def detail(seq: int, **changed: object) -> str:
    """Return the statement that changes what the event at `seq` says."""
    patch = orjson.dumps(changed).decode().replace("'", "''")
    return f"update Metadata set details = json_patch(details, '{patch}') where seq = {seq}"


def set_to(column: str, value: str, *, seq: int = 3) -> str:
    return f"update Metadata set {column} = {value} where seq = {seq}"


def exported(spoil: Callable[[list[bytes]], list[bytes]]) -> Arrange:
    """Load, and leave an export of it with changed lines in all.jsonl."""

    def arrange(world: World) -> None:
        folder()(world)
        world.varity(LOAD)
        with closing(sqlite3.connect(DATABASE)) as connection:
            rows = connection.execute(
                "select pipeline, runId, epoch, seq, event, step, timestamp, details, version"
                " from Metadata order by epoch, seq"
            ).fetchall()
        lines = [line(*row) for row in rows]
        (world.folder / "all.jsonl").write_bytes(b"\n".join(spoil(lines)))

    return arrange


def line(pipeline: str, run: str, epoch: int, seq: int, event: str, step: str, at: str,
         details: str, version: str) -> bytes:  # fmt: skip
    return orjson.dumps({
        "pipeline": pipeline, "run_id": run, "epoch": epoch, "seq": seq, "event": event,
        "step": step or None, "at": at, "fenced": False, "details": orjson.loads(details),
        "version": int(version),
    })  # fmt: skip


def database(*statements: str) -> Arrange:
    """Make a database of another program."""

    def arrange(world: World) -> None:
        folder()(world)
        with closing(sqlite3.connect(DATABASE)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return arrange


def far_epoch(world: World) -> None:
    """A lease that no number of claims can have led to."""
    edited("update leases set epoch = 9000000000000")(world)
    world.change("journal.log.MOST_EMPTY_EPOCHS", 100)


def other_objects(world: World) -> None:
    """A table that only the target meets, when the run has begun."""
    database("create table objects (y)")(world)

    def mend() -> None:
        with closing(sqlite3.connect(DATABASE)) as connection:
            connection.execute("drop table objects")

    world.mend = mend


def file(content: bytes) -> Arrange:
    def arrange(world: World) -> None:
        folder()(world)
        (world.folder / DATABASE).write_bytes(content)

    return arrange


def made(make: Callable[[Path], object]) -> Arrange:
    def arrange(world: World) -> None:
        folder()(world)
        make(world.folder / DATABASE)

    return arrange


def format_versions(write: int, read: int) -> Arrange:
    """Mark the file as one of a later SQLite: readable only, or not at all, to root as well."""

    def arrange(world: World) -> None:
        edited("pragma wal_checkpoint(truncate)")(world)
        with closing(sqlite3.connect(DATABASE)) as connection:
            connection.execute("pragma journal_mode = delete")
        path = world.folder / DATABASE
        content = path.read_bytes()
        path.write_bytes(content[:18] + struct.pack("BB", write, read) + content[20:])

    return arrange


def damaged(world: World) -> None:
    """Overwrite every page but the first."""
    format_versions(1, 1)(world)
    path = world.folder / DATABASE
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def locked(world: World) -> None:
    format_versions(1, 1)(world)
    world.set("VARITY_LEASE_TTL", "1")
    world.open(exclusive(world.folder / DATABASE))


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file as another process would: SQLite's locks are between connections."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        yield


def log(name: str, bad: str, *statements: str, says: str = "", command: str = LOAD) -> Case:
    return Case(name=f"log-{name}", bad=bad, code=FAILED, says=says, command=command,
                arrange=edited(*statements))  # fmt: skip


def replays(name: str, bad: str, spoil: Callable[[list[bytes]], list[bytes]], *, says: str = "",
            reports: str = "") -> Case:  # fmt: skip
    return Case(name=f"export-{name}", bad=bad, code=FAILED, says=says, reports=reports,
                arrange=exported(spoil), command="replay all.jsonl")  # fmt: skip


def forced(name: str, bad: str, *statements: str, shown: tuple[str, ...] = ()) -> Case:
    return loads(f"log-{name}", bad, edited(*statements), command=FORCE, shown=shown)


EVENTS = (
    log("unknown-event", "an event of an unknown type", set_to("event", "'renamed'"),
         says=f"event esco/1:3 can not be read ('renamed' is missing or unknown); {MENDED}"),
    log("newer", "an event of a newer version", set_to("version", "'2'"),
         says="event esco/1:3 has format 2, this program reads up to 1; upgrade it"),
    log("version", "a version that is no number", set_to("version", "'two'"),
         says=f"event esco/1:3 can not be read (ValueError); {MENDED}"),
    log("gap", "a missing event", "delete from Metadata where seq = 3", command="history",
         says=f"epoch 1 of esco: expected seq 3, found 4; {MENDED}"),
    log("no-started", "an epoch without its first event", "delete from Metadata where seq = 1",
        command="history",
         says=f"epoch 1 of esco: expected seq 1, found 2; {MENDED}"),
    log("impossible", "an event that can not follow", set_to("event", "'interrupted'", seq=2),
        detail(2, signal=2),
         says=f"event esco/1:3: StepCompleted can not follow interrupted at 1:2 (step schema, 0 of 7 done); {MENDED}"),
    log("edited", "an edited event: another step", detail(4, step="skills"),
         says=f"event esco/1:4: StepStarted can not follow in_progress at 1:3 (step isco_groups, 1 of 7 done); {MENDED}"),
    log("position", "a step completed out of turn", detail(3, position=5),
         says=f"event esco/1:3: StepCompleted can not follow in_progress at 1:2 (step schema, 0 of 7 done); {MENDED}"),
    log("json", "details that are no JSON", set_to("details", "'{\"step\": '"),
         says=f"event esco/1:3 can not be read (no JSON: unexpected end of data); {MENDED}"),
    log("json-type", "details that are a list", set_to("details", "'[]'"),
         says=f"event esco/1:3 can not be read (TypeError); {MENDED}"),
    log("json-null", "details without a field", detail(3, counts=None),
         says=f"event esco/1:3 can not be read ('counts' is missing or unknown); {MENDED}"),
    log("json-text", "text for a number in the details", detail(3, counts={"Skill": "eleven"}),
         says=f"event esco/1:3 can not be read (ValueError); {MENDED}"),
    log("json-number", "a number beyond 64 bits in the details",
        detail(3, counts={"Skill": 1e308}), command="history --events",
         says=f"event esco/1:3 can not be read (ValueError); {MENDED}"),
    log("json-deep", "details nested 5,000 deep", set_to("details", f"'{'[' * 5000}'"),
         says=f"event esco/1:3 can not be read (no JSON: depth limit exceeded); {MENDED}"),
    log("blob", "details that are bytes", set_to("details", "x'fffe'"),
         says=f"event esco/1:3 can not be read (no JSON: str is not valid UTF-8: surrogates not allowed); {MENDED}"),
    log("timestamp", "a timestamp that is none", set_to("timestamp", "'noon'"),
         says=f"event esco/1:3 can not be read (ValueError); {MENDED}"),
    log("timestamp-naive", "a timestamp without a zone", set_to("timestamp", "'2026-01-01T00:00:00'"),
         says=f"event esco/1:3 can not be read (ValueError); {MENDED}"),
    log("timestamp-overflow", "a timestamp that its zone moves before the year 1",
        set_to("timestamp", "'0001-01-01T00:00:00+23:59'"),
         says=f"event esco/1:3 can not be read (OverflowError); {MENDED}"),
    log("run", "an event of another run in the middle", set_to("runId", "'x' || char(27) || '[2J'"),
         says=f"event esco/1:3: expected run {{ANY}} at 1:3, found run x\\x1b[2J; {MENDED}"),
    log("seq-text", "a seq that is text", set_to("seq", "'three'"),
         says=f"event esco/1:three can not be read (ValueError); {MENDED}"),
    log("epoch-text", "an epoch that is text", set_to("epoch", "'one'"), command="history",
         says=f"event esco/one:3 can not be read (ValueError); {MENDED}"),
    log("epoch-zero", "an epoch of 0", "update Metadata set epoch = 0", command="history",
         says=f"event esco/0:1 can not be read (ValueError); {MENDED}"),
    forced("lease-owner", "a lease whose owner is no JSON", "update leases set owner = '{'", shown=("status",)),
    forced("lease-owner-type", "a lease whose owner is a list", "update leases set owner = '[]'"),
    forced("lease-beat", "a heartbeat that is text",
           "update leases set beat = 'x', beaten_at = 'y', released = 0", shown=("status",)),
    Case(name="log-lease-epoch", bad="a lease of epoch 9,000,000,000,000", code=FAILED,
         arrange=far_epoch, says="esco: the newest epoch is 9000000000000, and the 100 before it hold"
         " no event; remove the lease of that epoch by hand"),
    forced("clock", "a clock far ahead",
           "update Metadata set timestamp = '9999-12-31T23:59:59.999999Z' where seq > 9",
           shown=("status", "history")),
    forced("legacy", "rows from before events", "insert into Metadata (metaType, status, timestamp, version, details) values"
        " ('ingestion_status', 'completed' || char(27), '2025-01-01' || char(8238), '1',"
        " char(155) || '[2J')", shown=("status", "history", "history --all", "export --all")),
)  # fmt: skip

EXPORTS = (
    replays("gap", "an export with a missing line", lambda lines: lines[:2] + lines[3:],
            reports=f"epoch 1 of esco: expected seq 3, found 4; {MENDED}"),
    replays("other", "an export with two contents at one position",
            lambda lines: [*lines, lines[2].replace(b'"at":"20', b'"at":"21')],
            reports="event esco/1:3 exists with two different contents: look at both"
            f" (`export --all`); {MENDED}"),
    replays("newer", "an export with an event of a newer version",
            lambda lines: [*lines[:2], lines[2].replace(b'"version":1', b'"version":2')],
            says="all.jsonl, line 3: event esco/1:3 has format 2, this program reads up to 1; upgrade it"),
    replays("unknown", "an export with an unknown event",
            lambda lines: [*lines[:2], lines[2].replace(b'"step_completed"', b'"renamed"')],
         says=f"all.jsonl, line 3: event esco/1:3 can not be read ('renamed' is missing or unknown); {MENDED}"),
    Case(name="export-twice", bad="an export with a line twice", code=0, arrange=exported(
        lambda lines: [*lines, lines[2]]), command="replay all.jsonl", after=After.LOADED),
)  # fmt: skip

FILES = (
    Case(name="db-text", bad="a text file as database", code=REFUSED, arrange=file(b"no database\n" * 99),
         says="varity.db is no SQLite database; name another file"),
    Case(name="db-directory", bad="a directory as database", code=REFUSED, arrange=made(Path.mkdir),
         says="varity.db can not be opened: it is no plain file; name another"),
    Case(name="db-fifo", bad="a FIFO as database", code=REFUSED, arrange=made(os.mkfifo),
         says="varity.db can not be opened: it is no plain file; name another"),
    Case(name="db-device", bad="a device as database", code=REFUSED, arrange=folder(), says="/dev/full can not be opened: it is no plain file; name another",
         command=LOAD + " --store sqlite:////dev/full"),
    Case(name="db-no-folder", bad="a database in a folder that is not there", code=REFUSED,
         arrange=folder(), command=LOAD + " --store sqlite:///no/varity.db",
         says="no/varity.db can not be opened; check that its folder exists and its rights"),
    Case(name="db-proc", bad="a database where no file can be made", code=REFUSED,
         arrange=folder(), command=LOAD + " --store sqlite:////proc/varity.db",
         says="/proc/varity.db can not be opened; check that its folder exists and its rights"),
    Case(name="db-read-only", bad="a database that can only be read", code=REFUSED,
         arrange=format_versions(3, 1), command=LOAD + " --force-reingest",
         says="varity.db can not be written; check its rights and its folder's"),
    Case(name="db-newer", bad="a database of a later SQLite", code=REFUSED,
         arrange=format_versions(3, 3),
         says="varity.db is no SQLite database; name another file"),
    Case(name="db-damaged", bad="a damaged database", code=REFUSED, arrange=damaged,
         says="varity.db is damaged; restore it or name another file"),
    Case(name="db-locked", bad="a database locked by another process", code=UNREACHABLE,
         arrange=locked,
         says="varity.db was locked by another process for 0.5 s; try again when it is done"),
    Case(name="db-other-metadata", bad="a database with another Metadata", code=REFUSED,
         arrange=database("create table Metadata (x)", "create table leases (y)"),
         says="varity.db has tables of another program; name another file"),
    Case(name="db-other-leases", bad="a database with another table `leases`", code=REFUSED,
         arrange=database("create table leases (y)"),
         says="varity.db has a table leases of another shape; name another file"),
    Case(name="db-other-objects", bad="a database with another table `objects`", code=REFUSED,
         arrange=other_objects, after=After.RESUMABLE,
         says="varity.db has tables of another program; name another file"),
    Case(name="db-other-classes", bad="a database with another table `classes`", code=REFUSED,
         arrange=database("create table classes (y)"),
         says="varity.db has tables of another program; name another file"),
    Case(name="db-view", bad="a database with a view `Metadata`", code=REFUSED,
         arrange=database("create view Metadata as select 1 as x"),
         says="varity.db has a table Metadata of another shape; name another file"),
    loads("db-zero-bytes", "a database of zero bytes", file(b"")),
)  # fmt: skip

CASES: tuple[Case, ...] = (*EVENTS, *EXPORTS, *FILES)
