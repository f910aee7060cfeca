"""Time, randomness and ids are given to the core: one module asks the system for them.

Else no simulation could replay what happened. Names are read from the source, inside functions
too; a reference is refused like a call, for it would be called somewhere.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.test_imports import modules, source

PROVIDERS = {
    "journal.clock",
    "ingest.progress",  # a face: how often a line on the screen moves
}
MODULES_REFUSED = {"random", "secrets"}
NAMES_REFUSED = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "clock_gettime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "uuid": {"uuid1", "uuid4"},
    "os": {"urandom", "getrandom"},
    "numpy": {"random"},
    "np": {"random"},
}


def asked(text: str) -> Iterator[str]:
    """Yield what the source asks the system for."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
            yield from (name for name in names if name in MODULES_REFUSED)
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").partition(".")[0]
            for alias in node.names:
                if module in MODULES_REFUSED or alias.name in NAMES_REFUSED.get(module, ()):
                    yield f"{module}.{alias.name}"
        elif isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            owner = node.value.id if isinstance(node.value, ast.Name) else owner
            if node.attr in NAMES_REFUSED.get(owner, ()):
                yield f"{owner}.{node.attr}"


@pytest.mark.parametrize("module", [name for name in modules() if name not in PROVIDERS])
def test_the_core_asks_for_time_and_ids_what_it_was_given(module: str) -> None:
    assert list(asked(source(module))) == []


def test_the_providers_ask_the_system() -> None:
    assert all(list(asked(source(module))) for module in PROVIDERS)


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef f(): return time.time()",
        "import time\nclock = time.monotonic",
        "from time import time",
        "import datetime\nnow = datetime.datetime.now()",
        "from datetime import datetime\nnow = datetime.now()",
        "import random",
        "from random import Random",
        "import secrets",
        "from uuid import uuid4",
        "import uuid\nid = uuid.uuid4()",
        "import os\nsalt = os.urandom(8)",
        "import numpy as np\nnoise = np.random.default_rng()",
    ],
)
def test_the_lint_refuses_what_it_should(text: str) -> None:
    assert list(asked(text)) != []


def test_the_lint_lets_pure_functions_of_time_and_ids_pass() -> None:
    text = "from datetime import UTC, datetime\nfrom uuid import uuid5\ndatetime.fromisoformat('x')"
    assert list(asked(text)) == []
