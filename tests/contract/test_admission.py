"""What no store takes in, where the suite over the stores does not say it."""

import numpy as np
import pytest

from ingest.target import Vector
from ingest.targets.admission import date_names, refusal, vectors_fit
from schemas import load_schema
from tests.contract.target_builders import direction, skill


def test_only_the_date_properties_of_a_schema_hold_dates() -> None:
    assert date_names(load_schema("Skill")) == ("modifiedDate",)


@pytest.mark.parametrize(
    "vector", [np.full(4, 1e30, np.float32), np.full(4, 1e-30, np.float32), direction(1, 0)]
)
def test_takes_any_finite_vector(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    assert refusal(skill(1, vector=vector), dates=(), dimension=None) == ""


@pytest.mark.parametrize(
    "vector", [np.ones(4), np.ones((2, 2), np.float32), np.zeros(0, np.float32)]
)
def test_refuses_what_is_no_float32_vector(
    vector: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    assert "expected float32, (dim,)" in refusal(skill(1, vector=vector), dates=(), dimension=None)


def test_vectors_of_one_kind_and_finite_fit_at_one_look() -> None:
    assert vectors_fit([direction(1, 0), np.full(2, 1e30, np.float32), direction(0, 1)])


@pytest.mark.parametrize(
    "others",
    [
        [direction(1, float("nan"))],
        [np.array([1, -np.inf], np.float32)],
        [direction(1, 0, 0)],
        [np.ones(2, np.float16)],
        [np.ones(2, np.int8)],
        [np.ones((2, 1), np.float32)],
    ],
    ids=["not a number", "infinite", "longer", "narrower", "whole numbers", "two-dimensional"],
)
def test_one_vector_among_good_ones_has_each_looked_at(others: list[Vector]) -> None:
    assert not vectors_fit([direction(1, 0), *others, direction(0, 1)])


@pytest.mark.parametrize(
    "vectors", [[], [np.ones(4)], [np.ones((2, 2), np.float32)], [np.zeros(0, np.float32)] * 2]
)
def test_what_is_no_float32_vector_has_each_looked_at(vectors: list[Vector]) -> None:
    assert not vectors_fit(vectors)


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("", True),
        ("2024-05-15T09:30:00Z", True),
        ("2024-05-15T09:30:00.123456789+02:00", True),
        ("2024-05-15", False),
        ("2024-05-15T09:30:00", False),
        ("2024-02-30T09:30:00Z", False),
        ("2024-05-15 09:30:00Z", False),
        (("2024-05-15T09:30:00Z",), False),
    ],
)
def test_a_date_is_rfc_3339_with_a_zone(date: str | tuple[str, ...], taken: bool) -> None:
    reason = refusal(skill(1, modifiedDate=date), dates=("modifiedDate",), dimension=None)
    assert (reason == "") == taken
