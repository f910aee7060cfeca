"""`python -m tests.simulation.under_mutant MUTANT SEEDS`: what the simulator finds of a fault.

Prints a JSON line: how many seeds found something, and one sentence of each kind of finding. What
a run says of its result is held against one with the same fault: what is always wrong is not found.
"""

import json
import sys
from collections.abc import Sequence

from tests.mutants.catalogue import MUTANTS
from tests.mutants.planting import plant


def main(arguments: Sequence[str]) -> None:
    """Plant the mutant in this process and run seeds."""
    name, seeds = arguments
    plant(MUTANTS[name])
    from tests.simulation.world import simulate  # it imports what the mutant changes

    wrong = [simulate(seed).wrong for seed in range(int(seeds))]
    found = sorted({sentence for sentences in wrong for sentence in sentences})
    print(json.dumps({"seeds": sum(map(bool, wrong)), "found": found}))


if __name__ == "__main__":
    main(sys.argv[1:])
