"""The server's own limit: requests that were built before the clock starts, and nothing else.

    python -m tests.bench.sides.floor RECORDS URL GRPC_PORT --batch 256 --senders 4 [--naive]

Made of the client's protobuf messages and one gRPC channel, without any of our loader. What
must be there first stands behind a barrier, as for everybody. `--naive`: with the classes of
`naive` in the place of ours.
"""

import argparse
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import groupby
from pathlib import Path

import anyio
import grpc  # type: ignore[import-untyped]
from weaviate.proto.v1 import base_pb2, batch_pb2

from tests.bench.sides.classes import create
from tests.bench.sides.reading import Records, read_records

METHOD = "/weaviate.v1.Weaviate/BatchObjects"
REQUEST_SECONDS = 120
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def main() -> None:
    """Build, create the classes, send; print what each took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=Path)
    parser.add_argument("url")
    parser.add_argument("port", type=int)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--naive", action="store_true")
    chosen = parser.parse_args()
    records = read_records(chosen.records)
    barriers = list(_barriers(records, chosen.batch))
    began = time.monotonic()
    anyio.run(create, chosen.url, chosen.port, chosen.naive)
    created = time.monotonic()
    anyio.run(_load, chosen.port, barriers, chosen.senders)
    loaded = time.monotonic()
    objects = len({line["id"] for line in records.lines})
    said = {
        "objects": objects,
        "references": _references(records),
        "schema_seconds": created - began,
        "load_seconds": loaded - created,
        "cold_seconds": loaded - began,
        "objects_per_second": objects / (loaded - created),
    }
    print(json.dumps(said))


def _barriers(records: Records, batch: int) -> Iterator[list[bytes]]:
    """Yield the requests between two barriers."""
    numbered = enumerate(records.lines)
    for _, between in groupby(numbered, key=lambda pair: pair[1]["barrier"]):
        rows = [number for number, _ in between]
        yield [_request(records, rows[at : at + batch]) for at in range(0, len(rows), batch)]


def _request(records: Records, rows: list[int]) -> bytes:
    request = batch_pb2.BatchObjectsRequest(consistency_level=base_pb2.CONSISTENCY_LEVEL_QUORUM)
    for row in rows:
        line = records.lines[row]
        message = request.objects.add(collection=line["class"], uuid=line["id"])
        message.vector_bytes = records.vectors[row].tobytes()
        for name, value in line["properties"].items():
            if isinstance(value, list) and value:
                message.properties.text_array_properties.add(prop_name=name, values=value)
            elif value:
                message.properties.non_ref_properties.fields[name].string_value = value
        for name, targets in line["references"].items():
            message.properties.single_target_ref_props.add(prop_name=name, uuids=targets)
    return bytes(request.SerializeToString())


async def _load(port: int, barriers: list[list[bytes]], senders: int) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=UNLIMITED) as channel:
        send = channel.unary_unary(
            METHOD, response_deserializer=batch_pb2.BatchObjectsReply.FromString
        )
        for requests in barriers:
            left = iter(requests)
            async with anyio.create_task_group() as tasks:
                for _ in range(min(senders, len(requests))):
                    tasks.start_soon(_send_all, send, left)


async def _send_all(
    send: Callable[..., Awaitable[batch_pb2.BatchObjectsReply]], left: Iterator[bytes]
) -> None:
    for request in left:
        reply = await send(request, timeout=REQUEST_SECONDS)
        assert not reply.errors, f"{len(reply.errors)} refused: {reply.errors[0].error}"


def _references(records: Records) -> int:
    whole = {line["id"]: line["references"] for line in records.lines}
    return sum(len(targets) for held in whole.values() for targets in held.values())


if __name__ == "__main__":
    main()
