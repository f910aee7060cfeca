"""A journal of many runs: its fold, and what reading it through a store takes.

    python -m tests.bench.sides.events fill|read|fold --events 100000 --runs 500

`fill` writes it into the environment's store, past the port (a load takes days for as many);
`read` reads and folds every run through the port; `fold` folds it in memory. Both print seconds.
"""

import argparse
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx

from journal import Recorded, Store, fold, open_store, read_runs
from journal.codec import event_id, to_row
from journal.events import Checkpoint, Completed, Event, Owner, Started, StepCompleted, StepStarted
from journal.stores import sqlite_path

PIPELINE = "esco"
STEP = "load"
FIRST_AT = datetime(2026, 1, 1, tzinfo=UTC)
FIXED_EVENTS = 4  # of a run, beside its checkpoints
BATCH = 1000
TIMEOUT_SECONDS = 120
OWNER = Owner(
    id="bench",
    host="bench",
    pid=1,
    process_started="",
    boot_id="another",
    pid_namespace="another",
    ttl_seconds=30.0,
)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("fill", "read", "fold"))
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    chosen = parser.parse_args()
    if chosen.what == "read":
        anyio.run(_read, os.environ["VARITY_STORE"])
        return
    events = list(journal(chosen.events, chosen.runs))
    if chosen.what == "fill":
        anyio.run(_fill, os.environ["VARITY_STORE"], events)
        return
    began = time.monotonic()
    fold(events)
    seconds = time.monotonic() - began
    print(json.dumps({"events": len(events), "fold_seconds": seconds}))


def journal(events: int, runs: int) -> Iterator[Recorded]:
    """Yield the events of completed runs, one epoch each, in order."""
    checkpoints = events // runs - FIXED_EVENTS
    at = FIRST_AT
    for epoch in range(1, runs + 1):
        for seq, event in enumerate(_run(epoch, checkpoints), 1):
            at += timedelta(seconds=1)
            yield Recorded(
                pipeline=PIPELINE, run_id=f"run-{epoch}", epoch=epoch, seq=seq, at=at, event=event
            )


def _run(epoch: int, checkpoints: int) -> Iterator[Event]:
    yield Started(
        source="made up",
        fingerprint="made up",
        steps=(STEP,),
        window=1,
        attempt=1,
        owner=OWNER,
        cuts={epoch - 1: checkpoints + FIXED_EVENTS} if epoch > 1 else {},
    )
    yield StepStarted(step=STEP)
    for settled in range(1, checkpoints + 1):
        yield Checkpoint(step=STEP, settled=settled, counts={"Skill": settled})
    counts = {"Skill": checkpoints}
    yield StepCompleted(step=STEP, position=1, of=1, counts=counts)
    yield Completed(totals=counts)


async def _fill(url: str, events: Sequence[Recorded]) -> None:
    async with open_store(url) as store:
        await store.prepare()
        await _claim(store, events[-1].epoch)
    if url.startswith("sqlite:"):
        _insert(url, events)
    else:
        await _send(url, events)


async def _claim(store: Store, newest: int) -> None:
    """Leave the two newest leases, as a run does."""
    for epoch in range(max(1, newest - 1), newest + 1):
        await store.create_lease(PIPELINE, epoch, OWNER)


def _insert(url: str, events: Sequence[Recorded]) -> None:
    rows = [to_row(recorded) for recorded in events]
    names = ", ".join(rows[0])
    places = ", ".join(f":{name}" for name in rows[0])
    connection = sqlite3.connect(sqlite_path(url))
    with connection:
        connection.executemany(f"insert into Metadata ({names}) values ({places})", rows)
    connection.close()


async def _send(url: str, events: Sequence[Recorded]) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS) as client:
        for first in range(0, len(events), BATCH):
            objects = [_object(recorded) for recorded in events[first : first + BATCH]]
            answer = await client.post("/v1/batch/objects", json={"objects": objects})
            answer.raise_for_status()
            failed = [one for one in answer.json() if one["result"]["status"] != "SUCCESS"]
            assert not failed, failed[0]


def _object(recorded: Recorded) -> dict[str, Any]:
    place = event_id(recorded.pipeline, recorded.epoch, recorded.seq)
    return {"class": "Metadata", "id": str(place), "properties": to_row(recorded)}


async def _read(url: str) -> None:
    async with open_store(url) as store:
        began = time.monotonic()
        runs = await read_runs(store, PIPELINE)
        seconds = time.monotonic() - began
    print(json.dumps({"runs": len(runs), "read_seconds": seconds}))


if __name__ == "__main__":
    main()
