"""Stores that the store suite runs over, each opened as often as a test has processes.

Knows how to open each store and how a program before events left its rows there; what a store
owes stands in `test_store.py`.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Protocol

import httpx

from journal.codec import event_id, to_row
from journal.events import Recorded
from journal.store import LegacyRow, Store
from journal.stores import open_store
from journal.stores.memory import MemoryLog, MemoryStore

LEGACY = LegacyRow(
    status="completed", timestamp="2025-01-31T08:00:00Z", details='{"total_skills": 3}'
)
REQUEST_SECONDS = 15.0
BATCH = 500


class StoreKind(Protocol):
    """One empty place for a journal, and the ways into it."""

    fences: bool

    def open(self) -> AbstractAsyncContextManager[Store]:
        """Open the store as one process would; nothing is prepared."""
        ...

    def leave_legacy_row(self) -> None:
        """Write `LEGACY` as a program before events did."""
        ...

    def fill(self, events: Sequence[Recorded]) -> None:
        """Write very many events past the port, which would take minutes."""
        ...

    def is_there(self) -> bool:
        """Whether anything has been created."""
        ...


class MemoryKind:
    """The tests' reference: two stores over one log."""

    fences = True

    def __init__(self) -> None:
        self.log = MemoryLog()

    def open(self) -> AbstractAsyncContextManager[Store]:
        """Open another store over the same log."""
        return _Opened(MemoryStore(self.log))

    def leave_legacy_row(self) -> None:
        """Write the row."""
        self.log.legacy.append(LEGACY)

    def fill(self, events: Sequence[Recorded]) -> None:
        """Write the events."""
        self.log.events |= {(event.pipeline, *event.position): event for event in events}

    def is_there(self) -> bool:
        """Whether anything was written."""
        return bool(self.log.events or self.log.leases)


class SqliteKind:
    """A file."""

    fences = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> AbstractAsyncContextManager[Store]:
        """Open the file with a connection of its own."""
        return open_store(f"sqlite:///{self.path}", request_seconds=REQUEST_SECONDS)

    def leave_legacy_row(self) -> None:
        """Write the row into the table, which must be there."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "insert into Metadata (metaType, status, timestamp, version, details)"
                " values ('ingestion_status', ?, ?, '1.0', ?)",
                (LEGACY.status, LEGACY.timestamp, LEGACY.details),
            )

    def fill(self, events: Sequence[Recorded]) -> None:
        """Insert all rows in one transaction."""
        rows = [to_row(event) for event in events]
        places = ", ".join(f":{column}" for column in rows[0])
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(
                f"insert into Metadata ({', '.join(rows[0])}) values ({places})", rows
            )

    def is_there(self) -> bool:
        """Whether the file exists."""
        return self.path.exists()


class WeaviateKind:
    """A real server."""

    fences = False

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self) -> AbstractAsyncContextManager[Store]:
        """Open a connection of its own."""
        return open_store(self.url, request_seconds=REQUEST_SECONDS)

    def leave_legacy_row(self) -> None:
        """Write the row into the class, which must be there."""
        properties = {
            "metaType": "ingestion_status",
            "status": LEGACY.status,
            "timestamp": LEGACY.timestamp,
            "version": "1.0",
            "details": LEGACY.details,
        }
        httpx.post(
            f"{self.url}/v1/objects",
            json={"class": "Metadata", "properties": properties},
            timeout=REQUEST_SECONDS,
        ).raise_for_status()

    def fill(self, events: Sequence[Recorded]) -> None:
        """Send the objects in batches."""
        with httpx.Client(base_url=self.url, timeout=REQUEST_SECONDS) as client:
            for start in range(0, len(events), BATCH):
                objects = [_as_object(event) for event in events[start : start + BATCH]]
                answer = client.post("/v1/batch/objects", json={"objects": objects})
                assert [found["result"]["status"] for found in answer.json()] == (
                    ["SUCCESS"] * len(objects)
                )

    def is_there(self) -> bool:
        """Whether any class exists."""
        return bool(httpx.get(f"{self.url}/v1/schema", timeout=REQUEST_SECONDS).json()["classes"])


def _as_object(event: Recorded) -> dict[str, object]:
    place = event_id(event.pipeline, event.epoch, event.seq)
    return {"class": "Metadata", "id": str(place), "properties": to_row(event)}


class _Opened(AbstractAsyncContextManager[Store]):
    """A store that is closed at the end, as `open_store` does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __aenter__(self) -> Store:
        return self._store

    async def __aexit__(self, *_: object) -> None:
        await self._store.aclose()
