"""The service as its users meet it, and processes beside it that load or only claim to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import httpx

from ingest import wiring
from ingest.decision import Mode
from ingest.serve.gate import Gate, Turnstile
from ingest.serve.server import answering, listening, url_of
from ingest.settings import Settings
from ingest.wiring.serving import opened_application
from journal import open_store
from journal.clock import system_clock
from journal.events import Event, Recorded, Started
from journal.fencing import cuts_for
from journal.owner import this_process

PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def service(
    settings: Settings, *, turnstile: Turnstile | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the settings' store on a free port, and yield a client of it."""
    async with (
        opened_application(settings, turnstile=turnstile) as application,
        asked(application) as client,
    ):
        yield client


@asynccontextmanager
async def asked(application: Gate) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application on a free port, and yield a client of it."""
    with listening("127.0.0.1", 0) as listener:
        async with (
            answering(application, listener),
            httpx.AsyncClient(base_url=url_of(listener), timeout=PATIENCE_SECONDS) as client,
        ):
            yield client


async def load(settings: Settings, data: str | None = None, *, force: bool = False) -> None:
    """Load the data, or the sample, by the real thing."""
    mode = Mode.FORCE if force else Mode.AUTO
    await wiring.ingest(settings, wiring.IngestOptions(data=data, mode=mode))


async def append(settings: Settings, epoch: int, run_id: str, *events: Event) -> None:
    """Write what a process would have that claimed the epoch and is gone by now.

    A `Started` is given the cuts that it must make.
    """
    clock = system_clock()
    ours = this_process(clock, ttl_seconds=30.0)
    gone = replace(ours, id=f"{run_id}-{epoch}", process_started="1")
    async with open_store(settings.store, api_key=settings.api_key) as store:
        await store.prepare()
        older = [
            event
            for earlier in range(1, epoch)
            for event in await store.read_epoch(settings.pipeline, earlier)
        ]
        await store.create_lease(settings.pipeline, epoch, gone)
        for seq, given in enumerate(events, 1):
            cuts = cuts_for(epoch, older)
            event = replace(given, cuts=cuts) if isinstance(given, Started) else given
            await store.append(
                Recorded(
                    pipeline=settings.pipeline,
                    run_id=run_id,
                    epoch=epoch,
                    seq=seq,
                    at=clock.now(),
                    event=event,
                )
            )


async def got(client: httpx.AsyncClient, path: str, **parameters: str | int) -> tuple[int, Any]:
    """Return status and document."""
    answer = await client.get(path, params=parameters or None)
    return answer.status_code, answer.json()


async def until(client: httpx.AsyncClient, path: str, status: int) -> None:
    """Ask until the answer has the status: what is known may be a second old."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while (await client.get(path)).status_code != status:
            await anyio.sleep(0.02)


async def labels(client: httpx.AsyncClient, query: str, **parameters: str | int) -> Sequence[str]:
    """Return the labels that a search finds."""
    status, found = await got(client, "/search", q=query, **parameters)
    assert status == 200, found
    return [result["label"] for result in found["results"]]
