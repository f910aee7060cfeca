"""Mutants of the engine that the simulator finds by itself: what it can see, it goes on seeing.

A process for each, because a mutant is planted before its module is imported. Unlike a list of
seeds that once failed this does not wear off: a seed plays another story whenever the simulator
draws otherwise, and then one of the next ones meets the fault.
"""

import json
import subprocess
import sys

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.running import ROOT

SEEDS = "0:300"  # most are found within the first dozen
RARE = {
    "drop-outside-the-lease": "450:1050",
    "lost-blank-write-taken-as-done": "200:700",
    "no-fence-check": "100:700",
}
FOUND = (
    *RARE,
    "acknowledged-before-written",
    "attempt-in-the-hash",
    "blank-write-with-a-vector",
    "completed-before-verify",
    "completed-steps-run-again",
    "delete-instead-of-a-blank-write",
    "doubts-of-earlier-attempts-forgotten",
    "equal-upsert-after-an-unknown-outcome",
    "heartbeat-by-post",
    "indexes-not-looked-at",
    "loser-takes-the-lease",
    "mended-once",
    "no-wait-for-the-heartbeat",
    "older-end-frees",
    "reading-ends-at-an-empty-epoch",
    "references-not-in-the-hash",
    "references-to-the-rejected",
    "refusal-swallowed",
    "refused-claim-taken-as-won",
    "rejected-after-its-checkpoint",
    "rejection-only-in-memory",
    "rejections-counted-twice",
    "secret-in-an-event",
    "unknown-taken-as-written",
    "vector-index-not-swept",
    "window-ignored",
)


@pytest.mark.parametrize("name", FOUND)
def test_the_simulator_finds_a_mutant_of_the_engine(name: str) -> None:
    found = _report(name, RARE.get(name, SEEDS))
    assert found["first"] is not None, f"{found['seeds']} seeds, and nothing of {name}"
    assert found["found"]


def test_what_can_not_happen_in_the_simulator_is_not_found_there() -> None:
    """Else whatever the planting itself breaks would pass for a finding."""
    assert "sqlite-unfenced" in MUTANTS
    assert _report("sqlite-unfenced", "0:10") == {
        "seeds": 10,
        "first": None,
        "finding": 0,
        "found": [],
    }


def _report(name: str, seeds: str) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.simulation.under_mutant", name, seeds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, object] = json.loads(done.stdout)
    return report
