"""A result on the terminal. Knows rich; measures nothing."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.catalogue import PARTS
from tests.bench.document import result_of
from tests.bench.rows import columns, goal_row, heading, machine_line, rows

LEAST_WIDTH = 160  # narrower, a table of a dozen figures is none


def show(document: Mapping[str, Any]) -> None:
    """Print a table of every part, and one of the goals."""
    result = result_of(document)
    console = Console(width=max(LEAST_WIDTH, Console().width))
    console.print(machine_line(document))
    chosen = [PARTS[name] for name in document["chosen"]["parts"]]
    for part in chosen:
        table = Table(title=f"{part.name}: medians, of wall also the spread", title_justify="left")
        for name in ("scenario", "act", *columns(part)):
            table.add_column(heading(name), overflow="fold")
        for row in rows(part, result, is_brief=True):
            table.add_row(row.scenario, row.act, *row.cells)
        console.print(table)
    goals = Table("goal", "figure", "limit", "", title="goals", title_justify="left")
    for goal in (goal for part in chosen for goal in part.goals):
        goals.add_row(*goal_row(goal, result))
    console.print(goals)
    for failure in document["failures"]:
        console.print(f"FAILED {failure['scenario']}: {failure['told']}", markup=False)
