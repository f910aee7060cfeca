"""The application that the commands are added to, and `--version`."""

import click

from ingest.cli.output import write_text


class _InOrder(click.Group):
    """Lists its commands in the order in which a person needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _show_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # costs as much as all the rest of a start

        write_text(f"varity-journal {version('varity-journal')}\n")
        ctx.exit()


@click.group(
    cls=_InOrder,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def app() -> None:
    """Load ESCO into Weaviate or SQLite: journaled, resumable, one process at a time.

    \b
    Example:
      varity-journal ingest esco-1.2.0-en.zip --store http://localhost:8080
    """
