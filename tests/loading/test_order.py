"""The order of writing: whatever is referred to comes first."""

from random import Random

import numpy as np
import pytest

from ingest.order import Edges, levels


def edges(*pairs: tuple[int, int]) -> Edges:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def listed(nodes: int, *pairs: tuple[int, int]) -> list[list[int]]:
    return [level.tolist() for level in levels(nodes, edges(*pairs)).levels]


def test_no_nodes_have_no_levels() -> None:
    order = levels(0, edges())
    assert order.levels == ()
    assert order.cyclic.tolist() == []


def test_nodes_without_references_lie_on_one_level() -> None:
    assert listed(3) == [[0, 1, 2]]


def test_a_target_comes_before_its_holder() -> None:
    assert listed(3, (0, 1), (1, 2)) == [[2], [1], [0]]


def test_a_node_waits_for_its_deepest_target() -> None:
    assert listed(4, (3, 0), (3, 2), (2, 1), (1, 0)) == [[0], [1], [2], [3]]


def test_the_same_edge_twice_changes_nothing() -> None:
    assert listed(2, (1, 0), (1, 0)) == [[0], [1]]


def test_a_self_reference_is_a_cycle_and_no_obstacle() -> None:
    order = levels(3, edges((1, 1), (2, 1)))
    assert [level.tolist() for level in order.levels] == [[0, 1], [2]]
    assert order.cyclic.tolist() == [1]
    assert order.is_cyclic_edge(1, 1)
    assert not order.is_cyclic_edge(2, 1)


def test_a_cycle_of_three_is_broken_and_its_other_references_are_not() -> None:
    order = levels(5, edges((0, 1), (1, 2), (2, 0), (1, 4), (3, 0)))
    assert [level.tolist() for level in order.levels] == [[0, 2, 4], [1, 3]]
    assert order.cyclic.tolist() == [0, 1, 2]
    assert order.is_cyclic_edge(2, 0)
    assert not order.is_cyclic_edge(1, 4)
    assert not order.is_cyclic_edge(3, 0)


def test_a_path_between_two_cycles_is_on_neither() -> None:
    order = levels(5, edges((0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 3)))
    assert order.cyclic.tolist() == [0, 1, 3, 4]
    assert not order.is_cyclic_edge(1, 2)
    assert not order.is_cyclic_edge(2, 3)
    assert not order.is_cyclic_edge(0, 4)
    assert [level.tolist() for level in order.levels] == [[0, 3, 4], [2], [1]]


def test_a_chain_of_many_thousands_is_followed_edge_by_edge_once() -> None:
    nodes = 10_000
    order = levels(nodes, np.stack([np.arange(1, nodes), np.arange(nodes - 1)], axis=1))
    assert len(order.levels) == nodes
    assert [level.tolist() for level in order.levels[:3]] == [[0], [1], [2]]


def test_a_cycle_of_many_thousands_needs_no_deep_stack() -> None:
    nodes = 20_000
    order = levels(nodes, np.stack([np.arange(nodes), np.roll(np.arange(nodes), -1)], axis=1))
    assert len(order.cyclic) == nodes
    assert len(order.levels) == 1


def test_the_order_of_the_edges_does_not_matter() -> None:
    pairs = [(5, 1), (4, 5), (1, 0), (2, 2), (3, 4), (4, 3), (0, 2)]
    shuffled = pairs[::-1]
    one, other = levels(6, edges(*pairs)), levels(6, edges(*shuffled))
    assert [level.tolist() for level in one.levels] == [level.tolist() for level in other.levels]
    assert one.cyclic.tolist() == other.cyclic.tolist()


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_keep_the_promise(seed: int) -> None:
    """By brute force: mutual reachability decides what is cyclic, levels what comes first."""
    random = Random(seed)
    nodes = random.randint(1, 14)
    pairs = [
        (random.randrange(nodes), random.randrange(nodes)) for _ in range(random.randint(0, 22))
    ]
    order = levels(nodes, edges(*pairs))
    level_of = {int(node): at for at, level in enumerate(order.levels) for node in level}
    assert sorted(level_of) == list(range(nodes))

    reaches = np.zeros((nodes, nodes), dtype=bool)
    for source, target in pairs:
        reaches[source, target] = True
    for middle in range(nodes):
        reaches |= np.outer(reaches[:, middle], reaches[middle])
    assert order.cyclic.tolist() == [node for node in range(nodes) if reaches[node, node]]
    for source, target in pairs:
        is_mutual = bool(reaches[target, source])
        assert order.is_cyclic_edge(source, target) == is_mutual
        assert is_mutual or level_of[target] < level_of[source]
