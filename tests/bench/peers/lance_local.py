"""LanceDB in a folder: a table a class, loaded by merge-insert on the id, searched without index.

python -m tests.bench.peers.lance_local load|query RECORDS FOLDER
"""

import json
import sys
import time
from pathlib import Path

import lancedb  # type: ignore[import-not-found]
import pyarrow as pa  # type: ignore[import-not-found]

from tests.bench.peers.reading import Line, Vectors, by_class, percentiles, queries, records

TOP, CLASS = 10, "Skill"


def main() -> None:
    """Load or ask, and print how long it took."""
    what, folder, place = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    database = lancedb.connect(place)
    print(json.dumps(_asked(database, folder) if what == "query" else _loaded(database, folder)))


def _loaded(database: lancedb.DBConnection, folder: Path) -> dict[str, float]:
    lines, vectors = records(folder)
    began = time.monotonic()
    there = set(database.list_tables().tables)
    for name, rows in by_class(lines):
        made = _table([lines[row] for row in rows], vectors[rows])
        if name not in there:
            database.create_table(name, made)
            continue
        merge = database.open_table(name).merge_insert("id")
        merge.when_matched_update_all().when_not_matched_insert_all().execute(made)
    return {"load_seconds": time.monotonic() - began, "rows": len(lines)}


def _table(lines: list[Line], vectors: Vectors) -> pa.Table:
    dim = vectors.shape[1]
    return pa.table(
        {
            "id": [line["id"] for line in lines],
            "label": [line["properties"]["preferredLabel"] for line in lines],
            "properties": [json.dumps(line["properties"]) for line in lines],
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim),
        }
    )


def _asked(database: lancedb.DBConnection, folder: Path) -> dict[str, float]:
    table = database.open_table(CLASS)
    took = []
    for query in queries(folder):
        began = time.perf_counter()
        found = table.search(query).distance_type("cosine").limit(TOP).to_list()
        took.append(time.perf_counter() - began)
        assert len(found) == TOP
    return percentiles(took[1:], first_seconds=took[0])


if __name__ == "__main__":
    main()
