"""How long a heartbeat has surely not changed: only time between two answers counts."""

import pytest

from journal.lease import Reading, Watch

GAP = 10.0


def observe(watch: Watch, at: float, *, beat: int | None = 1, epoch: int = 1) -> float:
    """Return the unchanged seconds after a reading that began at `at` and took one second."""
    reading = Reading(epoch=epoch, beat=beat, began_at=at, ended_at=at + 1)
    return watch.observe(reading, longest_gap_seconds=GAP)


def test_the_first_reading_counts_nothing() -> None:
    assert observe(Watch(), 100) == 0


def test_time_counts_from_the_end_of_one_reading_to_the_beginning_of_the_next() -> None:
    watch = Watch()
    assert [observe(watch, at) for at in (0, 5, 10)] == [0, 4, 8]


def test_a_change_begins_anew() -> None:
    watch = Watch()
    observe(watch, 0)
    observe(watch, 5)
    assert observe(watch, 10, beat=2) == 0
    assert observe(watch, 15, beat=2) == 4


def test_a_number_that_goes_back_is_a_change_too() -> None:
    watch = Watch()
    observe(watch, 0, beat=7)
    assert observe(watch, 5, beat=6) == 0


def test_another_epoch_begins_anew() -> None:
    watch = Watch()
    observe(watch, 0)
    assert observe(watch, 5, epoch=2) == 0


def test_a_missing_heartbeat_counts_as_unchanged() -> None:
    watch = Watch()
    assert [observe(watch, at, beat=None) for at in (0, 5)] == [0, 4]
    assert observe(watch, 10, beat=0) == 0


@pytest.mark.parametrize("gap", [10.0, 11.0, 100_000.0])
def test_a_gap_longer_than_we_meant_to_sleep_is_ours_and_capped(gap: float) -> None:
    watch = Watch()
    observe(watch, 0)
    assert observe(watch, 1 + gap) == GAP


def test_time_around_an_unanswered_reading_does_not_count() -> None:
    watch = Watch()
    observe(watch, 0)
    observe(watch, 5)
    watch.interrupt()
    assert observe(watch, 12) == 4
    assert observe(watch, 17) == 8


def test_an_interruption_before_the_first_answer_is_nothing() -> None:
    watch = Watch()
    watch.interrupt()
    assert observe(watch, 0) == 0


def test_a_clock_that_went_back_counts_nothing() -> None:
    watch = Watch()
    observe(watch, 100)
    assert observe(watch, 50) == 0
