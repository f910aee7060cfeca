"""In which order objects can be written: every reference's target before its holder.

Pure, over integers. Nodes are 0..n-1; an edge (a, b) says that a refers to b.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Edges = NDArray[np.int64]  # (edges, 2): source, target


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Order:
    """The levels of a reference graph.

    `levels` partitions the nodes: what a node refers to, by edges that are not cyclic, lies in
    earlier levels. `cyclic` are the nodes on a cycle, ascending (a self-reference is one);
    `component` gives each node's cycle a number, -1 off any cycle: an edge is cyclic if both
    ends have the same number.
    """

    levels: tuple[Indices, ...]
    cyclic: Indices
    component: Indices

    def is_cyclic_edge(self, source: int, target: int) -> bool:
        """Whether the edge lies on a cycle."""
        return bool(self.component[source] >= 0) and bool(
            self.component[source] == self.component[target]
        )


def levels(nodes: int, edges: Edges) -> Order:
    """Return the order of `nodes` nodes; equal input gives equal output, ties by number."""
    component = _components(nodes, edges)
    on_cycle = (component[edges[:, 0]] >= 0) & (component[edges[:, 0]] == component[edges[:, 1]])
    return Order(
        levels=_by_depth(nodes, edges[~on_cycle]),
        cyclic=np.flatnonzero(component >= 0),
        component=component,
    )


def _by_depth(nodes: int, edges: Edges) -> tuple[Indices, ...]:
    """Return the nodes by the length of their longest way down; those above a cycle never come.

    Follows each edge once, whatever the depth: a taxonomy may hold a chain of thousands.
    """
    unmet = np.bincount(edges[:, 0], minlength=nodes)  # targets that are on no level yet
    by_target = edges[np.argsort(edges[:, 1], kind="stable")]
    starts = np.searchsorted(by_target[:, 1], np.arange(nodes + 1))
    found: list[Indices] = []
    level = np.flatnonzero(unmet == 0)
    while len(level):
        found.append(level)
        holders = by_target[_ranges(starts[level], starts[level + 1]), 0]
        np.subtract.at(unmet, holders, 1)
        touched = np.unique(holders)
        level = touched[unmet[touched] == 0]
    return tuple(found)


def _ranges(starts: Indices, ends: Indices) -> Indices:
    """Return the numbers of all ranges start..end, one after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _components(nodes: int, edges: Edges) -> Indices:
    """Return for each node the number of its cycle (strongly connected component), -1 for none."""
    component = np.full(nodes, -1, dtype=np.int64)
    met = np.zeros(nodes, dtype=bool)
    for level in _by_depth(nodes, edges):
        met[level] = True
    # All cycles are among the rest; in a taxonomy hardly anything else is.
    rest = np.flatnonzero(~met)
    if not len(rest):
        return component
    successors: dict[int, list[int]] = {int(node): [] for node in rest}
    looped: set[int] = set()
    for source, target in edges[~met[edges[:, 0]] & ~met[edges[:, 1]]].tolist():
        successors[source].append(target)
        if source == target:
            looped.add(source)
    for number, members in enumerate(_strongly_connected(successors)):
        if len(members) > 1 or members[0] in looped:
            component[members] = number
    return component


def _strongly_connected(successors: dict[int, list[int]]) -> list[list[int]]:
    """Return the strongly connected components (Tarjan, without recursion), each ascending."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in successors:
        if root in index:
            continue
        work = [(root, iter(successors[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for successor in following:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(successors[successor])))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    members = _popped(stack, on_stack, node)
                    found.append(sorted(members))
    return found


def _popped(stack: list[int], on_stack: set[int], root: int) -> list[int]:
    members: list[int] = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == root:
            return members
