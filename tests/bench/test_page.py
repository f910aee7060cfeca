"""The page and its charts, made of the stored result."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import document
from tests.bench.drawing import LABELS, Bar, drawn
from tests.bench.measurement import Spread
from tests.bench.page import write_page

STORED = Path(__file__).with_name("stored.json")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def stored() -> Mapping[str, Any]:
    """The stored document."""
    return document.read(STORED)


@pytest.fixture
def docs(tmp_path: Path, stored: Mapping[str, Any]) -> Path:
    """The folder with the page in it, and a chart that an earlier result had."""
    (tmp_path / "performance").mkdir()
    (tmp_path / "performance" / "former.svg").write_text("<svg/>")
    write_page(stored, tmp_path)
    return tmp_path


@pytest.fixture
def page(docs: Path) -> str:
    """The page's text."""
    return (docs / "performance.md").read_text(encoding="utf-8")


def test_it_says_on_what_it_was_measured(page: str) -> None:
    assert (
        "Measured 2026-11-24 on 2 cores (A Processor, 24 GB, shared with the server), commit"
        " 0123456789ab, 3 rounds, the small part of ESCO, load average before each 0.4 to 3.1."
    ) in page
    assert "Versions: python 3.11.7, weaviate 1.38.11." in page


def test_parts_of_another_run_stand_in_the_place_of_its_own_and_are_named(
    stored: Mapping[str, Any], tmp_path: Path
) -> None:
    cold = [dict(one) for one in stored["measurements"] if one["part"] == "floor"]
    assert cold
    other = {
        **stored,
        "machine": {**stored["machine"], "commit": "fedcba987654"},
        "chosen": {**stored["chosen"], "parts": ["floor"]},
        "findings": {},
        "failures": [{"part": "floor", "scenario": "floor 128 x 4", "told": "no"}],
        "measurements": [{**cold[0], "wall_seconds": 77.0}],
    }
    joined = document.with_parts_of(stored, other)
    floor = [one for one in joined["measurements"] if one["part"] == "floor"]
    assert [one["wall_seconds"] for one in floor] == [77.0]
    assert len(joined["measurements"]) == len(stored["measurements"]) - len(cold) + 1
    assert other["failures"][0] in joined["failures"]
    write_page(joined, tmp_path)
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "Of a run of its own, commit fedcba987654: `floor`." in page


def test_it_has_a_row_for_each_goal(page: str) -> None:
    row = "| verify, as a share of the cold load | 0.1 x | at most 0.15 x | reached |"
    assert row in page
    assert "| peak memory with hashing | not measured | at most 250 MB |  |" in page


def test_it_has_a_row_for_each_act_with_its_spread(page: str) -> None:
    assert "| floor 128 x 2 | load | 9 | 2 | 8 | 100 | 1,000 | – | – | 13 (12–15) |" in page


def test_a_chart_says_in_words_what_it_shows(page: str) -> None:
    said = "As a multiple of floor, the best of it: ours, precomputed vectors 1.14 (1.1–1.2)."
    assert (
        f"![Cold load, without verify: the floor and ours](performance/cold.svg)\n\n{said}" in page
    )


def test_what_failed_is_named_without_what_it_told(page: str) -> None:
    assert "Failed in this run, and so not measured: weaviate-client, stream." in page
    assert "boom" not in page


def test_findings_are_shares(page: str) -> None:
    assert "| `vector` | 99.8% |\n| `keyword` | 100.0% |" in page


def test_nothing_on_it_tells_where_it_was_made(docs: Path) -> None:
    allowed = ("http://www.w3.org/2000/svg", "performance/")
    for path in [docs / "performance.md", *(docs / "performance").iterdir()]:
        text = path.read_text(encoding="utf-8")
        for known in allowed:
            text = text.replace(known, "")
        assert not re.search(r"(?<![\w<])/\w+/\w+|https?:|localhost|127\.0\.0\.1", text), path.name


def test_charts_of_an_earlier_result_are_removed(docs: Path) -> None:
    names = {path.stem for path in (docs / "performance").iterdir()}
    assert names == {"floor", "cold", "peers", "crash"}


def test_a_picture_for_each_link_of_the_page(docs: Path, page: str) -> None:
    linked = re.findall(r"\]\((performance/[^)]+)\)", page)
    assert linked
    assert all((docs / name).is_file() for name in linked)


def test_a_bar_is_as_long_as_its_median_and_the_line_as_its_spread() -> None:
    bars = [
        Bar(label="a < b", spread=Spread(median=2, least=1, most=4, times=3), is_ours=True),
        Bar(label="other", spread=Spread(median=4, least=4, most=4, times=3), is_ours=False),
    ]
    chart = ElementTree.fromstring(drawn("Title", "s", bars))
    lengths = [float(bar.attrib["width"]) for bar in chart.iter(f"{SVG}rect")]
    assert lengths == [190.0, 380.0]
    [line] = [path.attrib["d"] for path in chart.iter(f"{SVG}path")]
    assert line == f"M{LABELS + 95:.1f} 64H{LABELS + 380:.1f}"
    texts = [text.text for text in chart.iter(f"{SVG}text")]
    assert texts[:3] == ["Title", "s, median of 3; the line is from least to most", "a < b"]


@pytest.mark.parametrize(
    ("chart", "labels"),
    [
        ("floor", ["floor 128 x 2", "floor 256 x 4"]),
        ("cold", ["floor 256 x 4", "ours, precomputed vectors"]),  # the best of the grid
        ("crash", ["undisturbed, sqlite", "killed at half, sqlite"]),
    ],
)
def test_a_chart_has_the_bars_that_it_is_about(chart: str, labels: list[str], docs: Path) -> None:
    drawing = ElementTree.parse(docs / "performance" / f"{chart}.svg")
    texts = drawing.iter(f"{SVG}text")
    assert [text.text for text in texts if "text-anchor" in text.attrib] == labels


def test_a_result_of_another_format_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"format": 2}')
    with pytest.raises(ValueError, match=r"other\.json is no result of this bench"):
        document.read(other)
