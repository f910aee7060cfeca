"""What a load says on stderr while it goes on, with a clock of the test's own."""

import io
import sys

import pytest

from ingest.cli.running import Attended
from ingest.progress import INTERVAL_SECONDS, Lines, MovingLine, Pace, progress_line
from journal.state import RunState, evolve
from journal.step import Progress
from tests.cli.builders import SKILLS_CHECKPOINT, SKILLS_REJECTED, WHOLE_RUN, history


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def progress(settled: int, *, step: str = "skills", total: int | None = 13_939) -> Progress:
    return Progress(step=step, position=5, of=7, settled=settled, total=total, rejected=2)


def test_the_rate_is_taken_over_the_last_while() -> None:
    clock = Hand()
    pace = Pace(clock)
    rates = []
    for seconds, settled in [(0, 0), (10, 1000), (20, 2000), (60, 2000), (61, 2100)]:
        clock.seconds = seconds
        rates.append(pace.observe(progress(settled)))
    assert rates == [0.0, 100.0, 100.0, 0.0, pytest.approx(2.439, abs=0.001)]


def test_the_rate_of_a_resumed_step_counts_this_attempt_only() -> None:
    clock = Hand()
    pace = Pace(clock)
    pace.observe(progress(9000))
    clock.seconds = 10
    assert pace.observe(progress(9100)) == 10.0


def test_the_next_step_begins_without_a_rate() -> None:
    clock = Hand()
    pace = Pace(clock)
    pace.observe(progress(0))
    clock.seconds = 1
    assert pace.observe(progress(5, step="occupations")) == 0.0


def test_a_line_names_step_pace_time_left_and_rejected() -> None:
    assert progress_line(progress(8192), 1024.0) == (
        "step 5 of 7 skills: 8,192 of 13,939, 1,024/s, 5.6s left, 2 rejected"
    )


def test_a_line_says_only_what_is_known() -> None:
    assert progress_line(progress(10, total=None), 0.0) == "step 5 of 7 skills: 10, 2 rejected"


def test_without_a_terminal_there_is_a_line_at_each_interval_only() -> None:
    said: list[str] = []
    clock = Hand()
    lines = Lines(said.append, clock)
    for tick in range(25):
        clock.seconds = float(tick)
        lines.progress(progress(tick * 100))
    assert said == [
        "step 5 of 7 skills: 1,000 of 13,939, 100/s, 2m09s left, 2 rejected",
        "step 5 of 7 skills: 2,000 of 13,939, 100/s, 1m59s left, 2 rejected",
    ]


def test_without_a_terminal_there_is_a_line_at_each_step_and_the_end() -> None:
    said: list[str] = []
    lines = Lines(said.append, Hand())
    state = RunState()
    for recorded in history(*WHOLE_RUN):
        state = evolve(state, recorded)
        lines.recorded(recorded, state)
    assert said == [
        "run 3f2a0000000000000000000000000000: attempt 1 by loader (pid 4711)",
        "done: skills: step 1 of 2, 4 objects",
        "done: verify: step 2 of 2",
        "completed: 4 objects, 3 relations",
    ]


def test_a_wait_is_said_once_and_then_at_intervals() -> None:
    said: list[str] = []
    clock = Hand()
    lines = Lines(said.append, clock)
    for seconds in (0.0, 1.0, 2.0, INTERVAL_SECONDS):
        clock.seconds = seconds
        lines.wait("esco: loader (pid 1) holds epoch 1")
    assert said == ["waiting: esco: loader (pid 1) holds epoch 1"] * 2


def test_the_moving_line_writes_to_stderr_only(capsys: pytest.CaptureFixture[str]) -> None:
    line = MovingLine(Hand())
    state = RunState()
    for recorded in history(*WHOLE_RUN):
        state = evolve(state, recorded)
        line.recorded(recorded, state)
        if recorded.event in (SKILLS_REJECTED, SKILLS_CHECKPOINT):
            line.progress(progress(3))
    line.close()
    line.close()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "done: skills: step 1 of 2, 4 objects" in shown.err


def test_the_line_is_taken_away_before_a_question_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Closing(Lines):
        def close(self) -> None:
            print("closed;", end="", file=sys.stderr)

    monkeypatch.setattr(sys, "stdin", io.StringIO("Yes\n"))
    assert Attended(Closing(print, Hand())).confirm("Really?")
    assert capsys.readouterr().err == "closed;Really? [y/N] "
