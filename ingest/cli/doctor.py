"""The command `doctor`: what stands in the way of a load, and what to do about it."""

import os
from typing import TYPE_CHECKING

from click.exceptions import Exit

from ingest.cli.app import app
from ingest.cli.exits import FAILED, OK, UNREACHABLE
from ingest.cli.options import (
    load_settings,
    values_in_file,
    with_config,
    with_json,
    with_prefix,
    with_profile,
    with_store,
)
from ingest.cli.output import write_json, write_view
from ingest.cli.running import run
from ingest.diagnosis import Verdict, diagnosis_document
from ingest.origins import origins
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.diagnosis import Diagnosis


@app.command()
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def doctor(
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Look for what stands in the way of a load, and change nothing.

    Exit 0 if there is no problem, 69 if the store can not be reached, else 1.

    \b
    Example:
      varity-journal doctor --store http://localhost:8080
    """
    settings = load_settings(config=config, profile=profile, store=store, prefix=prefix)
    file, from_file = values_in_file(config=config, profile=profile)
    came_from = origins({"store": store, "prefix": prefix}, os.environ, from_file, file=file)
    diagnosis = run(_diagnose, settings, came_from)
    if as_json:
        write_json(diagnosis_document(diagnosis))
    else:
        from ingest.tables_diagnosis import diagnosis_view

        write_view(diagnosis_view(diagnosis))
    raise Exit(_code(diagnosis))


async def _diagnose(settings: Settings, came_from: dict[str, str]) -> "Diagnosis":
    from ingest import wiring

    return await wiring.diagnose(settings, came_from)


def _code(diagnosis: "Diagnosis") -> int:
    if diagnosis.is_unreachable:
        return UNREACHABLE
    return FAILED if diagnosis.verdict is Verdict.PROBLEM else OK
