"""What is read and opened beside other things: what it raises is kept, nothing is left behind."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import anyio
import httpx
import pytest

from ingest.catalogue import Catalogue
from ingest.decision import Mode
from ingest.records import InputError
from ingest.settings import Settings
from ingest.target import Target
from ingest.targets.memory import MemoryDatabase, MemoryTarget
from ingest.wiring import IngestOptions, ingest
from ingest.wiring.beside import Opening, Reading
from ingest.wiring.opening import opened_target
from journal import Recorded, RunState
from journal.errors import StoreRefused, StoreUnavailable
from journal.events import Started
from tests.contract.target_builders import drop_all
from tests.loading.calls import TINY, counts
from tests.loading.sources import grid, read_by_hand
from tests.server import Weaviate

Check = Callable[[], None]


def empty_target() -> Target:
    return MemoryTarget(pipeline="esco", prefix="", schemas=(), database=MemoryDatabase())


def is_closed(catalogue: Catalogue) -> bool:
    return catalogue._spool._file.closed


async def test_an_input_is_read_once_however_often_it_is_awaited() -> None:
    read: list[Catalogue] = []

    def reader(check: Check) -> Catalogue:
        read.append(read_by_hand(grid(3)))
        return read[-1]

    reading = Reading(reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reading.run)
        assert await reading.catalogue() is await reading.catalogue()
    assert len(read) == 1
    assert not is_closed(read[0])
    reading.close()
    assert is_closed(read[0])


async def test_what_reading_raises_is_raised_to_whoever_awaits_it() -> None:
    def reader(check: Check) -> Catalogue:
        raise InputError("skills_en.csv changed while it was being read: start again")

    reading = Reading(reader)
    await reading.run()
    for _ in range(2):
        with pytest.raises(InputError, match=r"^skills_en\.csv changed"):
            await reading.catalogue()
    reading.close()


async def test_an_abandoned_input_ends_at_its_next_check() -> None:
    begun, ended = Event(), Event()

    def reader(check: Check) -> Catalogue:
        begun.set()
        try:
            while True:
                check()
        finally:
            ended.set()

    reading = Reading(reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reading.run)
        await anyio.to_thread.run_sync(begun.wait)
        tasks.cancel_scope.cancel()
    assert not ended.is_set()
    reading.close()
    assert await anyio.to_thread.run_sync(ended.wait, 10)


async def test_an_input_that_is_read_after_all_when_it_is_abandoned_is_closed() -> None:
    begun, goes_on, ended = Event(), Event(), Event()
    read: list[Catalogue] = []

    def reader(check: Check) -> Catalogue:
        begun.set()
        goes_on.wait(10)
        read.append(read_by_hand(grid(3)))
        ended.set()
        return read[-1]

    reading = Reading(reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reading.run)
        await anyio.to_thread.run_sync(begun.wait)
        tasks.cancel_scope.cancel()
    reading.close()
    goes_on.set()
    assert await anyio.to_thread.run_sync(ended.wait, 10)
    while not is_closed(read[0]):  # the thread is about to
        await anyio.sleep(0.001)


async def test_what_is_made_ready_meanwhile_may_fail_and_is_over_first() -> None:
    goes_on, told = Event(), []

    def reader(check: Check) -> Catalogue:
        goes_on.wait(10)
        raise InputError("skills_en.csv changed while it was being read: start again")

    async def prepare() -> None:
        goes_on.set()
        await anyio.wait_all_tasks_blocked()
        await anyio.sleep(0.1)
        told.append("prepared")
        raise StoreRefused("the class Skill has another shape")

    reading = Reading(reader)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reading.run)
        with pytest.raises(InputError, match=r"^skills_en\.csv changed"):
            await reading.catalogue(prepare)
    assert told == ["prepared"]
    reading.close()


async def test_a_fault_in_what_is_made_ready_is_not_kept_quiet() -> None:
    reading = Reading(lambda check: read_by_hand(grid(3)))

    async def prepare() -> None:
        raise ZeroDivisionError

    await reading.run()
    with pytest.raises(ExceptionGroup) as raised:
        await reading.catalogue(prepare)
    assert raised.group_contains(ZeroDivisionError)
    reading.close()


async def test_a_target_is_opened_once_and_whoever_wants_it_waits_for_that() -> None:
    opened: list[Target] = []

    async def open_() -> Target:
        await anyio.wait_all_tasks_blocked()  # whoever awaits it does so by now
        opened.append(empty_target())
        return opened[-1]

    opening, had = Opening(open_), []

    async def awaited() -> None:
        had.append(await opening.target())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(awaited)
        tasks.start_soon(opening.run)
    assert had == opened == [await opening.now()]


async def test_what_was_in_the_way_of_opening_is_met_again_or_is_over() -> None:
    troubles: list[Exception] = [
        StoreUnavailable("a cut cable"),
        StoreUnavailable("a server that starts"),
        ZeroDivisionError(),
    ]

    async def open_() -> Target:
        if troubles:
            raise troubles.pop(0)
        return empty_target()

    opening = Opening(open_)
    await opening.run()
    with pytest.raises(StoreUnavailable, match=r"^a server that starts$"):
        await opening.target()
    with pytest.raises(ZeroDivisionError):
        await opening.target()
    assert await opening.target() is await opening.now()


@pytest.mark.weaviate
async def test_a_server_has_the_classes_when_the_run_starts_unless_it_drops_them_first(
    clean_weaviate: Weaviate, data: str
) -> None:
    settings = Settings(
        store=clean_weaviate.url, grpc_port=clean_weaviate.grpc_port, embedder="hashing"
    )
    at_start: list[set[str]] = []

    def look(recorded: Recorded, state: RunState) -> None:
        if isinstance(recorded.event, Started):
            listed = httpx.get(f"{clean_weaviate.url}/v1/schema").json()["classes"]
            at_start.append({entry["class"] for entry in listed} & set(TINY))

    await ingest(settings, IngestOptions(data=data), listener=look)
    async with opened_target(settings) as target:
        await drop_all(target)
    await ingest(
        replace(settings, embedder="local"),
        IngestOptions(data=data, mode=Mode.FORCE),
        listener=look,
    )
    assert at_start == [set(TINY), set()]
    assert await counts(settings) == TINY
