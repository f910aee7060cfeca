"""Classes are dropped within the lease, one by one, and are there again before each step."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from ingest.class_changes import drop_classes, prepare_classes
from ingest.esco_classes import esco_schemas
from ingest.targets.memory import MemoryDatabase, MemoryTarget
from journal import (
    JournalError,
    LeaseLost,
    Status,
    StepRun,
    StoreRefused,
    StoreUnavailable,
)
from tests.loading.runs import World
from tests.loading.sources import HandMade, Read, skill
from tests.loading.tearing import content

CLASSES = tuple(schema.name for schema in esco_schemas())


class Ending:
    """A lease that permits some requests, and is over after `ends_after` of them."""

    def __init__(self, *, permitted: int = 99, ends_after: int = 99) -> None:
        self.begun = 0
        self.lost = 0
        self._permitted = permitted
        self._ends_after = ends_after

    @asynccontextmanager
    async def request(self, timeout_seconds: float) -> AsyncIterator[None]:
        assert timeout_seconds == 5.0
        if self.begun == self._permitted:
            raise LeaseLost("over")
        self.begun += 1
        try:
            yield
        except BaseException:
            self.lost += 1
            raise

    def check(self) -> None:
        if self.begun >= self._ends_after:
            raise LeaseLost("over")


async def prepared() -> MemoryTarget:
    target = MemoryTarget(pipeline="esco", schemas=esco_schemas(), database=MemoryDatabase())
    await target.prepare()
    return target


async def dropped_under(lease: Ending, target: MemoryTarget) -> None:
    await drop_classes(target, request=lease.request, check=lease.check, request_seconds=5.0)


async def test_each_class_is_dropped_in_a_request_of_its_own_referring_ones_first() -> None:
    target, lease = await prepared(), Ending()
    await dropped_under(lease, target)
    assert await target.existing_classes() == ()
    assert lease.begun == len(CLASSES)


@pytest.mark.parametrize("permitted", [0, 1, 4])
async def test_no_class_is_dropped_once_the_lease_permits_no_request(permitted: int) -> None:
    """Another process may own the pipeline by then, and have filled them."""
    target, lease = await prepared(), Ending(permitted=permitted)
    with pytest.raises(LeaseLost):
        await dropped_under(lease, target)
    assert await target.existing_classes() == CLASSES[: len(CLASSES) - permitted]


async def test_a_drop_that_outlived_the_lease_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can take it back, and the journal of the next owner knows nothing of it."""
    target, lease = await prepared(), Ending(ends_after=1)
    with caplog.at_level(logging.WARNING), pytest.raises(LeaseLost):
        await dropped_under(lease, target)
    assert await target.existing_classes() == CLASSES[:-1]
    assert f"the class {CLASSES[-1]} was dropped when the lease was over already" in caplog.text
    assert "varity-journal validate" in caplog.text


async def test_a_drop_without_an_answer_is_a_lost_request() -> None:
    class Silent(MemoryTarget):
        async def drop(self, class_name: str, *, timeout_seconds: float) -> None:
            raise StoreUnavailable("no answer")

    target = Silent(pipeline="esco", schemas=esco_schemas(), database=MemoryDatabase())
    await target.prepare()
    lease = Ending()
    with pytest.raises(StoreUnavailable):
        await dropped_under(lease, target)
    assert (lease.begun, lease.lost) == (1, 1)


class Losing:
    """Of a step's run, what notes a request that was given up."""

    def __init__(self) -> None:
        self.lost = 0

    def lose(self) -> None:
        self.lost += 1


@pytest.mark.parametrize(
    ("error", "lost"), [(StoreUnavailable("no answer"), 1), (StoreRefused("another shape"), 0)]
)
async def test_classes_whose_making_got_no_answer_are_a_lost_request(
    error: JournalError, lost: int
) -> None:
    """The end of the attempt waits for what may still come to be, a load's or a repair's."""

    class Failing(MemoryTarget):
        async def prepare(self) -> None:
            raise error

    target = Failing(pipeline="esco", schemas=esco_schemas(), database=MemoryDatabase())
    run = Losing()
    with pytest.raises(type(error)):
        await prepare_classes(cast("StepRun", run), target)
    assert run.lost == lost


async def test_a_class_that_somebody_drops_before_verify_is_made_and_filled_again(
    read: Read,
) -> None:
    """The server would make one of its own at the first write, in whose shape nothing fits."""
    whole, world = (World(read(HandMade([skill(n) for n in range(9)]))) for _ in range(2))
    await whole.load()

    def somebody_drops() -> None:
        del world.database.classes["Skill"]

    report = await world.load(before_verify=somebody_drops)
    assert report.state.status is Status.COMPLETED
    assert content(world.database) == content(whole.database)
