"""The records as lines and vectors, read back; for sides that load them without our reader."""

import json
from dataclasses import dataclass
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
