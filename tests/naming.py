"""The names of the tests of a file: pages and tables that name tests are held against them."""

import ast
from functools import cache
from pathlib import Path


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the functions of the file, tests among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
