"""Texts by number, out of the way: in memory while they are few, else in a temporary file.

Knows nothing of what it keeps. The order in which records are sent is not the order of the
files, and the texts of a large data set do not fit into memory.
"""

from array import array
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

MEMORY_BYTES = 64 * 1024 * 1024


class Spool:
    """An append-only list of byte strings; closing it removes its file."""

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._file = SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115 - closed by close
        self._ends = array("Q")
        self._at_end = True

    def __len__(self) -> int:
        return len(self._ends)

    def append(self, content: bytes) -> int:
        """Keep `content` and return its number, from 0."""
        start = self._ends[-1] if self._ends else 0
        if not self._at_end:
            self._file.seek(start)
            self._at_end = True
        self._file.write(content)
        self._ends.append(start + len(content))
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> bytes:
        start = self._ends[number - 1] if number else 0
        self._file.seek(start)
        self._at_end = False
        return self._file.read(self._ends[number] - start)

    def close(self) -> None:
        """Forget everything."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
