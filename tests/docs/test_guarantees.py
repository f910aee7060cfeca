"""docs/guarantees.md names tests that there are, and drills that there are."""

import re
from pathlib import Path

from tests.drills.catalogue import DRILLS
from tests.mutants.catalogue import MUTANTS
from tests.naming import names_in

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:[a-z_]+/)+test_\w+\.py)(?:::(test_\w+))?`")


def test_every_test_that_is_named_is_there() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 30
    missing = [
        (file, test)
        for file, test in named
        if not (ROOT / "tests" / file).is_file()
        or (test and test not in names_in(ROOT / "tests" / file))
    ]
    assert missing == []


def test_every_drill_and_every_mutant_that_is_named_is_there() -> None:
    promised = [row.split(" | ") for row in PAGE.splitlines() if row.count(" | ") == 4]
    mutants = {name for row in promised for name in re.findall(r"`([a-z-]+)`", row[2])}
    drills = {name for row in promised for name in re.findall(r"`([a-z0-9-]+)`", row[3])}
    assert len(mutants) > 20
    assert mutants <= set(MUTANTS)
    assert drills <= set(DRILLS)
    measured = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)
    assert measured
    assert set(measured) <= set(DRILLS)
