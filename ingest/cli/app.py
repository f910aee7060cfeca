"""The application that the commands are added to, and `--version`."""

from typing import Annotated

import typer

from ingest.cli.output import write_text

# Plain help, plain tracebacks: no boxes in a pipe, no local variables (they may hold a key).
app = typer.Typer(
    name="varity-journal",
    help="Load ESCO into Weaviate or SQLite: journaled, resumable, one process at a time.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # costs as much as all the rest of a start

        write_text(f"varity-journal {version('varity-journal')}\n")
        raise typer.Exit


@app.callback()
def entry(
    is_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Load ESCO into Weaviate or SQLite: journaled, resumable, one process at a time.

    \b
    Example:
      varity-journal ingest esco-1.2.0-en.zip --store http://localhost:8080
    """
