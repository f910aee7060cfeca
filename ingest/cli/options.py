"""Options that several commands share, and the settings they add up to."""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from ingest.records import InputError
from ingest.settings import (
    CONFIG_VARIABLE,
    PROFILE_VARIABLE,
    Settings,
    SettingValue,
    settings_from,
)
from journal.small_files import text_in

with_store = click.option(
    "--store",
    metavar="URL",
    help="sqlite:///FILE or http(s)://HOST:PORT of a Weaviate.  [default: sqlite:///varity.db]",
)
with_prefix = click.option(
    "--prefix", metavar="P", help="Put before class names, to share a database."
)
with_embedder = click.option(
    "--embedder",
    metavar="NAME",
    help="What makes the vectors: local, t2v or hashing.  [default: local]",
)
with_language = click.option(
    "--language", metavar="CODE", help="Which files to read.  [default: en]"
)
with_max_rejected = click.option(
    "--max-rejected", type=int, metavar="N", help="More rejected records: exit 3.  [default: 0]"
)
with_config = click.option("--config", metavar="FILE", help="Read settings from a YAML file.")
with_profile = click.option("--profile", metavar="NAME", help="Which profile of the file to use.")
with_json = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to stdout, and nothing else."
)
with_wait = click.option(
    "--wait",
    type=float,
    metavar="SECONDS",
    help="How long to wait for another process, or for a store that does not answer.  [default: 0]",
)
with_run = click.argument(
    "run_id", default="", metavar="[RUN]", help="A run's id, or its beginning. Default: the newest."
)
with_every = click.option(
    "--all", "every", is_flag=True, help="Events of every run, and rows from before events."
)


def load_settings(
    *,
    config: str | None,
    profile: str | None,
    defaults: Mapping[str, SettingValue] | None = None,
    **flags: SettingValue | None,
) -> Settings:
    """Return what flags, the environment and the configuration file say.

    `defaults` are the command's own: they hold where nobody says anything.

    Raises:
        InputError: one of them can not be used.
    """
    _, from_file = values_in_file(config=config, profile=profile)
    from_file = {**(defaults or {}), **from_file}
    return settings_from(flags, os.environ, from_file, read_text=text_in)


def values_in_file(
    *, config: str | None, profile: str | None
) -> tuple[str, dict[str, SettingValue]]:
    """Return the configuration file's name ("" if there is none) and its values by field name.

    Raises:
        InputError: it can not be used, or has no such profile.
    """
    config = config or os.environ.get(CONFIG_VARIABLE) or None
    profile = profile or os.environ.get(PROFILE_VARIABLE) or None
    return config or "", _from_file(config, profile)


def _from_file(config: str | None, profile: str | None) -> dict[str, SettingValue]:
    if config is None:
        if profile is not None:
            raise InputError(f"profile {profile!r} needs a file: add --config FILE")
        return {}
    from ingest.settings_file import settings_in

    try:
        text = text_in(Path(config))
    except UnicodeDecodeError as error:
        raise InputError(f"{config} is not UTF-8: save it as UTF-8") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no name of a file"
        raise InputError(f"{config} can not be read ({why}); name a file by --config") from error
    return settings_in(text, file=config, profile=profile)
