"""Settings to adapters: which store, target and embedder a URL or a name means.

The one place that knows adapters. They are imported when asked for, so that a start with
nothing to do is fast.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING
from warnings import catch_warnings

import anyio.to_thread

from ingest.decision import RESET
from ingest.settings import Settings
from ingest.sources import ChosenSource
from journal import RunState, Status, Store, open_store
from journal import Settings as Times

if TYPE_CHECKING:
    from ingest.catalogue import Catalogue
    from ingest.embedders import Embedder
    from ingest.target import Target

VERSION = "0.1.0"

Check = Callable[[], None]


def times(settings: Settings) -> Times:
    """Return the run engine's times."""
    return Times(ttl_seconds=settings.ttl_seconds)


def opened_store(
    settings: Settings, *, request_seconds: float | None = None
) -> AbstractAsyncContextManager[Store]:
    """Open the journal's store; nothing is created by that."""
    return open_store(
        settings.store,
        api_key=settings.api_key,
        request_seconds=request_seconds or times(settings).request_seconds,
    )


@asynccontextmanager
async def opened_target(settings: Settings) -> "AsyncIterator[Target]":
    """Open the target beside the journal's store: one URL names both."""
    from ingest.esco_classes import esco_schemas

    schemas = esco_schemas()
    if settings.store.startswith("sqlite:"):
        from ingest.targets.sqlite import open_sqlite_target
        from journal.stores import sqlite_path

        async with open_sqlite_target(
            sqlite_path(settings.store),
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
        ) as sqlite:
            yield sqlite
    elif settings.store.startswith("memory:"):
        from ingest.targets.memory import MemoryDatabase, MemoryTarget

        yield MemoryTarget(
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
            database=MemoryDatabase(),
        )
    else:
        # In a thread: it takes half a second, in which a lease can be won.
        weaviate_targets = await anyio.to_thread.run_sync(_weaviate_targets)
        async with weaviate_targets.open_weaviate_target(
            settings.store,
            grpc_port=settings.grpc_port,
            api_key=settings.api_key,
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
        ) as weaviate:
            yield weaviate


def _weaviate_targets() -> ModuleType:
    with catch_warnings():  # the client's import would show people every warning there is
        from ingest.targets import weaviate
    return weaviate


def input_reader(chosen: ChosenSource, embedder: "Embedder") -> "Callable[[Check], Catalogue]":
    """Return what reads the whole input in whatever thread, calling what it is given meanwhile."""
    from ingest.catalogue import read_catalogue
    from ingest.esco_classes import esco_schemas

    return lambda check: read_catalogue(
        chosen.records, esco_schemas(), embedder=embedder.fingerprint, check=check
    )


async def read_input(
    chosen: ChosenSource, embedder: "Embedder", stack: AsyncExitStack
) -> "Catalogue":
    """Read the whole input, beside the event loop; `stack` closes what it spooled."""
    read = input_reader(chosen, embedder)
    catalogue = await anyio.to_thread.run_sync(read, lambda: None)
    stack.callback(catalogue.close)
    return catalogue


def standing(state: RunState) -> RunState:
    """Return what stands after `state`: after a reset nothing does, whatever was before it."""
    if state.status is Status.COMPLETED and state.attributes.get(RESET):
        return RunState(
            pipeline=state.pipeline, run_id=state.run_id, epoch=state.epoch, seq=state.seq
        )
    return state
