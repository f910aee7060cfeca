"""dlt's Weaviate destination: a resource a class, merged by its primary key.

    python -m tests.bench.peers.dlt_weaviate RECORDS PORT GRPC_PORT FOLDER

It makes classes of its own and takes no vectors: these rows have neither vectors nor references.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found]

from tests.bench.peers.reading import by_class, filled, records


def main() -> None:
    """Load, and print how long it took."""
    folder, port, place = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[4])
    os.environ["DLT_DATA_DIR"] = str(place)
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    lines, _ = records(folder)
    began = time.monotonic()
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=str(place / "pipelines"),
        destination=dlt.destinations.weaviate(
            credentials={
                "url": f"http://127.0.0.1:{port}",
                "http_port": int(port),
                "grpc_port": int(sys.argv[3]),
            },
            vectorizer="none",
        ),
        dataset_name="Bench",
    )

    def rows_of(name: str, rows: list[int]) -> Any:
        def rows_as_dicts() -> Iterator[dict[str, Any]]:
            for row in rows:
                yield {**filled(lines[row]), "key": lines[row]["id"]}

        return dlt.resource(
            rows_as_dicts(), name=name, primary_key="key", write_disposition="merge"
        )

    pipeline.run([rows_of(name, rows) for name, rows in by_class(lines)])
    seconds = time.monotonic() - began
    said = {
        "objects": len(lines),
        "load_seconds": seconds,
        "objects_per_second": len(lines) / seconds,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
