"""`scripts/mutants`: plant each fault, run the tests that must find it, print the table."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from rich.console import Console

from tests.commit import commit_name
from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant
from tests.mutants.page import FIGURES, PAGE, page
from tests.mutants.running import Outcome, Result, run, unfit
from tests.mutants.table import document, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 1 if a mutant was not killed, 2 for a name of none."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - MUTANTS.keys())
    if unknown:
        parser.error(f"no mutant is called {', '.join(unknown)}")
    if asked.page and asked.names:
        parser.error("the page is written from a run of all mutants")
    mutants = [MUTANTS[name] for name in asked.names or MUTANTS]
    began_at = time.monotonic()
    if bad := unfit(mutants):
        _tell(bad)
        return 1
    results = _results(mutants, asked.jobs)
    seconds = time.monotonic() - began_at
    survivors = [result for result in results if result.outcome is not Outcome.KILLED]
    killed = len(results) - len(survivors)
    if asked.json:
        print(document(results, seconds=seconds))
    else:
        console = Console()
        console.print(table(results))
        console.print(f"{len(results)} mutants, {killed} killed, {seconds:.0f} s")
    if asked.page:
        figures = FIGURES.format(
            date=datetime.now(UTC).date().isoformat(),
            commit=commit_name(),
            mutants=len(results),
            killed=killed,
            seconds=seconds,
            cores=os.cpu_count(),
        )
        PAGE.write_text(page(figures), encoding="utf-8")
    for result in survivors:
        _tell(f"{result.mutant.name} {result.outcome}: {result.told}")
    return 1 if survivors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="mutants (default: all)")
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="at once (default: 2)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--page", action="store_true", help="write docs/mutants.md (all of them)")
    return parser


def _results(mutants: Sequence[Mutant], jobs: int) -> list[Result]:
    """Run each mutant in a process of its own, `jobs` at once."""
    results = []
    with ThreadPoolExecutor(max(1, jobs)) as threads:
        for result in threads.map(run, mutants):
            results.append(result)
            _tell(f"{len(results)} of {len(mutants)}: {result.mutant.name} {result.outcome}")
    return results


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
