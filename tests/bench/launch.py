"""Runs one command and writes down what it took, as JSON.

    python -I -S launch.py OUT SECONDS COMMAND ...

A small process of its own, without any package: a child's peak memory begins with that of the
process that starts it. Knows nothing of what runs.
"""

import json
import os
import resource
import signal
import sys
import time

OUT, SECONDS, COMMAND = 1, 2, 3


def main() -> None:
    """Wait for the command's end, or end it when its time is up."""
    command = sys.argv[COMMAND:]
    began = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.kill(pid, signal.SIGKILL))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the command itself
    signal.alarm(int(sys.argv[SECONDS]))
    _, status, used = os.wait4(pid, 0)
    wall = time.monotonic() - began
    signal.alarm(0)
    with open(sys.argv[OUT], "w", encoding="utf-8") as out:
        json.dump(
            {"code": os.waitstatus_to_exitcode(status), "wall_seconds": wall, **_of(used)}, out
        )


def _of(used: resource.struct_rusage) -> dict[str, float]:
    return {
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,  # Linux counts in KiB
    }


if __name__ == "__main__":
    main()
