"""The pace: grows by steps, shrinks by halves, and stays within its bounds."""

from ingest.pace import Pace


def test_grows_while_answers_come_quickly() -> None:
    pace = Pace()
    assert (pace.batch, pace.in_flight) == (128, 2)
    pace.answered(0.2)
    assert (pace.batch, pace.in_flight) == (160, 3)
    for _ in range(50):
        pace.answered(0.2)
    assert (pace.batch, pace.in_flight) == (512, 4)


def test_halves_when_pushed_back_and_never_stops() -> None:
    pace = Pace()
    pace.pushed_back()
    assert (pace.batch, pace.in_flight) == (64, 1)
    for _ in range(50):
        pace.pushed_back()
    assert (pace.batch, pace.in_flight) == (8, 1)


def test_slow_answers_shrink_the_batch_and_middling_ones_change_nothing() -> None:
    pace = Pace()
    pace.answered(2.0)
    assert (pace.batch, pace.in_flight) == (128, 2)
    pace.answered(5.0)
    assert (pace.batch, pace.in_flight) == (96, 2)


def test_never_exceeds_the_longest_batch_however_small() -> None:
    pace = Pace(longest_batch=3)
    assert pace.batch == 3
    pace.answered(0.1)
    assert pace.batch == 3
    pace.pushed_back()
    pace.pushed_back()
    assert pace.batch == 3
