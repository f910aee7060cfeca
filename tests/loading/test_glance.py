"""A look at a server before its client is imported: all is well, or nothing is said of it.

And what may stand in the server once it is not: nothing, or what a load leaves that did not begin.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from ingest.settings import Settings
from ingest.wiring import IngestOptions, ingest, read_status
from ingest.wiring import opening as opened
from ingest.wiring.glance import glance
from journal import StoreUnavailable
from tests.loading.calls import TINY, counts
from tests.server import Weaviate
from tests.targets.stand_in import closed_port, deaf_port, stand_in


def of(server: Weaviate) -> Settings:
    return Settings(store=server.url, grpc_port=server.grpc_port, embedder="hashing")


def there(server: Weaviate) -> set[str]:
    return {entry["class"] for entry in httpx.get(f"{server.url}/v1/schema").json()["classes"]}


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[int]:
    """Serve a port that says these bytes to whoever says anything, and goes."""

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.weaviate
async def test_a_server_that_is_well_shows_which_of_our_classes_are_there(
    clean_weaviate: Weaviate, data: str
) -> None:
    assert await glance(of(clean_weaviate)) == frozenset()
    await ingest(of(clean_weaviate), IngestOptions(data=data))
    assert await glance(of(clean_weaviate)) == frozenset(TINY)
    assert await glance(replace(of(clean_weaviate), prefix="Other")) == frozenset()


@pytest.mark.weaviate
async def test_a_grpc_port_that_does_not_speak_is_not_well(clean_weaviate: Weaviate) -> None:
    well = of(clean_weaviate)
    async with deaf_port() as deaf, saying(b"") as silent, saying(b"SSH-2.0-OpenSSH_9.6") as other:
        rest = int(clean_weaviate.url.rpartition(":")[2])  # HTTP/1.1 alone
        for port in (closed_port(), deaf, silent, other, rest):
            assert await glance(replace(well, grpc_port=port)) is None, port
    assert await glance(well) is not None


@pytest.mark.parametrize(
    ("meta", "status"),
    [
        (b'{"version":"1.29.9"}', "200 OK"),
        (b'{"version":"of one\'s own"}', "200 OK"),
        (b'{"hostname":"elsewhere"}', "200 OK"),
        (b'{"version":"1.38.11"}', "200 OK"),  # its schema is none
        (b"<html>", "200 OK"),
        (b"{}", "401 Unauthorized"),
        (b"{}", "403 Forbidden"),
        (b"{}", "503 Service Unavailable"),
    ],
)
async def test_a_server_that_says_odd_things_is_not_well(meta: bytes, status: str) -> None:
    async with stand_in(meta=meta, status=status) as server:
        settings = Settings(store=server.url, grpc_port=server.grpc_port)
        assert await glance(settings) is None


async def test_what_is_no_server_in_plain_words_is_not_looked_at(tmp_path: Path) -> None:
    gone = Settings(store=f"http://127.0.0.1:{closed_port()}")
    for settings in (gone, replace(gone, store=gone.store.replace("http:", "https:"))):
        assert await glance(settings) is None
    assert await glance(Settings(store=f"sqlite:///{tmp_path}/x.db")) is None


@pytest.mark.weaviate
async def test_where_not_all_is_well_nothing_is_written(
    clean_weaviate: Weaviate, data: str
) -> None:
    async with deaf_port() as deaf, saying(b"220 ready") as other:
        for port in (closed_port(), deaf, other):
            with pytest.raises(StoreUnavailable, match=f"gRPC port {port} does not"):
                await ingest(replace(of(clean_weaviate), grpc_port=port), IngestOptions(data=data))
    assert there(clean_weaviate) == set()


@pytest.mark.weaviate
async def test_a_grpc_port_that_closes_after_the_glance_leaves_no_event_and_no_lease(
    clean_weaviate: Weaviate, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The price of winning the lease meanwhile: the journal's own class, as `started` makes it."""
    well = of(clean_weaviate)
    whole = opened.opened_target
    monkeypatch.setattr(
        "ingest.wiring.ingesting.opened_target",
        lambda settings: whole(replace(settings, grpc_port=closed_port())),
    )
    with pytest.raises(StoreUnavailable, match=r"gRPC port \d+ does not"):
        await ingest(well, IngestOptions(data=data))
    assert {name for name in there(clean_weaviate) if not name.startswith("VarityLease")} == {
        "Metadata"
    }
    assert not (await read_status(well)).lease.held
    monkeypatch.undo()
    await ingest(well, IngestOptions(data=data))
    assert await counts(well) == TINY


def test_a_glance_imports_no_client() -> None:
    program = "import sys, ingest.wiring.glance; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert {"weaviate", "grpc", "httpx", "numpy"}.isdisjoint(done.stdout.split())
