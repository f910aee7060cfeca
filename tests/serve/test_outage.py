"""A server that comes late, goes away and comes back."""

import anyio
import httpx
import pytest

from ingest.settings import Settings
from tests.serve.running import got, labels, load, service, until
from tests.server import WeaviateServer

pytestmark = pytest.mark.weaviate


async def test_a_server_may_come_late_go_away_and_come_back(own_weaviate: WeaviateServer) -> None:
    settings = Settings(
        store=own_weaviate.url, grpc_port=own_weaviate.grpc_port, embedder="hashing"
    )
    await load(settings)
    await anyio.to_thread.run_sync(own_weaviate.stop)
    async with service(settings) as client:
        status, document = await got(client, "/ready")
        assert status == 503
        assert document["error"] == (
            f"Weaviate at {own_weaviate.url} does not answer: is it running, and is the address"
            " right?"
        )
        assert document["status"]["status"] == "unknown"
        assert (await got(client, "/health"))[0] == 200
        assert (await got(client, "/history"))[0] == 503

        await anyio.to_thread.run_sync(own_weaviate.start)
        await _until_found(client)
        await anyio.to_thread.run_sync(own_weaviate.kill)
        status, document = await got(client, "/search", q="repair")
        assert status == 503
        assert own_weaviate.url in document["error"]
        await anyio.to_thread.run_sync(own_weaviate.start)
        await _until_found(client)


async def _until_found(client: httpx.AsyncClient) -> None:
    await until(client, "/search?q=repair", 200)
    assert await labels(client, "repair bicycle wheels", limit=1) == ["repair bicycle wheels"]
