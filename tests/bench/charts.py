"""Which bars a chart has, and the sentence beneath it. Pure."""

from tests.bench.drawing import Bar, drawn
from tests.bench.measurement import Spread, spread
from tests.bench.part import Chart, Goal, Result, Series, Shown
from tests.bench.rows import number, shown

OURS = ("ours", "our ")


def bars(chart: Chart, result: Result) -> list[Bar]:
    """Return the bars of what was measured."""
    found = []
    for pattern, act in chart.bars:
        names = result.scenarios(pattern)
        if not chart.shows_all and len(names) > 1:
            names = [_best(names, act, chart.figure, result)]
        for name in names:
            measured = spread(list(result.rounds(name, act, chart.figure).values()))
            if measured is not None:
                label = _label(chart, pattern, act, name)
                found.append(Bar(label=label, spread=measured, is_ours=name.startswith(OURS)))
    return found


def svg(chart: Chart, result: Result) -> str:
    """Return the chart, "" if nothing of it was measured."""
    found = bars(chart, result)
    return drawn(chart.title, chart.unit, found) if found else ""


def sentence(chart: Chart, result: Result) -> str:
    """Say in words what the chart shows most of all."""
    told: dict[Shown, list[str]] = {}
    for over, under in chart.compares:
        if (ratio := _ratio(chart, over, under, result)) is not None:
            told.setdefault(under, []).append(f"{_label(chart, *over)} {shown(ratio)}")
    if told:
        return " ".join(
            f"As a multiple of {_label(chart, *under)}: {'; '.join(ratios)}."
            for under, ratios in told.items()
        )
    by_median = sorted(bars(chart, result), key=lambda bar: bar.spread.median)
    least, most = by_median[0], by_median[-1]
    said = f"Least: {least.label}, {number(least.spread.median)} {chart.unit}."
    if most is least:
        return said
    return f"{said} Most: {most.label}, {number(most.spread.median)} {chart.unit}."


def _ratio(chart: Chart, over: Shown, under: Shown, result: Result) -> Spread | None:
    """Return the one's figure as a multiple of the other's, None if not both were measured."""
    first, second = (
        Series(scenario=pattern, act=act, figure=chart.figure) for pattern, act in (over, under)
    )
    return Goal(name="", over=first, under=second).spread(result)


def _label(chart: Chart, pattern: str, act: str, name: str = "") -> str:
    """Return how a bar is called; with one bar to a scenario, its act goes without saying."""
    label = name or pattern.replace(" *", ", the best of it")
    is_alone = sum(other == pattern for other, _ in chart.bars) == 1
    return label if is_alone else f"{label}: {act}"


def _best(names: list[str], act: str, figure: str, result: Result) -> str:
    def median_of(name: str) -> float:
        found = Series(scenario=name, act=act, figure=figure).spread(result)
        return found.median if found else float("inf")

    return min(names, key=median_of)
