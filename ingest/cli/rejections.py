"""What a load ends with when it rejected more records than it may."""

from click.exceptions import Exit

from ingest.cli.exits import TOO_MANY_REJECTED
from ingest.cli.output import say
from ingest.wording import plural


def check_rejected(rejected: int, *, allowed: int) -> None:
    """Say it and exit with 3 if there are more than allowed."""
    if rejected > allowed:
        say(
            f"{plural(rejected, 'record')} rejected, {allowed:,} allowed (--max-rejected);"
            " the others are loaded; see `varity-journal rejected`"
        )
        raise Exit(TOO_MANY_REJECTED)
