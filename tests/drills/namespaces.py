"""Small disks and read-only folders in a mount namespace of the drill's own; pids likewise.

`enter` begins the program anew in one; without the right to do so nothing is ever mounted.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "DRILL_HAS_MOUNTS_OF_ITS_OWN"
MEGABYTE = 1 << 20


class NoMounts(Exception):
    """This process may not mount, or must not: others would see it."""


def enter() -> None:
    """Replace this process by the same one in a mount namespace of its own, once.

    Raises:
        NoMounts: the kernel does not grant one.
    """
    if MARK in os.environ:
        return
    prefix = [*_unshare(), "--mount", "--propagation", "private"]
    probe = [*prefix, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    asked = subprocess.run(probe, capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise NoMounts(f"no mount namespace can be had here: {asked.stderr.strip()}")
    program = [*prefix, sys.executable, "-m", "tests.drills", *sys.argv[1:]]
    os.execvpe(program[0], program, {**os.environ, MARK: "1"})


def own_pids() -> tuple[str, ...]:
    """Return what runs a command in a pid namespace of its own; nothing where none can be had."""
    prefix = (*_unshare(), "--pid", "--fork", "--mount-proc", "--kill-child")
    asked = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if asked.returncode == 0 else ()


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount an empty disk of that size on the folder, which is made if need be."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nothing in the folder be written, not even by root."""
    _mount("--bind", str(folder), str(folder))
    _mount("-o", "remount,bind,ro", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def filled(disk: Path, *, left_bytes: int) -> Iterator[None]:
    """Fill the disk up to so many bytes; the space comes back at the end."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while not _grown(file.fileno(), disk, left_bytes):
            pass  # others write too: there is less space than there was
    try:
        yield
    finally:
        ballast.unlink()


def _grown(file: int, disk: Path, left_bytes: int) -> bool:
    space = os.statvfs(disk)
    size = space.f_bavail * space.f_bsize - left_bytes
    try:
        if size > 0:
            os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def _unshare() -> tuple[str, ...]:
    return ("unshare",) if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user")


def _mount(*arguments: str) -> None:
    if MARK not in os.environ:
        raise NoMounts("mounts would be seen by everybody: run it by scripts/drill")
    _run("mount", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoMounts(f"{' '.join(command)}: {done.stderr.strip()}")
