"""What the engine would take from the system, taken from the simulation while a seed runs."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from tests.simulation.machines import Machines
from tests.simulation.workload import MARKER

T = TypeVar("T")


@contextmanager
def injected(machines: Machines, wrong: list[str]) -> Iterator[None]:
    """Give the engine the seed's machines, and worker threads that are none."""
    kept = anyio.to_thread.run_sync
    loggers = [logging.getLogger(name) for name in ("journal", "ingest")]
    levels = [(logger.level, logger.propagate) for logger in loggers]
    listener = _Listener(wrong)

    async def inline(call: Callable[..., T], *arguments: Any, **_: Any) -> T:
        await anyio.lowlevel.checkpoint()
        return call(*arguments)

    anyio.to_thread.run_sync = inline  # type: ignore[assignment]
    for logger in loggers:
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        with machines.replacing_the_kernel():
            yield
    finally:
        anyio.to_thread.run_sync = kept
        for logger, (level, propagate) in zip(loggers, levels, strict=True):
            logger.removeHandler(listener)
            logger.setLevel(level)
            logger.propagate = propagate


class _Listener(logging.Handler):
    """Looks through every log line of ours, its traceback included."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._wrong = wrong

    def emit(self, record: logging.LogRecord) -> None:
        if MARKER in self.format(record):
            self._wrong.append(f"record text in a log line of {record.name}")
