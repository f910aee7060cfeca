"""`doctor`: which checks a store needs, and what they are given to look at."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import anyio.to_thread

from ingest.diagnosis import Diagnosis, Finding, Verdict, ok, problem
from ingest.doctor import pipeline
from ingest.doctor.checking import Check, findings
from ingest.doctor.given import given
from ingest.plain_http import may_carry_a_key
from ingest.settings import Settings
from ingest.wiring.opening import VERSION
from journal import Store, open_store
from journal.clock import system_clock

REQUEST_SECONDS = 5.0


async def diagnose(settings: Settings, origins: Mapping[str, str]) -> Diagnosis:
    """Look at everything that a load needs. Nothing is written that lasts.

    `origins` tells by field name where each setting came from.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(settings.store, api_key=settings.api_key, request_seconds=REQUEST_SECONDS)
        )
        found = list(given(settings, origins, ours=VERSION))
        if settings.store.startswith("http"):
            server = _server(settings, stack)
            checks = [*server.inside, *_of_journal(settings, store)]
            for position, door in enumerate(server.entrance):
                found += await findings([door])
                if found[-1].verdict is Verdict.PROBLEM:
                    hidden = [*server.entrance[position + 1 :], *checks]
                    return await _from_outside(settings, store, server, found, hidden)
        else:
            checks = [*_of_file(settings), *_of_journal(settings, store)]
        found += await findings([*checks, _of_embedder(settings, store)])
        return Diagnosis(pipeline=settings.pipeline, store=store.url, findings=found)


async def _from_outside(
    settings: Settings,
    store: Store,
    server: "_Server",
    found: Sequence[Finding],
    hidden: Sequence[Check],
) -> Diagnosis:
    """Look at what can be seen from before a closed door; the rest would only say so again."""
    seen = await findings([server.port, _of_embedder(settings, store)])
    return Diagnosis(
        pipeline=settings.pipeline,
        store=store.url,
        findings=[*found, *seen],
        not_checked=[check.name for check in hidden if check.name != server.port.name],
    )


def _of_file(settings: Settings) -> list[Check]:
    if not settings.store.startswith("sqlite:"):
        return []
    from ingest.doctor import file
    from journal.stores import sqlite_path

    path = sqlite_path(settings.store)
    return [
        Check("file", partial(anyio.to_thread.run_sync, file.file, path)),
        Check("disk", partial(anyio.to_thread.run_sync, file.disk, path)),
    ]


@dataclass(frozen=True, slots=True)
class _Server:
    """What is looked at in a server: first how one gets in, then all the rest."""

    entrance: Sequence[Check]
    port: Check  # where nobody gets in by REST
    inside: Sequence[Check]


def _server(settings: Settings, stack: AsyncExitStack) -> _Server:
    from ingest.doctor import collections, permissions, server
    from ingest.esco_classes import esco_schemas
    from journal.stores.rest import Rest

    def client(key: str | None) -> Rest:
        rest = Rest(settings.store, api_key=key, request_seconds=REQUEST_SECONDS)
        stack.push_async_callback(rest.aclose)
        return rest

    rest, anonymous, schemas = client(settings.api_key), client(None), esco_schemas()
    host, prefix = urlsplit(settings.store).hostname or "", settings.prefix
    access = partial(
        server.access,
        rest,
        anonymous,
        has_key=bool(settings.api_key),
        is_near=may_carry_a_key(host),
    )
    classes = partial(collections.classes, rest, schemas, pipeline=settings.pipeline, prefix=prefix)
    return _Server(
        entrance=[
            Check("REST", partial(server.rest_answers, rest)),
            Check("access", access),
        ],
        port=Check("gRPC", partial(server.grpc_port_listens, host, settings.grpc_port)),
        inside=[
            Check("gRPC", partial(_grpc, settings)),
            Check("server", partial(server.version, rest)),
            Check("rights", partial(permissions.rights, rest, prefix)),
            Check("nodes", partial(server.nodes, rest)),
            Check("classes", classes),
            Check("shards", partial(collections.shards, rest, schemas, prefix=prefix)),
            Check("clock", partial(server.clock, rest, system_clock().now)),
        ],
    )


async def _grpc(settings: Settings) -> Finding:
    """Connect as a load does: by REST, then by gRPC."""
    from ingest.targets.weaviate_opening import GrpcUnavailable, Server

    try:
        wire = await Server(settings.store, settings.grpc_port, settings.api_key).connect()
    except GrpcUnavailable:
        return problem(
            "gRPC",
            f"port {settings.grpc_port} does not answer, though REST does",
            "open it, or name the right one (WEAVIATE_GRPC_PORT)",
            is_outage=True,
        )
    await wire.cut()
    return ok("gRPC", f"port {settings.grpc_port} answers")


def _of_journal(settings: Settings, store: Store) -> list[Check]:
    return [
        Check("journal", partial(pipeline.journal, store, settings.pipeline)),
        Check("lease", partial(pipeline.lease, store, settings.pipeline)),
    ]


def _of_embedder(settings: Settings, store: Store) -> Check:
    from ingest.embedders import open_embedder

    opened = partial(open_embedder, settings.embedder, t2v_url=settings.t2v_url)
    look = partial(pipeline.embedder, opened, store, settings.pipeline)
    return Check("embedder", look, is_of_store=False)
