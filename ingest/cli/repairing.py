"""`repair`: mend what `validate` finds."""

from functools import partial
from typing import TYPE_CHECKING

import click

from ingest.cli.app import app
from ingest.cli.looking import shown
from ingest.cli.options import (
    load_settings,
    with_config,
    with_json,
    with_prefix,
    with_profile,
    with_store,
    with_wait,
)
from ingest.cli.output import note, say, write_json, write_view
from ingest.cli.running import Attended, run
from ingest.progress import open_display
from ingest.report import LeaseView, StatusReport, repair_document
from ingest.settings import Settings
from ingest.wording import plural

if TYPE_CHECKING:
    from ingest.wiring import RepairOptions, RepairResult


@app.command()
@click.argument(
    "data",
    required=False,
    metavar="[DATA]",
    help="What was loaded. Default: where the last run found it.",
)
@click.option("--deep", is_flag=True, help="Mend what only validate --deep finds, too.")
@with_wait
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def repair(
    data: str | None,
    deep: bool,
    wait: float | None,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Write again what is missing, different or can not be found, and nothing else.

    Objects that are not in the input are kept. Exit 1 if no load is completed.

    \b
    Example:
      varity-journal repair --deep
    """
    from ingest.wiring import RepairOptions

    settings = load_settings(
        config=config, profile=profile, store=store, prefix=prefix, wait_seconds=wait
    )
    options = RepairOptions(data=data, deep=deep, wait_seconds=settings.wait_seconds)
    result = run(_repair, settings, options)
    say(_told(result))
    report = StatusReport(
        pipeline=settings.pipeline,
        store=result.store_url,
        embedder=settings.embedder,
        state=result.state,
        lease=LeaseView(held=False),
    )
    if as_json:
        write_json(repair_document(report, mended=result.mended))
    else:
        from ingest.tables import status_view

        write_view(status_view(report))


async def _repair(settings: Settings, options: "RepairOptions") -> "RepairResult":
    from ingest import wiring

    display = open_display(note)
    attended = Attended(display)
    listeners = wiring.Listeners(
        on_progress=display.progress,
        on_wait=display.wait,
        listener=attended.recorded,
        looked=shown(display),
    )
    return await attended.run(
        partial(wiring.repair, settings, options, stop=attended.stop, listeners=listeners)
    )


def _told(result: "RepairResult") -> str:
    """Return what was mended, and what was left alone, in a sentence."""
    mended = [f"{plural(count, 'object')} of {name}" for name, count in result.mended.items()]
    told = f"mended {', '.join(mended)}" if mended else "nothing had to be mended"
    extra = int(result.state.summary.get("extra", 0))
    return f"{told}; {plural(extra, 'extra object')} kept" if extra else told
