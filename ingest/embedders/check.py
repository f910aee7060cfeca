"""What every embedder's output must be before it may reach a store.

Pure. A store takes NaN silently and then never finds the object again.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ingest.embedders import Matrix
from journal.errors import StepFailed

WAY_OUT = "mend its model or service and resume, or choose another embedder"


def checked(raw: ArrayLike, *, embedder: str, count: int, dimension: int | None) -> Matrix:
    """Return `raw` as float32, (count, dim), each row of unit length.

    A row of zeros becomes the first basis vector. `dimension` is the one that earlier texts
    had, None for the first.

    Raises:
        StepFailed: another count, another dimension, not finite, or no rectangle of numbers.
    """
    rows = _numbers(raw, embedder=embedder)
    if len(rows) == count == 0:
        return np.zeros((0, dimension or 0), dtype=np.float32)
    if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
        raise StepFailed(
            f"embedder {embedder}: expected {count} vectors, found numbers of shape {rows.shape};"
            f" {WAY_OUT}"
        )
    if dimension is not None and rows.shape[1] != dimension:
        raise StepFailed(
            f"embedder {embedder}: expected {dimension} dimensions, found {rows.shape[1]}; its "
            "model was changed while it was in use, restart the run"
        )
    if not np.isfinite(rows).all():
        raise StepFailed(f"embedder {embedder} returned a number that is not finite; {WAY_OUT}")
    return _unit(rows)


def _numbers(raw: ArrayLike, *, embedder: str) -> NDArray[np.float64]:
    complaint = (
        f"embedder {embedder} returned something else than vectors of one dimension; {WAY_OUT}"
    )
    try:
        found = np.asarray(raw)
    except ValueError as error:  # rows of different lengths
        raise StepFailed(complaint) from error
    if found.dtype.kind not in "fiu":
        raise StepFailed(complaint)
    return found.astype(np.float64)


def _unit(rows: NDArray[np.float64]) -> Matrix:
    """Return each row scaled to length one."""
    # By the largest number first: squares of very small or large ones are 0 or infinite. In
    # float64 throughout: what a CPU does to the last bits is gone after the rounding.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    nothing = largest[:, 0] == 0
    largest[nothing] = 1
    scaled = rows / largest
    scaled[nothing, 0] = 1
    lengths = np.sqrt((scaled * scaled).sum(axis=1, keepdims=True))
    return np.asarray(scaled / lengths, dtype=np.float32)
