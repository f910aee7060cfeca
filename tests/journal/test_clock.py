"""The system's clock: what it measures by."""

import time

import pytest

from journal.clock import system_clock


def test_elapsed_time_counts_suspension(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel's clock that goes on while the machine sleeps, and by no other."""
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 3600.0}.__getitem__)
    assert system_clock().elapsed() == 3600.0
