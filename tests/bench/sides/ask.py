"""Asks a server 500 real queries by vector, by words and by both, and says what it found.

    python -m tests.bench.sides.ask RECORDS PORT GRPC_PORT

`recall_vector` counts a hit that is as near as the tenth nearest by exact search; `hits` has the
ids of the top ten, by kind of search, query by query.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import weaviate
from numpy.typing import NDArray

from schemas import load_schema
from tests.bench.sides.reading import read_records

CLASS, TOP, ALPHA = "Skill", 10, 0.5
TIE = 1e-5  # of a cosine in single precision

Vector = NDArray[np.float32]
Search = Callable[[str, Vector], Any]


def main() -> None:
    """Ask, compare, print."""
    folder, port, grpc_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    texts = json.loads((folder / "queries.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "queries.npy")
    searched = [entry.name for entry in load_schema(CLASS).properties if entry.searchable]
    said: dict[str, Any] = {}
    hits: dict[str, list[list[str]]] = {}
    with weaviate.connect_to_local(port=port, grpc_port=grpc_port) as client:
        query = client.collections.use(CLASS).query
        searches: dict[str, Search] = {
            "vector": lambda text, vector: query.near_vector(vector.tolist(), limit=TOP),
            "keyword": lambda text, vector: query.bm25(text, query_properties=searched, limit=TOP),
            "hybrid": lambda text, vector: query.hybrid(
                text, vector=vector.tolist(), query_properties=searched, alpha=ALPHA, limit=TOP
            ),
            # As one asks without a thought: the words of every text that the schema has indexed.
            "keyword in all texts": lambda text, vector: query.bm25(text, limit=TOP),
            "hybrid in all texts": lambda text, vector: query.hybrid(
                text, vector=vector.tolist(), alpha=ALPHA, limit=TOP
            ),
        }
        for kind, search in searches.items():
            took = []
            hits[kind] = []
            for text, vector in zip(texts, vectors, strict=True):
                began = time.perf_counter()
                found = search(text, vector)
                took.append(time.perf_counter() - began)
                hits[kind].append([str(one.uuid) for one in found.objects])
            said[f"{kind.replace(' ', '_')}_p50_ms"] = float(np.median(took)) * 1000
    said["recall_vector"] = _recall(folder, vectors, hits["vector"])
    print(json.dumps({**said, "hits": hits}))


def _recall(folder: Path, queries: NDArray[np.float32], hits: list[list[str]]) -> float:
    """Return the share of the hits that exact search finds as near."""
    records = read_records(folder)
    rows = {line["id"]: row for row, line in enumerate(records.lines) if line["class"] == CLASS}
    places = {key: place for place, key in enumerate(rows)}
    near = queries @ records.vectors[list(rows.values())].T
    tenth = np.partition(near, -TOP, axis=1)[:, -TOP]
    found = [
        near[number, places[key]] >= tenth[number] - TIE
        for number, keys in enumerate(hits)
        for key in keys
    ]
    return float(sum(found)) / (TOP * len(queries))


if __name__ == "__main__":
    main()
