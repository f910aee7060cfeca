"""The command `varity-journal`.

A command parses, calls one function of `ingest.wiring`, prints, exits. What a run needs is
imported when it runs: asking for help or for a status loads no driver, model or table.
"""

import sys

from ingest.cli.app import app
from ingest.cli.exits import exit_code
from ingest.cli.output import open_missing_streams, say
from ingest.cli.redacting import redacted_output
from ingest.collecting import collect_seldom
from journal.errors import JournalError

# Each of these modules adds its commands to `app`, in the order in which help lists them.
from ingest.cli import load, init, look, past, check, repairing, replaying, keep, serving, doctor  # noqa: F401 isort:skip

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; a foreseeable failure is one sentence and an exit code."""
    collect_seldom()
    open_missing_streams()
    with redacted_output():
        try:
            app()
        except JournalError as error:
            say(str(error))
            sys.exit(exit_code(error))
