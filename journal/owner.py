"""Who this process is, and whether another one on this machine is gone.

Reads /proc and nothing else. Where /proc does not say, the answer is "cannot tell" and the
heartbeat decides.
"""

import os
import socket
from pathlib import Path

from journal.clock import Clock
from journal.events import Owner

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")
_PROCESSES = Path("/proc")
_STATE_FIELD = 0  # fields of /proc/PID/stat counted from behind the command's ")"
_START_TIME_FIELD = 19


def this_process(clock: Clock, *, ttl_seconds: float) -> Owner:
    """Return this process as an owner with a fresh id."""
    return Owner(
        id=clock.new_id(),
        host=socket.gethostname(),
        pid=os.getpid(),
        process_started=_start_time(os.getpid()),
        boot_id=_boot_id(),
        pid_namespace=_pid_namespace(),
        ttl_seconds=ttl_seconds,
    )


def is_gone(owner: Owner) -> bool:
    """Whether the owner lived where we can see and no longer does; False if we cannot tell.

    Containers of one host share the boot id but not the pids, hence the namespace. A pid
    without its start time proves nothing: pids are reused.
    """
    known = owner.boot_id and owner.pid_namespace and owner.process_started
    if not known or (owner.boot_id, owner.pid_namespace) != (_boot_id(), _pid_namespace()):
        return False
    if (_PROCESSES / str(owner.pid)).exists():
        return _start_time(owner.pid) != owner.process_started
    return not _is_running(owner.pid)  # mounted with `hidepid` the folder looks absent


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _pid_namespace() -> str:
    try:
        return os.readlink(_PID_NAMESPACE)
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    """Return the process's start in clock ticks since boot; "" if it is not there, or a zombie.

    A zombie has closed its connections; only its parent has not yet looked.
    """
    try:
        stat = (_PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = stat[stat.rindex(")") + 1 :].split()
    return "" if fields[_STATE_FIELD] in ("Z", "X") else fields[_START_TIME_FIELD]
