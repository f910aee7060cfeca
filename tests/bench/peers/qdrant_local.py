"""Qdrant's local mode in a folder: a collection a class, `upload_points` (an upsert).

python -m tests.bench.peers.qdrant_local load|query RECORDS FOLDER
"""

import json
import sys
import time
import warnings
from pathlib import Path

from qdrant_client import QdrantClient, models  # type: ignore[import-not-found]

from tests.bench.peers.reading import by_class, percentiles, queries, records

TOP, CLASS = 10, "Skill"


def main() -> None:
    """Load or ask, and print how long it took."""
    warnings.simplefilter("ignore")  # local mode warns of large collections
    what, folder, place = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    client = QdrantClient(path=place)
    print(json.dumps(_asked(client, folder) if what == "query" else _loaded(client, folder)))
    client.close()


def _loaded(client: QdrantClient, folder: Path) -> dict[str, float]:
    lines, vectors = records(folder)
    began = time.monotonic()
    for name, rows in by_class(lines):
        if not client.collection_exists(name):
            size = vectors.shape[1]
            shape = models.VectorParams(size=size, distance=models.Distance.COSINE)
            client.create_collection(name, vectors_config=shape)
        client.upload_points(
            name,
            points=(
                models.PointStruct(
                    id=lines[row]["id"],
                    vector=vectors[row].tolist(),
                    payload=lines[row]["properties"],
                )
                for row in rows
            ),
        )
    return {"load_seconds": time.monotonic() - began, "rows": len(lines)}


def _asked(client: QdrantClient, folder: Path) -> dict[str, float]:
    took = []
    for query in queries(folder):
        began = time.perf_counter()
        found = client.query_points(CLASS, query=query, limit=TOP).points
        took.append(time.perf_counter() - began)
        assert len(found) == TOP
    return percentiles(took[1:], first_seconds=took[0])


if __name__ == "__main__":
    main()
