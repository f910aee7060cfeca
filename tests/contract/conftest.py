"""The stores that the target suite runs over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest.target import Target
from tests.contract.simulated_builders import SimulatedTargetStore
from tests.contract.target_builders import (
    MemoryTargetStore,
    SqliteTargetStore,
    TargetStore,
    WeaviateTargetStore,
)


@pytest.fixture(
    params=["memory", "sqlite", "simulated", pytest.param("weaviate", marks=pytest.mark.weaviate)],
)
def target_store(request: pytest.FixtureRequest, tmp_path: Path) -> TargetStore:
    """An empty store of each kind, whose epoch 1 is granted."""
    store: TargetStore
    match request.param:
        case "memory":
            store = MemoryTargetStore()
        case "sqlite":
            store = SqliteTargetStore(tmp_path / "varity.db")
        case "simulated":
            store = SimulatedTargetStore()
        case _:
            # Asked for here only: without a server the other stores still run.
            server = request.getfixturevalue("clean_weaviate")
            store = WeaviateTargetStore(url=server.url, grpc_port=server.grpc_port)
    store.lease(1)
    return store


@pytest.fixture
async def target(target_store: TargetStore) -> AsyncIterator[Target]:
    """A target of each kind, owned and prepared."""
    async with target_store.open() as target:
        await target.own(1)
        await target.prepare()
        yield target
