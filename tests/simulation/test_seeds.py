"""Whatever a seed does to processes, network and server: it ends, and nothing is lost."""

import pytest

from tests.commit import commit_hash
from tests.simulation.dice import Fault
from tests.simulation.outcome import Outcome
from tests.simulation.seeds import ONCE_FAILED, PARTS, fresh
from tests.simulation.tally import Tally
from tests.simulation.workload import SHAPES
from tests.simulation.world import simulate

EVERY_FAULT = frozenset(Fault)
FRESH = fresh(commit_hash())


def told(outcome: Outcome) -> str:
    """Return what a person needs to see it again."""
    wrong = "\n".join(outcome.wrong[:5])
    return f"scripts/simulate --replay {outcome.seed}\n{wrong}"


def test_seeds_that_once_failed_do_not_fail_again() -> None:
    for seed in ONCE_FAILED:
        outcome = simulate(seed)
        assert not outcome.wrong, told(outcome)


@pytest.mark.parametrize("part", range(PARTS))
def test_fresh_seeds_end_with_nothing_lost_and_nothing_torn(part: int) -> None:
    tally = Tally()
    for seed in FRESH[part::PARTS]:
        outcome = simulate(seed)
        assert not outcome.wrong, told(outcome)
        tally.add(outcome)
    assert tally.idle < tally.seeds / 10


def test_each_commit_has_seeds_of_its_own() -> None:
    assert fresh("a0") == fresh("a0")
    assert not {*fresh("a0")} & {*fresh("a1")}
    assert len(fresh("")) == len(fresh("a0"))
    assert not {*ONCE_FAILED} & {*fresh("")}


def test_without_faults_one_process_loads_everything_in_one_attempt() -> None:
    for seed in range(2 * SHAPES):
        outcome = simulate(seed, off=EVERY_FAULT)
        assert not outcome.wrong, told(outcome)
        assert outcome.fired == {}
        assert outcome.ends == ["a1: done, begin", "z1: done, skip"]
        assert (outcome.attempts, outcome.runs) == (1, 1)
        # What was acknowledged was equal and visible: there is nothing left to mend.
        assert outcome.mended == 0


@pytest.mark.parametrize("kind", list(Fault))
def test_every_kind_of_fault_fires_when_it_is_alone(kind: Fault) -> None:
    fired = 0
    for seed in range(30):
        outcome = simulate(seed, off=EVERY_FAULT - {kind})
        assert not outcome.wrong, told(outcome)
        assert outcome.fired.keys() <= {kind}
        fired += outcome.fired.get(kind, 0)
        if fired:
            return
    raise AssertionError(f"{kind.value}: never fired")
