"""`scripts/simulate` tells how many seeds ran, what fired in them, and how to see one again."""

import pytest

from tests.simulation.command import main
from tests.simulation.plants import window_ignored
from tests.simulation.world import simulate


def test_counts_seeds_faults_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "0:4", "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("4 seeds, 0 failed,")
    assert "process killed" in told
    assert "how processes ended:" in told
    ends = told.partition("how seeds ended:")[2].partition("how processes ended:")[0].split("\n")
    assert sum(int(line.rpartition(" ")[2]) for line in ends if line) == 4
    assert "not completed" not in told


def test_a_replay_shows_the_trace_and_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--replay", "1"]) == 0
    told = capsys.readouterr().out
    assert f"seed 1, trace {simulate(1).digest}; fired: " in told
    assert "event 1:1 started" in told


def test_a_failing_seed_is_named_with_its_shortest_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    window_ignored(monkeypatch)
    assert main(["--seeds", "3:4", "--jobs", "1"]) == 1
    told = capsys.readouterr().out
    assert "FAILED 3: scripts/simulate --replay 3" in told
    assert "fired: nothing" in told
    assert "WRONG a1 (upsert of" in told
