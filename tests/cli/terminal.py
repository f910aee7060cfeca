"""A real pseudo-terminal with a command in it: what a person sees and types."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from types import TracebackType
from typing import Self

from tests.cli.conftest import CANARY, VARITY, environment

PATIENCE_SECONDS = 60.0


class Terminal:
    """A command whose stdin, stdout and stderr are a terminal of 80 columns."""

    def __init__(self, *arguments: str, **extra: str) -> None:
        self.shown = ""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._process = subprocess.Popen(
            [*VARITY, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(**extra),
            start_new_session=True,
            # The terminal must be the controlling one, or Ctrl-C reaches nobody.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def sees(self, text: str) -> None:
        """Read until `text` is on the screen.

        Raises:
            AssertionError: the command ended, or took too long, without showing it.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.shown:
            assert time.monotonic() < deadline, f"no {text!r} in {self.shown!r}"
            assert self._read(), f"ended without {text!r}: {self.shown!r}"

    def types(self, text: str) -> None:
        """Type as on the keyboard."""
        os.write(self._master, text.encode())

    def ends(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Read what is there; False once the command has closed its side."""
        ready, _, _ = select.select([self._master], [], [], PATIENCE_SECONDS)
        assert ready, f"nothing more came after {self.shown!r}"
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # EIO: the other side is closed
            return False
        self.shown += chunk.decode(errors="replace")
        assert CANARY not in self.shown, "the API key was shown"
        return bool(chunk)
