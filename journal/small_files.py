"""Reading what somebody names and what ought to be small: a key, settings, certificates.

A name may be mistyped: a device has no end, and what is large fills the memory. A pipe is
read as any file is, as far as that bound.
"""

import errno
import os
from pathlib import Path

MOST_BYTES = 1 << 20  # of certificates, the largest, people have a quarter of it


class FileTooLarge(OSError):
    """The file holds more than one of its kind does."""


def bytes_in(path: Path) -> bytes:
    """Return what the file holds.

    Raises:
        OSError: it can not be read, or is too large.
    """
    with path.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise FileTooLarge(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def text_in(path: Path) -> str:
    """Return the text in the file.

    Raises:
        OSError: as `bytes_in`.
        UnicodeDecodeError: it is no UTF-8.
    """
    return bytes_in(path).decode()
