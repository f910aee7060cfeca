"""The records as lines and vectors, read back; for sides that load them without our reader."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """`lines` as `records` writes them; `vectors` is float32, (lines, dim), unit length."""

    lines: list[dict[str, Any]]
    vectors: NDArray[np.float32]


def read_records(folder: Path) -> Records:
    """Read everything into memory."""
    with (folder / "records.jsonl").open(encoding="utf-8") as lines:
        return Records(
            lines=[json.loads(line) for line in lines], vectors=np.load(folder / "vectors.npy")
        )


def batches(records: Records, size: int) -> Iterator[list[int]]:
    """Yield the rows of what may be sent at once, at most `size` of them; none crosses a barrier.

    A barrier has records of one class only.
    """
    rows = range(len(records.lines))
    for _, behind in groupby(rows, key=lambda row: records.lines[row]["barrier"]):
        between = list(behind)
        yield from (between[at : at + size] for at in range(0, len(between), size))
