"""`serve`: search, concepts and the journal over HTTP, and one page for people."""

import click

from ingest.cli.app import app
from ingest.cli.options import load_settings, with_config, with_prefix, with_profile, with_store
from ingest.cli.output import say
from ingest.cli.running import run
from ingest.settings import Settings


@app.command()
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Where to listen; 0.0.0.0 is every interface.  [default: 127.0.0.1]",
)
@click.option("--port", type=int, metavar="N", help="0 is any that is free.  [default: 8000]")
@with_store
@with_prefix
@with_config
@with_profile
def serve(
    host: str | None,
    port: int | None,
    store: str | None,
    prefix: str | None,
    config: str | None,
    profile: str | None,
) -> None:
    """Answer searches over HTTP once a run has completed, and show the journal.

    Listens at once, also before the store is there. SIGTERM or SIGINT let answers on their way
    finish; that is exit 0.

    \b
    Example:
      varity-journal serve --store http://localhost:8080 --port 8000
    """
    settings = load_settings(
        config=config, profile=profile, store=store, prefix=prefix, host=host, port=port
    )
    run(_serve, settings)


async def _serve(settings: Settings) -> None:
    from ingest.wiring.serving import serve as serve_until_signal

    def announce(url: str) -> None:
        say(f"serving {settings.store} at {url}")

    await serve_until_signal(settings, host=settings.host, port=settings.port, announce=announce)
