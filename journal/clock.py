"""Time, injected: one wall clock for people, one that only measures, and ids.

The core never asks the system itself, so that tests and simulations own time.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

# Counts while the machine is suspended: a lease must age in a closed laptop too.
_SUSPENSION_COUNTS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`now` is UTC wall time, for display only; `elapsed` grows in seconds and never jumps."""

    now: Callable[[], datetime]
    elapsed: Callable[[], float]
    new_id: Callable[[], str]


def system_clock() -> Clock:
    """Return the machine's own clock, and random ids that sort by nothing."""
    return Clock(
        now=lambda: datetime.now(UTC),
        elapsed=lambda: time.clock_gettime(_SUSPENSION_COUNTS),
        new_id=lambda: uuid.uuid4().hex,
    )


def wall_seconds() -> float:
    """Return the wall time in seconds since the epoch: for ages shown to people, nothing else."""
    return time.time()
