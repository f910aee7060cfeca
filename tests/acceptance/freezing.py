"""`python -m tests.acceptance.freezing FILE PID`: stop a process while it writes nothing.

A process that stands still in the middle of a transaction keeps an SQLite file locked, and nobody
can take over from it before it goes on or dies: that is SQLite's way, and another matter. Whoever
holds the lock knows that nobody else is in the middle of one.
"""

import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path


def freeze(file: str, pid: int) -> None:
    """Return when the process stands still, and the file is free."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as locked:
        locked.execute("BEGIN IMMEDIATE")
        os.kill(pid, signal.SIGSTOP)
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)
        locked.execute("ROLLBACK")


if __name__ == "__main__":
    freeze(sys.argv[1], int(sys.argv[2]))
