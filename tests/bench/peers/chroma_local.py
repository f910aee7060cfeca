"""Chroma, persistent in a folder: upserts with embeddings given, a collection a class.

python -m tests.bench.peers.chroma_local load|query RECORDS FOLDER
"""

import json
import sys
import time
from pathlib import Path

import chromadb  # type: ignore[import-not-found]
from chromadb.config import Settings  # type: ignore[import-not-found]

from tests.bench.peers.reading import by_class, percentiles, queries, records

COSINE = {"hnsw:space": "cosine"}
TOP, CLASS = 10, "Skill"


def main() -> None:
    """Load or ask, and print how long it took."""
    what, folder, place = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    client = chromadb.PersistentClient(place, settings=Settings(anonymized_telemetry=False))
    print(json.dumps(_asked(client, folder) if what == "query" else _loaded(client, folder)))


def _loaded(client: chromadb.ClientAPI, folder: Path) -> dict[str, float]:
    lines, vectors = records(folder)
    most = client.get_max_batch_size()
    began = time.monotonic()
    for name, rows in by_class(lines):
        collection = client.get_or_create_collection(name, metadata=COSINE)
        for first in range(0, len(rows), most):
            part = rows[first : first + most]
            collection.upsert(
                ids=[lines[row]["id"] for row in part],
                embeddings=vectors[part],
                documents=[lines[row]["properties"]["preferredLabel"] for row in part],
                metadatas=[{"properties": json.dumps(lines[row]["properties"])} for row in part],
            )
    return {"load_seconds": time.monotonic() - began, "rows": len(lines)}


def _asked(client: chromadb.ClientAPI, folder: Path) -> dict[str, float]:
    collection = client.get_collection(CLASS)
    took = []
    for query in queries(folder):
        began = time.perf_counter()
        found = collection.query(query_embeddings=[query], n_results=TOP)
        took.append(time.perf_counter() - began)
        assert len(found["ids"][0]) == TOP
    return percentiles(took[1:], first_seconds=took[0])


if __name__ == "__main__":
    main()
