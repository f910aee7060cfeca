"""LlamaIndex's IngestionPipeline into its Weaviate store: text nodes with embeddings given.

    python -m tests.bench.peers.llama_weaviate RECORDS PORT GRPC_PORT

It keeps all in one class of its own; these nodes have no references.
"""

import json
import sys
import time
from pathlib import Path

import weaviate
from llama_index.core.ingestion import IngestionPipeline  # type: ignore[import-not-found]
from llama_index.core.schema import TextNode  # type: ignore[import-not-found]
from llama_index.vector_stores.weaviate import (  # type: ignore[import-not-found]
    WeaviateVectorStore,
)

from tests.bench.peers.reading import filled, records


def main() -> None:
    """Load, and print how long it took."""
    lines, vectors = records(Path(sys.argv[1]))
    with weaviate.connect_to_local(port=int(sys.argv[2]), grpc_port=int(sys.argv[3])) as client:
        began = time.monotonic()
        store = WeaviateVectorStore(weaviate_client=client, index_name="Nodes")
        nodes = [
            TextNode(
                id_=line["id"],
                text=line["properties"].get("description") or line["properties"]["preferredLabel"],
                metadata={
                    name: value
                    for name, value in filled(line).items()
                    if name not in ("description", "altLabels", "hiddenLabels")
                },
                embedding=vector.tolist(),
            )
            for line, vector in zip(lines, vectors, strict=True)
        ]
        done = IngestionPipeline(transformations=[], vector_store=store).run(nodes=nodes)
        seconds = time.monotonic() - began
        assert len(done) == len(lines)
    said = {
        "objects": len(lines),
        "load_seconds": seconds,
        "objects_per_second": len(lines) / seconds,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
