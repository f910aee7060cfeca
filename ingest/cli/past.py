"""Commands that read what happened: `history`, `rejected`, `export`."""

import click

from ingest.cli.app import app
from ingest.cli.options import (
    load_settings,
    with_config,
    with_every,
    with_json,
    with_prefix,
    with_profile,
    with_run,
    with_store,
)
from ingest.cli.output import stdout_width, write_json, write_text, write_view
from ingest.cli.running import run
from ingest.lines import (
    ShownEvent,
    event_document,
    events_of,
    legacy_document,
    rejected_documents,
)
from ingest.report import run_document
from ingest.settings import Settings
from journal.state import RunState, Status, fold_runs
from journal.store import LegacyRow


@app.command()
@with_run
@click.option("--events", is_flag=True, help="Show a run's events.")
@click.option("--follow", is_flag=True, help="Show events as they are written (with --events).")
@with_every
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def history(
    run_id: str,
    events: bool,
    follow: bool,
    every: bool,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """List the runs, newest first, or the events of one.

    \b
    Examples:
      varity-journal history
      varity-journal history 3f2a --events --json
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    if follow:
        run(_follow, settings, run_id, as_json)
    elif events or every:
        shown, legacy = run(_events, settings, run_id, every)
        _show_events(shown, legacy, as_json=as_json)
    else:
        runs, held, legacy = run(_runs, settings, run_id)
        _show_runs(runs, legacy, is_held=held, as_json=as_json)


@app.command()
@with_run
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def rejected(
    run_id: str,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """List the records that a run could not load, and why.

    \b
    Example:
      varity-journal rejected --json
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    shown, _ = run(_events, settings, run_id, False)
    documents = rejected_documents(shown)
    if as_json:
        write_json(documents)
    else:
        from ingest.tables_findings import rejected_table

        write_view(rejected_table(documents))


@app.command()
@with_run
@with_every
@with_store
@with_prefix
@with_config
@with_profile
def export(
    run_id: str,
    every: bool,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
) -> None:
    """Write a run's events as JSON lines, for `replay`.

    \b
    Examples:
      varity-journal export 3f2a > run.jsonl
      varity-journal export --all > journal.jsonl
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    shown, legacy = run(_events, settings, run_id, every)
    _show_events(shown, legacy, as_json=True)


async def _events(
    settings: Settings, run_id: str, every: bool
) -> tuple[list[ShownEvent], list[LegacyRow]]:
    """Return the events of one run, or everything there is."""
    from ingest import wiring

    shown, legacy = await wiring.read_events(settings, None)
    return (list(shown), list(legacy)) if every else (events_of(run_id, shown), [])


async def _runs(
    settings: Settings, run_id: str
) -> tuple[list[RunState], bool | None, list[LegacyRow]]:
    """Return the runs, newest first, whether the newest has a live owner, and legacy rows."""
    from ingest import wiring

    shown, legacy = await wiring.read_events(settings, None)
    runs = fold_runs(recorded for recorded, _ in shown)[::-1]
    held: bool | None = None
    if runs and runs[0].status is Status.IN_PROGRESS:
        held = (await wiring.read_status(settings)).lease.held
    if run_id:
        chosen = events_of(run_id, shown)[0][0].run_id
        held = held if runs and runs[0].run_id == chosen else None
        return [state for state in runs if state.run_id == chosen], held, []
    return runs, held, list(legacy)


async def _follow(settings: Settings, run_id: str, as_json: bool) -> None:
    from ingest import wiring

    chosen: str | None = None
    if run_id:
        shown, _ = await wiring.read_events(settings, None)
        chosen = events_of(run_id, shown)[0][0].run_id
    async for recorded, fenced in wiring.follow_events(settings, chosen):
        if as_json:
            write_json(event_document(recorded, fenced=fenced))
        else:
            from ingest.tables import event_line

            write_text(event_line((recorded, fenced)) + "\n")


def _show_events(shown: list[ShownEvent], legacy: list[LegacyRow], *, as_json: bool) -> None:
    if as_json:
        for row in legacy:
            write_json(legacy_document(row))
        for recorded, fenced in shown:
            write_json(event_document(recorded, fenced=fenced))
        return
    from ingest.tables import events_table, legacy_table

    write_view(*([legacy_table(legacy)] if legacy else []), events_table(shown))


def _show_runs(
    runs: list[RunState], legacy: list[LegacyRow], *, is_held: bool | None, as_json: bool
) -> None:
    if as_json:
        write_json(
            [
                run_document(state, is_held=is_held if index == 0 else None)
                for index, state in enumerate(runs)
            ]
        )
        return
    from ingest.tables import legacy_table, runs_table

    table = runs_table(runs, is_held=is_held, width=stdout_width())
    write_view(table, *(["", legacy_table(legacy)] if legacy else []))
