"""`init`: what a container starts with: exit 0 means that a service may start on it."""

from functools import partial
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from ingest.cli.app import app
from ingest.cli.exits import UNUSABLE
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
)
from ingest.cli.output import note, say, write_json, write_view
from ingest.cli.rejections import check_rejected
from ingest.cli.running import Attended, run
from ingest.progress import open_display
from ingest.report import ingest_document
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.wiring import StartOptions, StartResult

WAIT_SECONDS = 3600.0
POLL_SECONDS = 30.0


@app.command()
@click.argument(
    "data",
    required=False,
    metavar="[DATA]",
    help="A folder or a zip in ESCO's CSV layout, or a folder that holds one of these."
    " Nothing there: a generated sample.",
)
@with_store
@with_embedder
@click.option(
    "--wait",
    type=float,
    metavar="SECONDS",
    help="How long to wait for a store that does not answer and for another process,"
    " in all.  [default: 3600]",
)
@click.option(
    "--poll",
    type=float,
    default=POLL_SECONDS,
    metavar="SECONDS",
    envvar="VARITY_POLL",
    help="How often to look at a process that is at work.  [default: 30]",
)
@with_max_rejected
@with_language
@with_prefix
@with_config
@with_profile
@with_json
def init(
    data: str | None,
    store: str | None,
    embedder: str | None,
    wait: float | None,
    poll: float,
    max_rejected: int | None,
    language: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Load once, or wait for who does; exit 0 only when the journal says completed. Never asks.

    \b
    Example:
      varity-journal init /data --store http://weaviate:8080
    """
    from ingest.wiring import StartOptions

    settings = load_settings(
        config=config,
        profile=profile,
        defaults={"wait_seconds": WAIT_SECONDS},
        data=data,
        store=store,
        embedder=embedder,
        wait_seconds=wait,
        max_rejected=max_rejected,
        language=language,
        prefix=prefix,
    )
    options = StartOptions(wait_seconds=settings.wait_seconds, poll_seconds=poll)
    result = run(_start, settings, options)
    _show(result, as_json=as_json)
    _check(result, settings.max_rejected)


async def _start(settings: Settings, options: "StartOptions") -> "StartResult":
    from ingest import wiring

    display = open_display(note)
    attended = Attended(display)
    return await attended.run(
        partial(
            wiring.start,
            settings,
            options,
            stop=attended.stop,
            on_progress=display.progress,
            on_wait=display.wait,
            listener=attended.recorded,
        )
    )


def _show(result: "StartResult", *, as_json: bool) -> None:
    if result.message:
        say(result.message)
    if as_json:
        write_json(ingest_document(result.report, outcome=result.outcome))
        return
    from ingest.tables import status_view

    write_view(status_view(result.report))


def _check(result: "StartResult", allowed: int) -> None:
    """Exit unless a service may start; every start on the same data ends alike."""
    if not result.is_completed:
        raise Exit(UNUSABLE)
    check_rejected(len(result.report.state.rejected), allowed=allowed)
