"""The table of drills adds up what they printed, and hides no kind of harm."""

import json

from tests.drills.figures import HARM, Figures
from tests.drills.table import COLUMNS, table


def rows(*figures: Figures) -> list[dict[str, str]]:
    lines = table(json.loads(each.line()) for each in figures).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in cells]


def drilled(drill: str = "zombie") -> Figures:
    return Figures(drill=drill, seed=1, data="small.zip", rounds=2)


def test_lines_of_one_drill_and_input_are_one_row() -> None:
    first, second = drilled(), drilled()
    first.counts["kills"], second.counts["kills"] = 3, 4
    second.failures.append("round 1: it did not end")
    other = drilled("network")
    assert [(row["drill"], row["rounds"], row["kills"]) for row in rows(first, other, second)] == [
        ("`network`", "2", "·"),
        ("`zombie`", "4", "7"),
    ]
    assert rows(first, second)[0]["rounds that failed"] == "1"


def test_every_kind_of_harm_shows() -> None:
    for kind in HARM:
        harmed = drilled()
        harmed.harm[kind] = 5
        assert "5" in rows(harmed)[0].values(), kind
        assert "5" not in rows(drilled())[0].values()
