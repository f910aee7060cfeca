"""The tests find every mutant: a third of them in each run, see `rotation`."""

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.rotation import PARTS, chosen, part
from tests.mutants.running import Outcome, run


@pytest.mark.parametrize("name", chosen(MUTANTS))
def test_a_mutant_is_killed(name: str) -> None:
    result = run(MUTANTS[name])
    assert result.outcome is Outcome.KILLED, f"{name} {result.outcome}: {result.told}"


def test_commits_share_the_mutants_out_and_leave_none() -> None:
    parts = [part(MUTANTS, commit) for commit in ("a0", "a1", "a2")]
    assert sorted(name for names in parts for name in names) == sorted(MUTANTS)
    assert len(parts) == PARTS


def test_the_environment_asks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARITY_TEST_MUTANTS", "all")
    assert chosen(MUTANTS) == list(MUTANTS)
