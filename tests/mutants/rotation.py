"""Which mutants one run of the tests plants: a third of them, another one with each commit.

All of them cost more time than every other quick test together.
"""

import os
import subprocess
from collections.abc import Iterable

from tests.mutants.running import ROOT

PARTS = 3
WHICH_VARIABLE = "VARITY_TEST_MUTANTS"  # "all": not a third only


def chosen(names: Iterable[str]) -> list[str]:
    """Return the names of this run: the same for as long as the commit is."""
    if os.environ.get(WHICH_VARIABLE) == "all":
        return list(names)
    return part(names, commit_hash())


def part(names: Iterable[str], commit: str) -> list[str]:
    """Return each third name, from the one that the commit's hash says on."""
    return list(names)[int(commit or "0", 16) % PARTS :: PARTS]


def commit_hash() -> str:
    """Return the hash of the commit, "" where this is no checkout."""
    command = ("git", "rev-parse", "HEAD")
    try:
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""
