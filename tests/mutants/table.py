"""What became of the mutants: a table on the terminal, a document of JSON.

Knows results; runs nothing.
"""

import json
from collections.abc import Sequence

from rich.table import Table

from tests.mutants.running import Outcome, Result


def table(results: Sequence[Result]) -> Table:
    """Return a row for each mutant."""
    shown = Table("mutant", "harm", "killed by", "outcome", "seconds")
    for result in results:
        colour = "green" if result.outcome is Outcome.KILLED else "red"
        shown.add_row(
            result.mutant.name,
            result.mutant.harm,
            "\n".join(f"{file}::{test}" for file, test in result.mutant.tests()),
            f"[{colour}]{result.outcome}[/]",
            f"{result.seconds:.1f}",
        )
    return shown


def document(results: Sequence[Result], *, seconds: float) -> str:
    """Return the figures and every result as JSON; `seconds` is what all of it took."""
    return json.dumps(
        {
            "mutants": len(results),
            "killed": sum(result.outcome is Outcome.KILLED for result in results),
            "seconds": round(seconds, 1),
            "results": [
                {
                    "name": result.mutant.name,
                    "harm": result.mutant.harm,
                    "module": result.mutant.module,
                    "killed_by": result.mutant.node_ids,
                    "outcome": result.outcome,
                    "seconds": round(result.seconds, 1),
                }
                for result in results
            ],
        },
        indent=2,
    )
