"""What a command imports: runs it under `-X importtime` and sums up.

python -m tests.bench.sides.imports PROGRAM ARGUMENTS ...
"""

import json
import re
import subprocess
import sys

LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")
ROWS = 15
SECONDS = 120


def main() -> None:
    """Run the command, and print the sum and the dearest modules, by package."""
    command = [sys.executable, "-X", "importtime", *sys.argv[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    outcome = json.loads(done.stdout)["outcome"]
    print(json.dumps({"outcome": outcome, **_summed(done.stderr)}))


def _summed(printed: str) -> dict[str, object]:
    own: dict[str, int] = {}
    modules = 0
    for line in printed.splitlines():
        if (found := LINE.match(line)) is not None:
            package = found[4].partition(".")[0]
            own[package] = own.get(package, 0) + int(found[1])
            modules += 1
    total = sum(own.values())
    dearest = sorted(own.items(), key=lambda pair: -pair[1])[:ROWS]
    return {
        "imports_ms": total / 1000,
        "modules": modules,
        "packages": [[name, round(microseconds / total, 4)] for name, microseconds in dearest],
    }


if __name__ == "__main__":
    main()
