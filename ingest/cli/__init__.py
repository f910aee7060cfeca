"""The command `varity-journal`.

A command parses, calls one function of `ingest.wiring`, prints, exits. What a run needs is
imported when it runs: asking for help or for a status loads no driver, model or table.
"""

import gc
import sys

from ingest.cli.app import app
from ingest.cli.exits import exit_code
from ingest.cli.output import open_missing_streams, say
from ingest.cli.redacting import redacted_output
from journal.errors import JournalError

# Each of these modules adds its commands to `app`, in the order in which help lists them.
from ingest.cli import load, init, look, past, check, repairing, replaying, keep, serving, doctor  # noqa: F401 isort:skip

__all__ = ["app", "main"]


# Nearly everything that a load makes lives for a while and is in no cycle: looking for cycles as
# often as Python does by itself takes a fifteenth of its time.
COLLECTION_THRESHOLDS = (20_000, 20, 50)


def main() -> None:
    """Run the command line; a foreseeable failure is one sentence and an exit code."""
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    open_missing_streams()
    with redacted_output():
        try:
            app()
        except JournalError as error:
            say(str(error))
            sys.exit(exit_code(error))
