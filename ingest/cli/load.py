"""`ingest`: bring the target to the input."""

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from ingest.cli.app import app
from ingest.cli.options import (
    load_settings,
    with_config,
    with_embedder,
    with_json,
    with_language,
    with_max_rejected,
    with_prefix,
    with_profile,
    with_store,
    with_wait,
)
from ingest.cli.output import note, say, write_json, write_view
from ingest.cli.rejections import check_rejected
from ingest.cli.running import Attended, run
from ingest.decision import DRY_RUN, RAN, RESUMED, Mode
from ingest.progress import open_display
from ingest.records import InputError
from ingest.report import LeaseView, StatusReport, ingest_document
from ingest.settings import Settings, is_unattended

if TYPE_CHECKING:
    from ingest.wiring import IngestOptions, IngestResult


@app.command()
@click.argument(
    "data",
    required=False,
    metavar="[DATA]",
    help="A folder or a zip in ESCO's CSV layout. Default: what the last run loaded,"
    " else a generated sample.",
)
@with_store
@with_embedder
@click.option(
    "--resume", is_flag=True, help="Go on with the unfinished run, or fail if it differs."
)
@click.option("--restart", is_flag=True, help="Begin anew instead of going on with a run.")
@click.option("--force-reingest", is_flag=True, help="Begin a new run whatever is there.")
@with_wait
@with_max_rejected
@with_language
@with_prefix
@click.option("--dry-run", is_flag=True, help="Read the input, say what would be done, do nothing.")
@with_config
@with_profile
@with_json
def ingest(
    data: str | None,
    store: str | None,
    embedder: str | None,
    resume: bool,
    restart: bool,
    force_reingest: bool,
    wait: float | None,
    max_rejected: int | None,
    language: str | None,
    prefix: str | None,
    dry_run: bool,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Load the input, or go on where an earlier load stopped.

    \b
    Examples:
      varity-journal ingest esco-1.2.0-en.zip
      varity-journal ingest --resume --wait 60
    """
    from ingest.wiring import IngestOptions

    settings = load_settings(
        config=config,
        profile=profile,
        data=data,
        store=store,
        embedder=embedder,
        wait_seconds=wait,
        max_rejected=max_rejected,
        language=language,
        prefix=prefix,
    )
    options = IngestOptions(
        data=data,
        mode=_mode(resume=resume, restart=restart, force=force_reingest),
        wait_seconds=settings.wait_seconds,
        max_rejected=settings.max_rejected,
        dry_run=dry_run,
        interactive=sys.stdin.isatty() and not is_unattended(os.environ),
    )
    result = run(_ingest, settings, options)
    _show(result, settings.pipeline, as_json=as_json)
    if result.outcome in (RAN, RESUMED):
        check_rejected(len(result.state.rejected), allowed=settings.max_rejected)


def _mode(*, resume: bool, restart: bool, force: bool) -> Mode:
    if resume and (restart or force):
        raise InputError("--resume goes on with a run; it can not be had with a new one")
    if force:
        return Mode.FORCE
    if restart:
        return Mode.RESTART
    return Mode.RESUME if resume else Mode.AUTO


async def _ingest(settings: Settings, options: "IngestOptions") -> "IngestResult":
    from ingest import wiring

    display = open_display(note)
    attended = Attended(display)
    return await attended.run(
        partial(
            wiring.ingest,
            settings,
            options,
            confirm=attended.confirm,
            stop=attended.stop,
            on_progress=display.progress,
            on_wait=display.wait,
            listener=attended.recorded,
        )
    )


def _show(result: "IngestResult", pipeline: str, *, as_json: bool) -> None:
    """Show what was done: the message to a person, the rest as data."""
    if result.message:
        say(result.message)
    report = StatusReport(
        pipeline=pipeline,
        store=result.store_url,
        embedder=result.embedder,
        state=result.state,
        # A dry run looks at no lease; everything else returns when nobody holds it any more.
        lease=LeaseView(held=None if result.outcome == DRY_RUN else False),
    )
    if as_json:
        write_json(ingest_document(report, outcome=result.outcome, plan=result.plan))
        return
    from ingest.tables import status_view
    from ingest.tables_findings import plan_table

    if result.plan is not None:
        write_view(plan_table(result.plan.items()))
    else:
        write_view(status_view(report))
