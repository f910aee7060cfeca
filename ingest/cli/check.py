"""Commands that look at the target: `validate`, `search`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from ingest.cli.app import app
from ingest.cli.exits import DIFFERENT
from ingest.cli.looking import shown
from ingest.cli.options import (
    load_settings,
    with_config,
    with_json,
    with_prefix,
    with_profile,
    with_store,
)
from ingest.cli.output import note, say, stdout_width, write_json, write_view
from ingest.cli.running import run
from ingest.progress import open_display
from ingest.report import ValidationReport, search_document, validation_document
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.target import Hit

FORCED = "what changed under its old hash only repair --deep mends, no forced load"


@app.command()
@click.argument(
    "data",
    required=False,
    metavar="[DATA]",
    help="What must be there. Default: what the last run loaded.",
)
@click.option("--deep", is_flag=True, help="Look at each object: whole, and by its own vector.")
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def validate(
    data: str | None,
    deep: bool,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Compare the target with the input, look for every object, and change nothing.

    Exit 4 if they differ.

    \b
    Example:
      varity-journal validate --deep
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    report = run(_validate, settings, data, deep)
    if report.classes and not report.valid:
        say(f"to mend it: varity-journal repair{' --deep' if deep else ''}; {FORCED}")
    if as_json:
        write_json(validation_document(report))
    else:
        from ingest.tables_findings import validation_view

        write_view(validation_view(report))
    raise Exit(0 if report.valid else DIFFERENT)


@app.command()
@click.argument("query", metavar="QUERY", help="What to look for, in words.")
@click.option(
    "--class",
    "class_name",
    default="Skill",
    show_default=True,
    metavar="NAME",
    help="Skill, Occupation, SkillGroup, ISCOGroup or SkillCollection.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many at most.",
)
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def search(
    query: str,
    class_name: str,
    limit: int,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Find the concepts that are nearest in meaning.

    \b
    Example:
      varity-journal search "repairing machines" --class Occupation --limit 5
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    query = query.encode("utf-8", "replace").decode()  # what the shell gave may be no text
    hits = run(_search, settings, query, class_name, limit)
    if as_json:
        write_json(search_document(query, hits))
    else:
        from ingest.tables_findings import hits_table

        write_view(hits_table(hits, width=stdout_width()))


async def _validate(settings: Settings, data: str | None, deep: bool) -> ValidationReport:
    from ingest import wiring

    display = open_display(note)
    try:
        return await wiring.validate(settings, data, deep, looked=shown(display))
    finally:
        display.close()


async def _search(settings: Settings, query: str, class_name: str, limit: int) -> "Sequence[Hit]":
    from ingest import wiring

    return await wiring.search(settings, query, class_name, limit)
