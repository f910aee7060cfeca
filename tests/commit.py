"""Which commit is tested, for what changes with it and stays the same for as long as it does."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def commit_hash() -> str:
    """Return the hash of the commit, "" where this is no checkout."""
    return _said("rev-parse", "HEAD")


def commit_name() -> str:
    """Return how to name what is tested: the commit, and whether files were changed since."""
    return commit_hash()[:7] + (" with changes" if is_changed() else "")


def is_changed() -> bool:
    """Whether files of the commit were changed since."""
    return bool(_said("status", "--porcelain", "--untracked-files=no"))


def _said(*arguments: str) -> str:
    try:
        asked = subprocess.run(
            ("git", *arguments), cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""
