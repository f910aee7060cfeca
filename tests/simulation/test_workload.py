"""Each input of a seed has what makes an order hard."""

from itertools import product

import pytest

from tests.simulation.workload import SHAPES, VERSIONS, workload

BOTH = pytest.mark.parametrize(("shape", "version"), [*product(range(SHAPES), range(VERSIONS))])


@BOTH
def test_an_input_is_deep_and_has_what_is_not_loaded(shape: int, version: int) -> None:
    given = workload(shape, version)
    classes = given.catalogue.classes
    chunk = max(1, given.window // 2)
    batches = sum(
        -(-len(level) // chunk) for records in classes.values() for level in records.order.levels
    )
    assert max(len(records.order.levels) for records in classes.values()) >= 3
    assert batches >= 20
    assert given.refused
    assert given.shaken  # something refers to what is refused
    assert sum(given.catalogue.dangling.values()) > 0
    assert any(records.rejections for records in classes.values())
    # What changes takes the cycle apart in some shapes: that, too, is to be survived.
    assert version or any(len(records.order.cyclic) > 1 for records in classes.values())
