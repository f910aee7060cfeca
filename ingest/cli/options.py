"""Options that several commands share, and the settings they add up to."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ingest.records import InputError
from ingest.settings import (
    CONFIG_VARIABLE,
    PROFILE_VARIABLE,
    Settings,
    SettingValue,
    settings_from,
)

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="sqlite:///FILE or http(s)://HOST:PORT of a Weaviate.  [default: sqlite:///varity.db]",
    ),
]
Prefix = Annotated[
    str | None,
    typer.Option("--prefix", metavar="P", help="Put before class names, to share a database."),
]
Config = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Read settings from a YAML file.")
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Which profile of the file to use."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, and nothing else.")]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        help="How long to wait for another process, or for a store that does not answer."
        "  [default: 0]",
    ),
]
Run = Annotated[
    str, typer.Argument(metavar="[RUN]", help="A run's id, or its beginning. Default: the newest.")
]
Every = Annotated[
    bool, typer.Option("--all", help="Events of every run, and rows from before events.")
]


def load_settings(
    *, config: str | None, profile: str | None, **flags: SettingValue | None
) -> Settings:
    """Return what flags, the environment and the configuration file say.

    Raises:
        InputError: one of them can not be used.
    """
    config = config or os.environ.get(CONFIG_VARIABLE) or None
    profile = profile or os.environ.get(PROFILE_VARIABLE) or None
    return settings_from(
        flags, os.environ, _from_file(config, profile), read_text=lambda path: path.read_text()
    )


def _from_file(config: str | None, profile: str | None) -> dict[str, SettingValue]:
    if config is None:
        if profile is not None:
            raise InputError(f"profile {profile!r} needs a file: add --config FILE")
        return {}
    from ingest.settings_file import settings_in

    try:
        text = Path(config).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{config} can not be read ({type(error).__name__})") from error
    return settings_in(text, file=config, profile=profile)
