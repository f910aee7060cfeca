"""Creates the classes: ours, or those that one writes without a thought.

    python -m tests.bench.sides.classes URL GRPC_PORT [--naive]

The naive ones have the same properties and references; every text can be filtered and searched
by its words, and the vector index is as the server has it by default.
"""

import sys

import anyio
import httpx

from ingest.esco_classes import esco_schemas
from ingest.targets.weaviate import open_weaviate_target
from schemas import ClassSchema

TIMEOUT_SECONDS = 30
PIPELINE = "esco"


async def create(url: str, grpc_port: int, is_naive: bool = False) -> None:
    """Create all classes with all of their properties."""
    if is_naive:
        async with httpx.AsyncClient(base_url=f"{url}/v1", timeout=TIMEOUT_SECONDS) as client:
            await _create_naive(client)
        return
    async with open_weaviate_target(
        url, grpc_port=grpc_port, pipeline=PIPELINE, schemas=esco_schemas()
    ) as target:
        await target.prepare()


async def _create_naive(client: httpx.AsyncClient) -> None:
    for schema in esco_schemas():
        (await client.post("/schema", json=_naive(schema))).raise_for_status()
    for schema in esco_schemas():  # every class that is referred to is there now
        for reference in schema.references:
            added = {"name": reference.name, "dataType": [reference.target]}
            answer = await client.post(f"/schema/{schema.name}/properties", json=added)
            answer.raise_for_status()


def _naive(schema: ClassSchema) -> dict[str, object]:
    return {
        "class": schema.name,
        "vectorizer": "none",
        "properties": [
            {"name": entry.name, "dataType": [entry.type]} for entry in schema.properties
        ],
    }


if __name__ == "__main__":
    anyio.run(create, sys.argv[1], int(sys.argv[2]), "--naive" in sys.argv)
