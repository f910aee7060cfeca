"""docs/mutants.md: written by `scripts/mutants --page` from a whole run, and from the catalogue."""

from collections.abc import Iterator, Mapping

from tests.mutants.catalogue import KINDS
from tests.mutants.mutant import Mutant
from tests.mutants.running import ROOT
from tests.mutants.verdict import BROKEN

PAGE = ROOT / "docs" / "mutants.md"

HEAD = """\
# Mutants

A mutant is a fault planted in the program on purpose. Each one below would do the harm that
stands beside it, and each is found by the tests that stand beside it, by every one of them: so
these tests are known to fail where they should.

    scripts/mutants [NAME ...] [--jobs N] [--json] [--page]

All the named tests run first without any fault, and must pass. Then each mutant's tests run in a
process of their own, in which one module is compiled from its changed source: no file is
touched, no bytecode of it read or written. Only failing tests kill a mutant. One that can not be
imported, or ends in an error that no sound code raises ({broken}), counts as broken or not tested,
and one whose tests hang as timed out. Exit code 1: one was not killed. `--page` writes this page
anew.

The mutants stand in `tests/mutants/of_*.py`, as old text and new text. A quick test holds each
old text and each named test against the code: whoever changes one of them is told to mend the
mutant. Each run of the tests plants all of them.

Four of them stand in for what can not be planted as it would happen. The port has no delete, so
`delete-instead-of-a-blank-write` is in the reference store, where the contract of all stores finds
it; so is `create-overwrites`, and `references-appended` is in the SQLite store, for the contract is
run against a real Weaviate as well, and a mutant's tests start none. And whether a clock counts
suspension does not show on a machine that never sleeps: the test of `suspension-not-counted` asks
which clock is read.

{figures}
"""
FIGURES = (
    "Last whole run: {date}, commit {commit}: {mutants} mutants, {killed} killed,"
    " {seconds:.0f} s on {cores} cores."
)
COLUMNS = "| mutant | harm | module | killed by |\n|---|---|---|---|\n"


def page(figures: str, kinds: Mapping[str, tuple[Mutant, ...]] = KINDS) -> str:
    """Return the whole page."""
    parts = [HEAD.format(figures=figures, broken=", ".join(sorted(BROKEN)))]
    for kind, mutants in kinds.items():
        parts += [f"\n## {kind}\n\n", COLUMNS, *map(row, mutants)]
    return "".join(parts)


def row(mutant: Mutant) -> str:
    """Return the mutant's line of the table."""
    tests = "<br>".join(_tests(mutant))
    return f"| {mutant.name} | {mutant.harm} | `{mutant.module}` | {tests} |\n"


def _tests(mutant: Mutant) -> Iterator[str]:
    for file, tests in mutant.killed_by.items():
        yield from (f"`{file}::{test}`" for test in tests)
