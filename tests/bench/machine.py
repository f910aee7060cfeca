"""What a result was measured on: cores, memory, versions, commit. No names, no paths."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.commit import commit_hash, is_changed

PACKAGES = ("weaviate-client", "grpcio", "numpy", "httpx", "orjson", "wordllama")
PEERS = Path(__file__).with_name("peers.txt")


def described(checkout: Path) -> dict[str, Any]:
    """Return the description of machine and program."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit_hash()[:12],
        "is_changed": is_changed(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(pages * size / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "python": platform.python_version(),
            "weaviate": _weaviate(checkout),
            **{name: metadata.version(name) for name in PACKAGES},
        },
    }


def peers() -> dict[str, str]:
    """Return the versions of the programs that ours is compared with."""
    lines = [line for line in PEERS.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("==", 1) for line in lines)


def _weaviate(checkout: Path) -> str:
    """Return the version of the server that `scripts/weaviate` starts."""
    program = (checkout / "scripts" / "server" / "program.py").read_text()
    found = re.search(r'^VERSION = "(.+)"$', program, re.MULTILINE)
    return found[1] if found else "unknown"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
