"""The embedders that the suite runs over."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ingest.embedders import Embedder, open_embedder
from tests.embedders.t2v_stand_in import StandIn, stand_in


@pytest.fixture
def t2v() -> Iterator[StandIn]:
    """A t2v service without a model."""
    with stand_in() as service:
        yield service


@pytest.fixture(params=["local", "hashing", "t2v"])
async def embedder(request: pytest.FixtureRequest) -> AsyncIterator[Embedder]:
    """Each embedder in turn."""
    url = request.getfixturevalue("t2v").url if request.param == "t2v" else None
    async with open_embedder(request.param, t2v_url=url) as opened:
        yield opened
