"""The figures of a result as rows of text: what the terminal's table and the page both show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.measurement import Spread, spread
from tests.bench.part import Goal, Part, Result

OWN_FIGURES = ("wall_seconds", "cpu_seconds", "server_cpu_seconds", "peak_mb")
NOTHING = "–"
UNITS = {"_per_second": "/s", "_seconds": " s", "_mb": " MB", "_ms": " ms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One act of one scenario, a cell a figure."""

    scenario: str
    act: str
    cells: tuple[str, ...]


def columns(part: Part) -> tuple[str, ...]:
    """Return the names of a part's figures."""
    return (*OWN_FIGURES, *part.figures)


def heading(figure: str) -> str:
    """Return a figure's name as a column has it: "wall_seconds" is "wall s"."""
    for ending, unit in UNITS.items():
        figure = figure.removesuffix(ending) + unit if figure.endswith(ending) else figure
    return figure.replace("_", " ")


def rows(part: Part, result: Result, *, is_brief: bool = False) -> Iterator[Row]:
    """Yield what was measured of the part, in order of the first run.

    `is_brief` shows the spread of the first figure only.
    """
    own = [one for one in result.measurements if one.part == part.name]
    for scenario, act in dict.fromkeys((one.scenario, one.act) for one in own):
        yield Row(
            scenario=scenario,
            act=act,
            cells=tuple(
                _cell(result.rounds(scenario, act, figure), is_brief=is_brief and place > 0)
                for place, figure in enumerate(columns(part))
            ),
        )


def goal_row(goal: Goal, result: Result) -> tuple[str, str, str, str]:
    """Return name, figure, limit and verdict of a goal."""
    found = goal.spread(result)
    limit = ""
    if goal.limit is not None:
        limit = f"{'at most' if goal.is_at_most else 'at least'} {goal.limit:g} {goal.unit}"
    if found is None:
        return (goal.name, "not measured", limit, "")
    reached = goal.is_reached(found)
    verdict = "" if reached is None else "reached" if reached else "missed"
    return (goal.name, f"{shown(found)} {goal.unit}", limit, verdict)


def shown(found: Spread | None) -> str:
    """Return median and spread as text: "1.23 (1.20-1.31)"."""
    if found is None:
        return NOTHING
    median, least, most = map(number, (found.median, found.least, found.most))
    return median if least == most else f"{median} ({least}–{most})"


def _cell(rounds: Mapping[int, float], *, is_brief: bool) -> str:
    found = spread(list(rounds.values()))
    return number(found.median) if found and is_brief else shown(found)


def number(value: float) -> str:
    """Return the number with three digits that mean something, and no more."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def machine_line(document: Mapping[str, Any]) -> str:
    """Return one sentence about where and how it was measured."""
    machine, chosen = document["machine"], document["chosen"]
    measured = document["measurements"]
    loads = [one["load_before"] for one in measured]
    quiet = f", load average before each {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    data = "the small part of ESCO" if chosen["quick"] else "the whole of ESCO"
    changed = " with changes" if machine["is_changed"] else ""
    return (
        f"Measured {machine['at'][:10]} on {machine['cores']} cores ({machine['processor']},"
        f" {machine['memory_gb']} GB, shared with the server), commit {machine['commit']}{changed},"
        f" {chosen['rounds']} rounds, {data}{quiet}."
    )
