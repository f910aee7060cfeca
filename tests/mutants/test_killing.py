"""The tests find every mutant."""

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.running import Outcome, run


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name: str) -> None:
    result = run(MUTANTS[name])
    assert result.outcome is Outcome.KILLED, f"{name} {result.outcome}: {result.told}"
