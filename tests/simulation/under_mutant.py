"""`python -m tests.simulation.under_mutant MUTANT A:B [--all]`: what a fault makes the seeds find.

Runs the seeds from A to B - 1 until one finds something, or all of them, and prints a JSON line:
how many seeds ran, the first that found something (or null), how many did, and one sentence of each
kind of finding. What a run says of its result is held against one with the same fault: what is
always wrong is not found.
"""

import json
import sys
from collections.abc import Sequence

from tests.mutants.catalogue import MUTANTS
from tests.mutants.planting import plant


def main(arguments: Sequence[str]) -> None:
    """Plant the mutant in this process and run seeds."""
    name, seeds, *more = arguments
    first, end = map(int, seeds.split(":"))
    plant(MUTANTS[name])
    from tests.simulation.world import simulate  # it imports what the mutant changes

    ran, finding = 0, []
    found: set[str] = set()
    for seed in range(first, end):
        ran += 1
        if wrong := simulate(seed).wrong:
            finding.append(seed)
            found.update(wrong)
            if "--all" not in more:
                break
    earliest = finding[0] if finding else None
    report = {"seeds": ran, "first": earliest, "finding": len(finding), "found": sorted(found)}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1:])
