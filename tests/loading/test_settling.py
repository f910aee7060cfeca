"""A blank write that one attempt gave up, and the next attempt of the same process.

In real time: the target's late writes land by the clock on the wall.
"""

import time
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from ingest.esco_classes import esco_schemas
from ingest.target import Reply, TargetObject
from journal import Recorded, RunState, Settings, Status, execute
from journal.errors import StoreUnavailable
from journal.events import Completed, StepStarted
from tests.loading.runs import Life, MortalStore, World
from tests.loading.sources import HandMade, Read, skill
from tests.loading.tearing import UNKNOWN, TearingTarget
from tests.loading.trouble import skill_id

TTL_SECONDS = 1.0
SETTLE_SECONDS = 2.0
LATE_SECONDS = 1.8


class Refusing(MortalStore):
    """A journal that refuses whatever is asked of it until a time."""

    until = 0.0

    def _pass(self) -> None:
        if time.monotonic() < self.until:
            raise StoreUnavailable("the journal can not be reached")

    async def append(self, recorded: Recorded) -> None:
        self._pass()
        await super().append(recorded)

    async def beat(self, *arguments: Any, **named: Any) -> None:
        self._pass()
        await super().beat(*arguments, **named)

    async def leases(self, *arguments: Any) -> Any:
        self._pass()
        return await super().leases(*arguments)

    async def create_lease(self, *arguments: Any) -> Any:
        self._pass()
        return await super().create_lease(*arguments)


async def test_a_blank_write_of_the_attempt_before_does_not_outlive_the_run(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journal.step.SETTLE_SECONDS", SETTLE_SECONDS)
    monkeypatch.setattr("journal.lease.SETTLE_SECONDS", SETTLE_SECONDS)
    catalogue = read(HandMade([*map(skill, range(12))]))
    world = World(catalogue, window=8, request_seconds=TTL_SECONDS / 2)
    store = Refusing(world.log, Life())
    landed: list[float] = []
    done: list[float] = []

    async with anyio.create_task_group() as tasks:

        class Late(TearingTarget):
            async def upsert(
                self, objects: Sequence[TargetObject], *, timeout_seconds: float
            ) -> Reply:
                if objects[0].vector is not None or store.until:
                    return await super().upsert(objects, timeout_seconds=timeout_seconds)
                store.until = time.monotonic() + TTL_SECONDS + 0.05
                tasks.start_soon(self._land, objects)
                return Reply(outcomes=(UNKNOWN,) * len(objects), lost=True, pushback=True)

            async def _land(self, objects: Sequence[TargetObject]) -> None:
                await anyio.sleep(LATE_SECONDS)
                self._written(objects, torn=0)
                landed.append(time.monotonic())

        def note(recorded: Recorded, state: RunState) -> None:
            if recorded.event == StepStarted(step="verify") and not store.until:
                # To be mended: blank first, then whole.
                del world.database.classes["Skill"].objects[skill_id(1)]
            if isinstance(recorded.event, Completed):
                done.append(time.monotonic())

        report = await execute(
            world.pipeline(Late(schemas=esco_schemas(), database=world.database)),
            store,
            settings=Settings(ttl_seconds=TTL_SECONDS),
            wait_seconds=60,
            listener=note,
        )
    assert (report.state.status, report.state.attempt) == (Status.COMPLETED, 2)
    assert landed[0] < done[0]
    assert world.database.classes["Skill"].objects[skill_id(1)].vector is not None
