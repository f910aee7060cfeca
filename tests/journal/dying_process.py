"""A process that dies inside a chosen append: `python -m tests.journal.dying_process`.

Reads lines of JSON {"path", "at", "lands"} from stdin; for each a child runs the load of
`tests.journal.pipelines` on that SQLite file and ends like a kill -9, without any clean-up. A
line on stdout says that it is over. Forking from a process without threads is what makes a
death cheap enough to die at every append.
"""

import json
import os
import signal
import sys
from pathlib import Path

import anyio

from journal import execute
from journal.events import Recorded
from journal.stores.sqlite import SqliteStore
from tests.journal.faulty_stores import Wrapper
from tests.journal.pipelines import Load


class Deadly(Wrapper):
    """Kills this process at append number `at`, before or after it landed."""

    def __init__(self, inner: SqliteStore, *, at: int, lands: bool) -> None:
        super().__init__(inner)
        self._left = at
        self._lands = lands

    async def append(self, recorded: Recorded) -> None:
        """Add one event, or die."""
        self._left -= 1
        if self._left == 0:
            if self._lands:
                await self.inner.append(recorded)
            os.kill(os.getpid(), signal.SIGKILL)
        await self.inner.append(recorded)


async def load(path: Path, at: int, lands: bool) -> None:
    """Run until death."""
    await execute(Load().pipeline(), Deadly(SqliteStore(path), at=at, lands=lands))


def main() -> None:
    """Let one child die for each line."""
    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if child == 0:
            anyio.run(load, Path(case["path"]), case["at"], case["lands"])
            os._exit(0)
        os.waitpid(child, 0)
        print(line.strip(), flush=True)


if __name__ == "__main__":
    main()
