"""The last edge: what the process writes to stdout and stderr, without its secrets.

Tracebacks, warnings and log lines of foreign programs come through here too.
"""

import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from ingest.settings import API_KEY_FILE_VARIABLE, API_KEY_VARIABLE
from journal.redaction import Redaction
from journal.small_files import text_in

# They tell of requests, addresses and whole objects; what matters of it reaches us as errors.
FOREIGN_LOGGERS = ("weaviate-client", "weaviate", "httpx", "httpcore", "grpc")


@contextmanager
def redacted_output() -> Iterator[None]:
    """Let no secret of the environment out on stdout or stderr, a bug's traceback included."""
    for name in FOREIGN_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    redaction = Redaction(*secrets_in(os.environ))
    if not redaction:
        yield
        return
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _guarded(out, redaction), _guarded(err, redaction)
    try:
        yield
    except Exception:
        sys.excepthook = partial(_show, redaction)  # the interpreter shows it, after our end
        raise
    finally:
        sys.stdout, sys.stderr = out, err


def secrets_in(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys that the environment holds, or that a file holds which it names."""
    if key := environ.get(API_KEY_VARIABLE):
        yield key.strip()
    if file := environ.get(API_KEY_FILE_VARIABLE):
        try:
            yield text_in(Path(file)).strip()
        except (OSError, UnicodeDecodeError):  # said where the key is needed
            return


class _Stream:
    """A stream that redacts what is written, and is otherwise the one behind it."""

    def __init__(self, stream: Any, redaction: Redaction) -> None:
        self._stream = stream
        self._redaction = redaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> "_Stream":
        """The stream of bytes below, guarded as well."""
        return _Stream(self._stream.buffer, self._redaction)

    def write(self, content: Any) -> Any:
        """Write text or bytes without the secrets."""
        if isinstance(content, str):
            return self._stream.write(self._redaction.text(content))
        return self._stream.write(self._redaction.raw(bytes(content)))

    def writelines(self, lines: Any) -> None:
        """Write each line."""
        for line in lines:
            self.write(line)


def _show(
    redaction: Redaction,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Write an uncaught exception as the interpreter does, without the secrets."""
    sys.stderr.write(redaction.text("".join(traceback.format_exception(kind, error, trace))))


def _guarded(stream: Any, redaction: Redaction) -> Any:
    return _Stream(stream, redaction)
