"""Whether an owner is gone: only what this machine can see decides, never a guess."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import journal.owner
from journal.clock import system_clock
from journal.codec import owner_from, owner_to
from journal.events import Owner
from journal.owner import is_gone, this_process


@pytest.fixture
def child() -> Iterator[tuple[subprocess.Popen[bytes], Owner]]:
    """A living process of this machine, and the owner that it would be."""
    says_who_it_is = (
        "import sys\n"
        "from journal.clock import system_clock\n"
        "from journal.codec import owner_to\n"
        "from journal.owner import this_process\n"
        "print(owner_to(this_process(system_clock(), ttl_seconds=30)), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", says_who_it_is], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        import orjson

        yield process, owner_from(orjson.loads(process.stdout.readline()))
        process.kill()


def test_this_process_names_itself_completely() -> None:
    me = this_process(system_clock(), ttl_seconds=12.5)
    assert (me.pid, me.ttl_seconds) == (os.getpid(), 12.5)
    assert me.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert me.pid_namespace.startswith("pid:[")
    assert me.process_started.isdigit()
    assert me.host
    assert this_process(system_clock(), ttl_seconds=1).id != me.id


def test_an_owner_reads_back_from_its_line() -> None:
    import orjson

    me = this_process(system_clock(), ttl_seconds=12.5)
    assert owner_from(orjson.loads(owner_to(me))) == me


def test_this_process_is_not_gone() -> None:
    assert not is_gone(this_process(system_clock(), ttl_seconds=1))


def test_a_child_is_gone_once_it_was_killed(child: tuple[subprocess.Popen[bytes], Owner]) -> None:
    process, owner = child
    assert owner.pid == process.pid
    assert not is_gone(owner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet looked at by us
    assert is_gone(owner)  # a zombie holds no connection
    process.wait()
    assert is_gone(owner)


def test_a_pid_that_another_process_has_now_is_gone() -> None:
    me = this_process(system_clock(), ttl_seconds=1)
    assert is_gone(replace(me, process_started=str(int(me.process_started) - 1)))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"pid_namespace": "pid:[1]"},
        {"boot_id": "another boot"},
        {"pid_namespace": ""},
        {"boot_id": ""},
        {"process_started": ""},
    ],
    ids=lambda changes: next(iter(changes.items())),
)
def test_where_we_can_not_see_nobody_is_gone(elsewhere: dict[str, str]) -> None:
    me = this_process(system_clock(), ttl_seconds=1)
    dead = replace(me, pid=2**22 + 1, process_started="1")  # above any pid
    assert is_gone(dead)
    assert not is_gone(replace(dead, **elsewhere))  # type: ignore[arg-type]


def test_a_process_that_proc_hides_from_us_is_not_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With `hidepid` the folders of other users' processes look absent."""
    me = this_process(system_clock(), ttl_seconds=1)
    monkeypatch.setattr(journal.owner, "_PROCESSES", tmp_path)
    assert not is_gone(me)


def test_without_proc_nothing_is_known_and_nobody_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(journal.owner, "_PROCESSES", tmp_path)
    monkeypatch.setattr(journal.owner, "_BOOT_ID", tmp_path / "none")
    monkeypatch.setattr(journal.owner, "_PID_NAMESPACE", tmp_path / "none")
    me = this_process(system_clock(), ttl_seconds=1)
    assert (me.boot_id, me.pid_namespace, me.process_started) == ("", "", "")
    assert not is_gone(me)


def test_a_command_with_spaces_and_brackets_is_read_right(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fields = ["S", *["0"] * 18, "987654", "0"]
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "stat").write_text(f"42 (a) b (c) {' '.join(fields)}\n")
    monkeypatch.setattr(journal.owner, "_PROCESSES", tmp_path)
    me = replace(this_process(system_clock(), ttl_seconds=1), pid=42, process_started="987654")
    assert not is_gone(me)
    assert is_gone(replace(me, process_started="987653"))
