"""What processes did under which epoch, and when: the measured intervals of their ownership.

Every process of a drill appends to one file. The clock is the machine's own and the same for
all of them, so that intervals of different processes can be compared.
"""

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ingest.target import Target
from journal.events import Owner, Recorded
from journal.store import Store

SENDS = ("upsert", "create", "flush", "drop")
WON, APPENDS, SENT = "won", "appends", "sends"

Method = Callable[..., Awaitable[Any]]
Act = dict[str, Any]


def instant() -> float:
    """Return now, in seconds; goes on while a process stands still."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Tracer:
    """Notes what this process wins and begins to send."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._epoch = 0
        self._owner = ""

    def install(self, store: type[Store], target: type[Target]) -> None:
        """Stand between the program and its stores, for as long as the process lives."""
        patch.object(store, "create_lease", self._around_claim(store.create_lease)).start()
        patch.object(store, "append", self._around_append(store.append)).start()
        for name in SENDS:
            patch.object(target, name, self._around_send(getattr(target, name))).start()

    def _around_claim(self, create_lease: Method) -> Method:
        async def created(store: object, pipeline: str, epoch: int, owner: Owner) -> Owner:
            winner: Owner = await create_lease(store, pipeline, epoch, owner)
            if winner.id == owner.id:
                self._epoch, self._owner = epoch, owner.id
                self._note(WON)
            return winner

        return created

    def _around_append(self, append: Method) -> Method:
        async def appended(store: object, recorded: Recorded) -> None:
            self._note(APPENDS, seq=recorded.seq)
            await append(store, recorded)

        return appended

    def _around_send(self, method: Method) -> Method:
        async def sent(*arguments: Any, **options: Any) -> Any:
            self._note(SENT)
            return await method(*arguments, **options)

        return sent

    def _note(self, did: str, **more: int) -> None:
        act = {"at": instant(), "owner": self._owner, "epoch": self._epoch, "did": did}
        os.write(self._file, json.dumps(act | more).encode() + b"\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """One owner's time with one epoch: from winning it to the last thing it began."""

    owner: str
    epoch: int
    won_at: float
    last_at: float
    acts: int


def read(file: Path) -> list[Act]:
    """Return what was noted, oldest first; nothing where nobody came so far."""
    if not file.exists():
        return []
    return sorted(map(json.loads, file.read_text().splitlines()), key=lambda act: act["at"])


def ownerships(acts: Iterable[Act]) -> list[Ownership]:
    """Return who owned the pipeline when, those that did nothing with it left out."""
    won: dict[tuple[str, int], float] = {}
    last: dict[tuple[str, int], float] = {}
    begun: dict[tuple[str, int], int] = {}
    for act in acts:
        key = (act["owner"], act["epoch"])
        if act["did"] == WON:
            won[key] = act["at"]
        else:
            last[key] = act["at"]
            begun[key] = begun.get(key, 0) + 1
    found = [
        Ownership(owner=key[0], epoch=key[1], won_at=won[key], last_at=last[key], acts=begun[key])
        for key in last
    ]
    return sorted(found, key=lambda one: one.won_at)


def overlapping(found: Iterable[Ownership]) -> list[tuple[int, int]]:
    """Return the epochs, older and newer, of which the older went on after the newer was won."""
    ordered = sorted(found, key=lambda one: (one.epoch, one.won_at))
    return [
        (older.epoch, newer.epoch)
        for place, older in enumerate(ordered)
        for newer in ordered[place + 1 :]
        if newer.won_at < older.last_at
    ]
