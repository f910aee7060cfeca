"""What ought to be small is read up to a bound, from whatever kind of file."""

import errno
import os
from pathlib import Path

import pytest

from journal.small_files import MOST_BYTES, FileTooLarge, bytes_in, text_in


def test_a_file_is_read_whole_up_to_the_bound(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"k" * MOST_BYTES)
    assert bytes_in(file) == b"k" * MOST_BYTES
    file.write_bytes(b"k" * (MOST_BYTES + 1))
    with pytest.raises(FileTooLarge) as caught:
        bytes_in(file)
    assert (caught.value.errno, caught.value.strerror) == (errno.EFBIG, "File too large")


def test_what_has_no_end_is_too_large() -> None:
    with pytest.raises(FileTooLarge):
        bytes_in(Path("/dev/zero"))


def test_a_pipe_is_read_to_its_end() -> None:
    """As a shell's <(...) is one."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"the k")
        os.write(writing, "\u00e9y\n".encode())
        os.close(writing)
        assert text_in(Path(f"/dev/fd/{reading}")) == "the k\u00e9y\n"
    finally:
        os.close(reading)


def test_what_is_no_text_is_not_taken_for_some(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        text_in(tmp_path / "key")
