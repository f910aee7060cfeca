"""What an attempt gave up may land while the next one of the same process is at work, and after."""

import asyncio

import anyio
import pytest

from journal import Recorded, Status, StepRun
from journal.events import Completed, StepStarted
from journal.lease import SETTLE_SECONDS
from journal.stores.memory import MemoryStore
from tests.journal.faulty_stores import Intercepted, Outage
from tests.journal.pipelines import Load, at
from tests.journal.running import run
from tests.journal.virtual_time import virtual_time

TTL = 30.0
REQUEST_SECONDS = 5.0


async def second_attempt(*, down_seconds: float) -> tuple[float, list[Recorded], list[float]]:
    """Lose a request right before the lease runs out, and have the same process go on.

    The store refuses at once, so that the next attempt begins as early as can be. Returns when the
    request was given up, and what the second attempt wrote when.
    """
    store = Outage(MemoryStore(), timeout_seconds=0.05)
    loop = asyncio.get_running_loop()
    written: list[Recorded] = []
    at_seconds: list[float] = []
    given_up: list[float] = []

    async def note(recorded: Recorded) -> None:
        if recorded.epoch > 1:
            written.append(recorded)
            at_seconds.append(loop.time())

    async def act(step: StepRun) -> None:
        store.fail_for(down_seconds)
        await anyio.sleep(TTL - REQUEST_SECONDS - 0.1)
        async with step.request(REQUEST_SECONDS):
            await anyio.sleep(REQUEST_SECONDS - 0.01)
        step.lose()
        given_up.append(loop.time())
        await anyio.sleep(1000)

    load = Load(before=at("third", 9, act))
    report = await run(load, Intercepted(store, note), wait_seconds=300)
    assert (report.state.status, report.state.attempt) == (Status.COMPLETED, 2)
    return given_up[0], written, at_seconds


@pytest.mark.parametrize("down_seconds", [30.2, 30.5, 30.8])
@virtual_time
async def test_completed_waits_for_what_the_attempt_before_gave_up(down_seconds: float) -> None:
    given_up, written, at_seconds = await second_attempt(down_seconds=down_seconds)
    assert isinstance(written[-1].event, Completed)
    assert at_seconds[0] < given_up + SETTLE_SECONDS  # else this shows nothing
    assert at_seconds[-1] >= given_up + SETTLE_SECONDS


@virtual_time
async def test_steps_wait_for_what_the_attempt_before_gave_up() -> None:
    given_up, written, at_seconds = await second_attempt(down_seconds=30.5)
    begun = next(i for i, each in enumerate(written) if isinstance(each.event, StepStarted))
    assert at_seconds[begun] >= given_up + SETTLE_SECONDS
