"""`init` beside others: who waits for whom, and who has the last word."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from ingest.embedders import Matrix
from ingest.embedders.hashing import HashingEmbedder
from ingest.report import LeaseView, StatusReport
from ingest.settings import Settings
from ingest.wiring import IngestResult, StartOptions, read_events, read_status, start, starting
from ingest.wiring import ingest as ingest_once
from journal import LeaseHeld, LeaseLost, Recorded, RunState, Status, StoreUnavailable, open_store
from journal.clock import system_clock
from journal.events import Event
from journal.owner import this_process
from tests.cli.builders import (
    SKILLS_CHECKPOINT,
    SKILLS_COMPLETED,
    SKILLS_STARTED,
    history,
    started,
)
from tests.ingest.esco_builder import tiny, write_folder
from tests.loading.calls import load

SOON = StartOptions(wait_seconds=60.0, poll_seconds=0.1)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journal.step.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("journal.lease.SETTLE_SECONDS", 0.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = write_folder(tmp_path / "data", tiny()).resolve()
    return Settings(store=f"sqlite:///{tmp_path / 'varity.db'}", embedder="hashing", data=str(data))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> anyio.Event:
    """What opens the way for every load: until then it is in the middle."""
    opened = anyio.Event()
    embed = HashingEmbedder.embed

    async def embed_later(self: HashingEmbedder, texts: list[str]) -> Matrix:
        await opened.wait()
        return await embed(self, texts)

    monkeypatch.setattr(HashingEmbedder, "embed", embed_later)
    return opened


async def until_loading(settings: Settings) -> None:
    with anyio.fail_after(60):
        while (await read_status(settings)).status != Status.IN_PROGRESS:
            await anyio.sleep(0.02)


async def test_who_comes_second_waits_and_finds_it_done(
    settings: Settings, gate: anyio.Event
) -> None:
    waits: list[str] = []

    def on_wait(reason: str) -> None:
        waits.append(reason)
        gate.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(load, settings)
        await until_loading(settings)
        with anyio.fail_after(60):
            result = await start(settings, SOON, on_wait=on_wait)
    assert (result.outcome, result.is_completed) == ("waited", True)
    assert re.search(r"is at work, [01] of 7 steps done", waits[0])
    events, _ = await read_events(settings, None)
    assert {recorded.epoch for recorded, _ in events} == {1}


async def test_who_waited_long_enough_gives_up_and_writes_nothing(
    settings: Settings, gate: anyio.Event
) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(load, settings)
        await until_loading(settings)
        with pytest.raises(LeaseHeld, match=r"is still at work after 0\.3 s; wait longer"):
            await start(settings, replace(SOON, wait_seconds=0.3))
        gate.set()
    assert (await read_status(settings)).status == "completed"
    events, _ = await read_events(settings, None)
    assert {recorded.epoch for recorded, _ in events} == {1}


async def test_who_died_elsewhere_is_waited_for_no_longer_than_its_lease(
    settings: Settings,
) -> None:
    """Another host's process can not be seen to be gone: only its silence tells."""
    soon = replace(settings, ttl_seconds=1.0)
    elsewhere = replace(this_process(system_clock(), ttl_seconds=1.0), boot_id="elsewhere")
    async with open_store(settings.store) as store:
        await store.prepare()
        await store.create_lease("esco", 1, elsewhere)
        begun = replace(started(), attributes={"embedder": HashingEmbedder.fingerprint})
        for recorded in history(begun, SKILLS_STARTED):
            await store.append(recorded)
        await store.beat("esco", 1, 1)
    waits: list[str] = []
    with anyio.fail_after(60):
        result = await start(soon, replace(SOON, poll_seconds=600), on_wait=waits.append)
    assert (result.outcome, result.is_completed) == ("ran", True)
    assert waits


async def failing_once(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, *, after: bool = False
) -> None:
    """Let a function of the module fail the first time, before or after it has done its work."""
    real: Callable[..., Awaitable[object]] = getattr(starting, name)
    calls: list[str] = []

    async def failing(*arguments: object, **options: object) -> object:
        calls.append(name)
        if len(calls) > 1:
            return await real(*arguments, **options)
        if after:
            await real(*arguments, **options)
        raise error

    monkeypatch.setattr(starting, name, failing)


async def test_a_store_that_does_not_answer_yet_is_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_once(monkeypatch, "read_status", StoreUnavailable("not yet"))
    waits: list[str] = []
    result = await start(settings, SOON, on_wait=waits.append)
    assert (result.outcome, waits) == ("ran", ["not yet"])


async def test_a_store_that_was_lost_in_the_middle_is_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_once(monkeypatch, "ingest", StoreUnavailable("gone"))
    waits: list[str] = []
    result = await start(settings, SOON, on_wait=waits.append)
    assert (result.outcome, waits) == ("ran", ["gone"])


async def test_a_store_that_was_lost_is_no_longer_waited_for_than_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_once(monkeypatch, "ingest", StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable, match="gone"):
        await start(settings, replace(SOON, wait_seconds=0.0))


@pytest.mark.parametrize(
    ("event", "calls_made"), [(SKILLS_CHECKPOINT, 2), (SKILLS_COMPLETED, 2), (started(), 1)]
)
async def test_patience_begins_anew_with_what_was_achieved(
    event: Event, calls_made: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start alone achieves nothing: an attempt that fails each time would be made for ever."""
    real = ingest_once
    calls: list[str] = []

    async def ingest(
        *arguments: Any, listener: Callable[[Recorded, RunState], None], **options: Any
    ) -> IngestResult:
        calls.append("ingest")
        if len(calls) > 1:
            return await real(*arguments, listener=listener, **options)
        await anyio.sleep(5.1)  # a long load
        listener(history(started(), event)[-1], RunState())
        raise StoreUnavailable("gone")

    monkeypatch.setattr(starting, "ingest", ingest)
    if calls_made == 1:
        with pytest.raises(StoreUnavailable, match="gone"):
            await start(settings, replace(SOON, wait_seconds=5.0))
    else:
        result = await start(settings, replace(SOON, wait_seconds=5.0))
        assert result.outcome == "ran"
    assert len(calls) == calls_made


async def test_who_was_overtaken_waits_for_the_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing_once(monkeypatch, "ingest", LeaseLost("another goes on"), after=True)
    result = await start(settings, SOON)
    assert (result.outcome, result.is_completed) == ("waited", True)


async def test_the_journal_has_the_last_word(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a load says of itself is not believed while the journal says otherwise."""
    running = RunState(status=Status.IN_PROGRESS, run_id="r2")
    read = [RunState(), running, running, RunState(status=Status.COMPLETED, run_id="r2")]
    seen: list[Status] = []

    async def read_status(settings: Settings) -> StatusReport:
        state = read[min(len(seen), len(read) - 1)]
        seen.append(state.status)
        is_held = state.status is Status.IN_PROGRESS
        return StatusReport(
            pipeline="esco", store="s", embedder="e", state=state, lease=LeaseView(held=is_held)
        )

    async def ingest(*_: object, **__: object) -> IngestResult:
        return IngestResult(outcome="already_completed", state=RunState(status=Status.COMPLETED))

    monkeypatch.setattr(starting, "read_status", read_status)
    monkeypatch.setattr(starting, "ingest", ingest)
    result = await start(settings, SOON)
    assert (result.outcome, result.report.state.run_id) == ("waited", "r2")
    assert seen == ["not_started", "in_progress", "in_progress", "completed", "completed"]
