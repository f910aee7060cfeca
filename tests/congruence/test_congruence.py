"""The same input gives the same target in SQLite and in the real Weaviate."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingest.embedders import open_embedder
from ingest.esco_classes import CLASS_STEPS
from ingest.settings import Settings
from ingest.target import Hit, Target, TargetObject
from ingest.wiring import IngestOptions, ingest
from ingest.wiring.opening import opened_target
from tests.server import Weaviate

CLASSES = [class_name for _, class_name in CLASS_STEPS]
QUERIES = [
    "repair engines",
    "teach children to read",
    "computer programming",
    "prepare meals in a restaurant",
    "drive a bus through the city",
    "manage a budget",
    "care for animals on a farm",
    "write scientific papers",
    "speak a foreign language",
    "sell clothes",
]
SAME_SCORE = 1e-5  # float32 sums in another order
LEAST_RECALL = 0.98


@asynccontextmanager
async def loaded(settings: Settings, data: str | None) -> AsyncIterator[Target]:
    """Load `data` (None: the sample) as users do, and open the target."""
    result = await ingest(settings, IngestOptions(data=data))
    assert result.outcome == "ran"
    async with opened_target(settings) as target:
        yield target


async def objects_of(target: Target, class_name: str) -> dict[str, TargetObject]:
    return {found.uri: found async for found in target.objects(class_name)}


def assert_same_object(left: TargetObject, right: TargetObject) -> None:
    assert left.id == right.id
    assert dict(left.properties) == dict(right.properties)
    assert {name: ids for name, ids in left.references.items() if ids} == {
        name: ids for name, ids in right.references.items() if ids
    }
    assert left.vector is not None
    assert right.vector is not None
    assert left.vector.tobytes() == right.vector.tobytes()


def shared(exact: Sequence[Hit], approximate: Sequence[Hit]) -> int:
    """Return how many hits are as good as the exact ones; their scores must be those there."""
    scores = {hit.uri: hit.score for hit in exact}
    worst = exact[-1].score
    for hit in approximate:
        assert hit.score == pytest.approx(scores.get(hit.uri, hit.score), abs=SAME_SCORE)
    assert [hit.score for hit in approximate] == sorted(
        (hit.score for hit in approximate), reverse=True
    )
    return sum(hit.score >= worst - SAME_SCORE for hit in approximate)


async def assert_congruent(sqlite: Target, weaviate: Target) -> None:
    async with open_embedder("hashing") as embedder:
        queries = [await embedder.embed_query(query) for query in QUERIES]
    got = wanted = 0
    for class_name in CLASSES:
        left = await objects_of(sqlite, class_name)
        right = await objects_of(weaviate, class_name)
        assert left.keys() == right.keys()
        assert left
        for uri, found in left.items():
            assert_same_object(found, right[uri])
        assert dict(await sqlite.reference_counts(class_name)) == dict(
            await weaviate.reference_counts(class_name)
        )
        for vector in queries:
            exact = await sqlite.search(class_name, vector, limit=10)
            wanted += len(exact)
            got += shared(exact, await weaviate.search(class_name, vector, limit=10))
    # SQLite compares all vectors, the server walks a graph that may miss one of them now and then.
    assert got >= LEAST_RECALL * wanted


def both(tmp_path: Path, server: Weaviate) -> tuple[Settings, Settings]:
    return (
        Settings(store=f"sqlite:///{tmp_path / 'varity.db'}", embedder="hashing"),
        Settings(store=server.url, grpc_port=server.grpc_port, embedder="hashing"),
    )


@pytest.mark.weaviate
@pytest.mark.esco
async def test_real_data_give_the_same_target_in_both_stores(
    tmp_path: Path, clean_weaviate: Weaviate, esco_data: Path
) -> None:
    data = str(esco_data / "esco-small-en.zip")
    left, right = both(tmp_path, clean_weaviate)
    async with loaded(left, data) as sqlite, loaded(right, data) as weaviate:
        await assert_congruent(sqlite, weaviate)


@pytest.mark.weaviate
async def test_the_sample_gives_the_same_target_in_both_stores(
    tmp_path: Path, clean_weaviate: Weaviate
) -> None:
    left, right = both(tmp_path, clean_weaviate)
    async with loaded(left, None) as sqlite, loaded(right, None) as weaviate:
        await assert_congruent(sqlite, weaviate)
