"""`status`: where the newest run stands."""

import click
from click.exceptions import Exit

from ingest.cli import exits
from ingest.cli.app import app
from ingest.cli.options import (
    load_settings,
    with_config,
    with_json,
    with_prefix,
    with_profile,
    with_store,
)
from ingest.cli.output import write_json, write_view
from ingest.cli.running import run
from ingest.report import StatusReport, status_document
from ingest.settings import Settings
from journal.errors import StoreUnavailable
from journal.state import Status


@app.command()
@with_store
@with_prefix
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit 0 completed, 1 in progress, 2 not, 69 store unreachable.",
)
@with_config
@with_profile
@with_json
def status(
    store: str | None,
    prefix: str | None,
    exit_code: bool,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Show where the newest run stands and who works on it.

    \b
    Example:
      varity-journal status --json
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    report = run(_status, settings)
    if as_json:
        write_json(status_document(report))
    else:
        from ingest.tables import status_view

        write_view(status_view(report))
    raise Exit(_exit_code(report, asked=exit_code))


async def _status(settings: Settings) -> StatusReport:
    """Return the status; a store that does not answer is one too."""
    from ingest import wiring

    try:
        return await wiring.read_status(settings)
    except StoreUnavailable as error:
        return StatusReport(
            pipeline=settings.pipeline,
            store=settings.store,
            embedder=settings.embedder,
            error=str(error),
        )


def _exit_code(report: StatusReport, *, asked: bool) -> int:
    if report.error:
        return exits.UNREACHABLE
    if not asked or report.status == Status.COMPLETED:
        return exits.IS_COMPLETED
    if report.status == Status.IN_PROGRESS and report.lease.held:
        return exits.IS_IN_PROGRESS
    return exits.NEEDS_INGESTION
