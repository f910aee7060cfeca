"""The records for peers, and how long queries took; needs numpy only."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

Line = dict[str, Any]
Vectors = Any  # of numpy: float32, (lines, dim)


def records(folder: Path) -> tuple[list[Line], Vectors]:
    """Return the whole records, each id once, and their vectors, row by row."""
    with (folder / "records.jsonl").open(encoding="utf-8") as opened:
        lines = [json.loads(line) for line in opened]
    last = {line["id"]: row for row, line in enumerate(lines)}  # the whole one of two passes
    rows = sorted(last.values())
    return [lines[row] for row in rows], np.load(folder / "vectors.npy")[rows]


def by_class(lines: Sequence[Line]) -> Iterator[tuple[str, list[int]]]:
    """Yield the rows of every class."""
    for name, rows in groupby(range(len(lines)), key=lambda row: lines[row]["class"]):
        yield str(name), list(rows)


def queries(folder: Path) -> Vectors:
    """Return the vectors of the queries."""
    return np.load(folder / "queries.npy")


def filled(line: Line) -> dict[str, Any]:
    """Return the properties that say something: an empty date is none."""
    return {name: value for name, value in line["properties"].items() if value}


def percentiles(took_seconds: Sequence[float], *, first_seconds: float) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds; the first query may have to load."""
    milliseconds = np.array(took_seconds) * 1000
    return {
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p99_ms": float(np.percentile(milliseconds, 99)),
        "first_ms": first_seconds * 1000,
    }
