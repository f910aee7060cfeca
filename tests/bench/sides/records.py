"""Writes the input as every side loads it: records in an order in which targets come first.

    python -m tests.bench.sides.records DATA OUT

records.jsonl: class, id, barrier (what has the same one may be sent at once), properties,
references; row i of vectors.npy is the vector of line i. A record on a cycle stands there twice:
without the references on the cycle, and, after all others of its class, whole.
keys.npy and texts.npy: the embedding texts' digests and their vectors, for `precomputed`.
queries.json, queries.npy: 500 real labels and their vectors.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from numpy.typing import NDArray

from ingest.catalogue import Catalogue, read_catalogue
from ingest.embedders import Matrix, open_embedder
from ingest.esco import open_esco
from ingest.esco_classes import CLASS_STEPS, esco_schemas
from ingest.objects import embedding_text
from ingest.target import TargetObject
from tests.bench.sides.precomputed import FINGERPRINT, digest

EMBEDDER = "local"
QUERIES = 500
CHUNK = 512


def main() -> None:
    """Read, embed and write."""
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir()
    catalogue = read_catalogue(open_esco(data, language="en"), esco_schemas(), embedder=FINGERPRINT)
    try:
        sent = list(_in_order(catalogue))
    finally:
        catalogue.close()
    with (out / "records.jsonl").open("w", encoding="utf-8") as lines:
        for barrier, wanted in sent:
            lines.write(json.dumps(_line(barrier, wanted), ensure_ascii=False) + "\n")
    texts = [embedding_text(wanted.properties) for _, wanted in sent]
    vectors = anyio.run(_embedded, texts)
    np.save(out / "vectors.npy", vectors)
    keys = np.array([digest(text) for text in texts], dtype=np.uint64)
    order = np.argsort(keys)
    np.save(out / "keys.npy", keys[order])
    np.save(out / "texts.npy", vectors[order])
    _write_queries(out, [wanted for _, wanted in sent])
    print(json.dumps({"objects": len({wanted.id for _, wanted in sent})}))


def _in_order(catalogue: Catalogue) -> Iterator[tuple[int, TargetObject]]:
    barrier = 0
    for _, name in CLASS_STEPS:
        order = catalogue.classes[name].order
        cyclic = set(order.cyclic.tolist())
        for level in order.levels:
            for index in level.tolist():
                yield barrier, catalogue.to_object(name, index, without_cycles=index in cyclic)
            barrier += 1
        for index in sorted(cyclic):
            yield barrier, catalogue.to_object(name, index)
        barrier += 1


def _line(barrier: int, wanted: TargetObject) -> dict[str, Any]:
    return {
        "class": wanted.class_name,
        "id": str(wanted.id),
        "barrier": barrier,
        "properties": dict(wanted.properties),
        "references": {
            name: [str(target) for target in targets]
            for name, targets in wanted.references.items()
            if targets
        },
    }


async def _embedded(texts: list[str]) -> NDArray[np.float32]:
    parts: list[Matrix] = []
    async with open_embedder(EMBEDDER) as embedder:
        for first in range(0, len(texts), CHUNK):
            parts.append(await embedder.embed(texts[first : first + CHUNK]))
    return np.concatenate(parts)


def _write_queries(out: Path, sent: list[TargetObject]) -> None:
    """Write what people could search: labels of occupations, and other names of skills."""
    wanted = [
        str(one.properties["preferredLabel"]) for one in sent if one.class_name == "Occupation"
    ]
    others = [one.properties["altLabels"] for one in sent if one.class_name == "Skill"]
    named = [names[0] for names in others if names]
    queries = [*_spread(wanted, QUERIES // 2), *_spread(named, QUERIES // 2)]
    (out / "queries.json").write_text(json.dumps(queries, ensure_ascii=False), encoding="utf-8")
    np.save(out / "queries.npy", anyio.run(_embedded, queries))


def _spread(texts: list[str], wanted: int) -> list[str]:
    """Return so many of the texts, evenly over all of them."""
    distinct = sorted(set(texts))
    step = max(1, len(distinct) // wanted)
    return distinct[::step][:wanted]


if __name__ == "__main__":
    main()
