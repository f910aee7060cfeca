"""A bar chart as SVG: medians as bars, least and most as a line across the end.

Pure: text out of numbers. Readable on light and dark ground; needs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.bench.measurement import Spread
from tests.bench.rows import number

WIDTH, LABELS, ROW, BAR = 780, 310, 30, 16
TOP, BOTTOM = 56, 14
VALUES = 90  # room for the number behind the longest bar

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .note, .value { fill: #59636e }
  .bar { fill: #9aa5b1 } .ours { fill: #2f6fde }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note, .value { fill: #9198a1 }
    .bar { fill: #59636e } .ours { fill: #4c8dff }
    .spread { stroke: #e6edf3 }
  }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar; `is_ours` is drawn in the colour that stands out."""

    label: str
    spread: Spread
    is_ours: bool


def drawn(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Return the chart."""
    height = TOP + ROW * len(bars) + BOTTOM
    longest = max((bar.spread.most for bar in bars), default=0.0) or 1.0
    scale = (WIDTH - LABELS - VALUES) / longest
    times = max((bar.spread.times for bar in bars), default=0)
    note = f"{unit}, median of {times}; the line is from least to most" if times > 1 else unit
    rows = "\n".join(_row(bar, place, scale) for place, bar in enumerate(bars))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<text class="title" x="8" y="22">{escape(title)}</text>
<text class="note" x="8" y="42">{escape(note)}</text>
{rows}
</svg>
"""


def _row(bar: Bar, place: int, scale: float) -> str:
    top = TOP + ROW * place
    middle, base = top + BAR / 2, top + BAR / 2 + 4.5
    end, least, most = (
        LABELS + value * scale for value in (bar.spread.median, bar.spread.least, bar.spread.most)
    )
    name = "bar ours" if bar.is_ours else "bar"
    label = f'<text x="{LABELS - 8}" y="{base:g}" text-anchor="end">{escape(bar.label)}</text>'
    drawn_bar = (
        f'<rect class="{name}" x="{LABELS}" y="{top}" width="{end - LABELS:.1f}" height="{BAR}"/>'
    )
    line = f'<path class="spread" d="M{least:.1f} {middle:g}H{most:.1f}"/>'
    value = f'<text class="value" x="{max(end, most) + 6:.1f}" y="{base:g}">{_value(bar)}</text>'
    return "\n".join([label, drawn_bar, line if most > least else "", value])


def _value(bar: Bar) -> str:
    return number(bar.spread.median)
