"""Commands that make or remove data: `sample`, `reset`."""

import os
import sys
from pathlib import Path

import click

from ingest.cli.app import app
from ingest.cli.options import (
    load_settings,
    with_config,
    with_json,
    with_prefix,
    with_profile,
    with_store,
    with_wait,
)
from ingest.cli.output import say, write_json, write_text
from ingest.cli.running import ask, run
from ingest.records import InputError
from ingest.settings import Settings, is_unattended
from ingest.wording import printable


@app.command()
@click.argument("out", metavar="OUT", help="The zip to write.")
@click.option(
    "--concepts",
    type=int,
    default=300,
    show_default=True,
    metavar="N",
    help="How many, 300 to 1,000,000.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    metavar="S",
    help="Another seed, another sample.",
)
def sample(
    out: str,
    concepts: int,
    seed: int,
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
@click.option("--journal", is_flag=True, help="Remove the pipeline's events too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_wait
@with_store
@with_prefix
@with_config
@with_profile
@with_json
def reset(
    journal: bool,
    yes: bool,
    wait: float | None,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
    as_json: bool,
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
