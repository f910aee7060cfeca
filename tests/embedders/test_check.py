"""What no embedder may return."""

import numpy as np
import pytest

from ingest.embedders.check import checked
from journal.errors import StepFailed


def test_scales_each_row_to_unit_length() -> None:
    rows = checked([[3, 4], [0, -2]], embedder="e", count=2, dimension=2)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[np.float32(0.6), np.float32(0.8)], [0.0, -1.0]]


def test_a_row_of_zeros_becomes_the_first_basis_vector() -> None:
    assert checked([[0.0, 0.0, 0.0]], embedder="e", count=1, dimension=None).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_very_small_and_very_large_numbers_keep_their_direction(size: float) -> None:
    rows = checked([[size, -size]], embedder="e", count=1, dimension=2)
    assert rows[0].tolist() == pytest.approx([0.5**0.5, -(0.5**0.5)])


def test_rows_of_unit_length_keep_their_bits() -> None:
    once = checked(np.random.default_rng(1).standard_normal((500, 256)), embedder="e", count=500,
                   dimension=256)  # fmt: skip
    assert checked(once, embedder="e", count=500, dimension=256).tobytes() == once.tobytes()


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ([[1.0, float("nan")]], "not finite"),
        ([[1.0, float("inf")]], "not finite"),
        ([[1.0]], "expected 2 dimensions, found 1"),
        ([[1.0, 0.0], [0.0, 1.0]], "expected 1 vectors"),
        ([], "expected 1 vectors"),
        ([1.0, 0.0], "expected 1 vectors"),
        ([[]], "expected 1 vectors"),
        ([["a", "b"]], "something else"),
        ([["1", "2"]], "something else"),
        ([[None, 1.0]], "something else"),
        ([[1.0, 0.0], [1.0]], "something else"),
        ({"vector": 1}, "something else"),
    ],
)
def test_refuses_what_is_no_vector(raw: object, complaint: str) -> None:
    with pytest.raises(StepFailed, match=f"embedder e.*{complaint}"):
        checked(raw, embedder="e", count=1, dimension=2)  # type: ignore[arg-type]
