"""Commands that make or remove data: `sample`, `reset`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.app import app
from ingest.cli.options import AsJson, Config, Prefix, Profile, Store, Wait, load_settings
from ingest.cli.output import say, write_json, write_text
from ingest.cli.running import ask, run
from ingest.records import InputError
from ingest.settings import Settings, is_unattended
from ingest.wording import printable


@app.command()
def sample(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The zip to write.")],
    concepts: Annotated[
        int, typer.Option("--concepts", metavar="N", help="How many, 300 to 1,000,000.")
    ] = 300,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="Another seed, another sample.")
    ] = 0,
) -> None:
    """Write a made-up data set in ESCO's layout.

    The same arguments give the same one.

    \b
    Example:
      varity-journal sample sample.zip --concepts 2000
    """
    from ingest.sample import write_sample

    write_sample(Path(out), concepts=concepts, seed=seed)
    say(f"{out} holds {concepts:,} concepts; load it with `varity-journal ingest {out}`")


@app.command()
def reset(
    journal: Annotated[
        bool, typer.Option("--journal", help="Remove the pipeline's events too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = None,
    store: Store = None,
    prefix: Prefix = None,
    config: Config = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Drop the pipeline's objects, classes and leases.

    \b
    Example:
      varity-journal reset --journal --yes
    """
    settings = load_settings(
        config=config, profile=profile, store=store, prefix=prefix, wait_seconds=wait
    )
    if not (yes or _is_confirmed(settings, journal=journal)):
        say("nothing was dropped")
        return
    dropped = run(_reset, settings, journal)
    if as_json:
        write_json({"dropped": dropped})
    else:
        write_text("".join(f"dropped {printable(name)}\n" for name in dropped))


def _is_confirmed(settings: Settings, *, journal: bool) -> bool:
    if not sys.stdin.isatty() or is_unattended(os.environ):
        raise InputError("reset drops data and nobody is there to be asked; add --yes")
    events = " and its events" if journal else ""
    return ask(f"Drop all objects of pipeline {settings.pipeline}{events} in {settings.store}?")


async def _reset(settings: Settings, journal: bool) -> list[str]:
    from ingest import wiring

    return list(await wiring.reset(settings, journal=journal, wait_seconds=settings.wait_seconds))
