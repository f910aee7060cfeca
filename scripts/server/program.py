"""Where the server's program comes from: the cache, Go, or the official container image."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "1.38.11"
MODULE = f"github.com/weaviate/weaviate/cmd/weaviate-server@v{VERSION}"
IMAGE = f"semitechnologies/weaviate:{VERSION}"
DOCKER_ANSWER_SECONDS = 5


class NoServer(Exception):
    """There is no way to run a server on this machine."""


def obtain() -> Path | None:
    """Return the binary, built if need be, or None: then the container image is there.

    Raises:
        NoServer: neither can be had.
    """
    try:
        return binary()
    except NoServer:
        if not _docker_answers():
            raise
    _pull()
    return None


def binary() -> Path:
    """Return the path of the binary, from the cache or built by Go and then cached."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "varity-journal"
    cached = cache / f"weaviate-server-v{VERSION}"
    if cached.exists():
        return cached
    if shutil.which("go") is None:
        raise NoServer(
            f"No Weaviate server: {cached} is not there, Go is not installed to build it, "
            "and no Docker engine answers."
        )
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{cached.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second caller waits, then finds it built
        if not cached.exists():
            _build(cached)
    return cached


def _build(cached: Path) -> None:
    print(f"Building Weaviate {VERSION}, once: about six minutes.", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
        env = {**os.environ, "GOBIN": folder}
        done = subprocess.run(["go", "install", MODULE], env=env, check=False, stdout=sys.stderr)
        if done.returncode != 0:
            raise NoServer(f"No Weaviate server: go install {MODULE} failed.")
        (Path(folder) / "weaviate-server").replace(cached)


def _docker_answers() -> bool:
    try:
        asked = subprocess.run(
            ["docker", "info"], check=False, capture_output=True, timeout=DOCKER_ANSWER_SECONDS
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _pull() -> None:
    inspect = ["docker", "image", "inspect", IMAGE]
    if subprocess.run(inspect, check=False, capture_output=True).returncode == 0:
        return
    if subprocess.run(["docker", "pull", IMAGE], check=False, stdout=sys.stderr).returncode != 0:
        raise NoServer(f"No Weaviate server: docker pull {IMAGE} failed.")
