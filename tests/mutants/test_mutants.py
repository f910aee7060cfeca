"""Every mutant fits the code as it stands, and is killed by the tests that it names."""

import ast
import re

import pytest

from tests.mutants.catalogue import KINDS, MUTANTS
from tests.mutants.mutant import mutated
from tests.mutants.page import PAGE, page
from tests.mutants.running import ROOT
from tests.naming import names_in
from tests.test_imports import modules, source

TESTS = ROOT / "tests"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fits_the_code(name: str) -> None:
    mutant = MUTANTS[name]
    assert mutant.module in modules()
    changed = mutated(mutant, source(mutant.module))
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source(mutant.module)))


@pytest.mark.parametrize("name", MUTANTS)
def test_the_tests_that_a_mutant_names_are_there(name: str) -> None:
    named = {(file, test.partition("[")[0]) for file, test in MUTANTS[name].tests()}
    assert named
    assert {(file, test) for file, test in named if test not in names_in(TESTS / file)} == set()


def test_names_stand_once_and_say_what_is_wrong() -> None:
    names = [mutant.name for mutants in KINDS.values() for mutant in mutants]
    assert len(names) == len(set(names))
    assert all(mutant.harm for mutant in MUTANTS.values())


def test_the_page_shows_exactly_the_mutants() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert re.sub(r"Last whole run: .*", "", shown) == page(""), "scripts/mutants --page writes it"
