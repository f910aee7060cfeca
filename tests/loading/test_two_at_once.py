"""Any number of starters: one works, the others wait or are told who does."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from ingest.sample import write_sample
from ingest.settings import Settings
from ingest.wiring import (
    read_events,
    read_runs,
)
from journal import (
    JournalError,
    LeaseHeld,
    Pipeline,
    Status,
    Step,
    StepResult,
    StepRun,
    execute,
    open_store,
)
from tests.loading.calls import load


async def test_of_two_at_once_one_works_and_the_other_is_told_who(
    settings: Settings, tmp_path: Path
) -> None:
    large = tmp_path / "large.zip"
    write_sample(large, concepts=1500)
    outcomes = await together(settings, str(large), starters=2, wait_seconds=0)
    assert sorted(outcomes) == ["LeaseHeld", "ran"]


async def test_who_waits_finds_the_work_done(settings: Settings, tmp_path: Path) -> None:
    large = tmp_path / "large.zip"
    write_sample(large, concepts=1500)
    # Who waits looks again each sixth of the lease's time.
    soon = replace(settings, ttl_seconds=9.0)
    outcomes = await together(soon, str(large), starters=3, wait_seconds=120)
    assert sorted(outcomes) == ["ran", "waited", "waited"]


async def together(
    settings: Settings, data: str, *, starters: int, wait_seconds: float
) -> list[str]:
    """Start so many at once; return their outcomes after a look at the journal."""
    outcomes: list[str] = []

    async def start() -> None:
        try:
            outcomes.append((await load(settings, data, wait_seconds=wait_seconds)).outcome)
        except JournalError as error:
            outcomes.append(type(error).__name__)

    async with anyio.create_task_group() as tasks:
        for _ in range(starters):
            tasks.start_soon(start)
    events, _ = await read_events(settings, None)
    owners = {recorded.epoch for recorded, _ in events}
    assert owners == {1}  # one epoch with events: nobody else ever wrote
    assert not any(is_fenced for _, is_fenced in events)
    [run] = await read_runs(settings)
    assert run.status is Status.COMPLETED
    return outcomes


async def test_an_owner_that_writes_all_the_time_is_held_and_not_waited_for(
    settings: Settings, sample_zip: Path
) -> None:
    """Its journal moves between any two looks; who looks must not look again for ever."""
    began, over = anyio.Event(), anyio.Event()

    async def busy(run: StepRun) -> StepResult | None:
        settled = 0
        while not over.is_set():
            settled += 1
            await run.settle(settled)
            await run.checkpoint()
            began.set()
            await anyio.sleep(0)
        return None

    pipeline = Pipeline(name=settings.pipeline, fingerprint="another", steps=(Step("busy", busy),))

    async def own() -> None:
        async with open_store(settings.store, request_seconds=15.0) as store:
            await execute(pipeline, store)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(own)
        await began.wait()
        try:
            with anyio.fail_after(60), pytest.raises(LeaseHeld, match="holds epoch 1"):
                await load(settings, str(sample_zip))
        finally:
            over.set()
