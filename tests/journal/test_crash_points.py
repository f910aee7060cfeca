"""Every append of a run fails once: before or after it lands, once, for good, or with a death.

However it ends, the next call completes the run: completed steps are not run again, at most the
window is sent again, the fold is that of the log, and it is one run with its attempts.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import journal.lease
from journal import Settings, Status, Store, StoreUnavailable, execute, fold, read_history
from journal.events import Started, StepCompleted
from journal.stores.memory import MemoryStore
from journal.stores.sqlite import SqliteStore
from tests.journal.faulty_stores import CrashingStore, dies
from tests.journal.pipelines import EVENTS, STEPS, WINDOW, Load
from tests.journal.virtual_time import virtual_clock, virtual_time

EVERY_APPEND = range(1, len(EVENTS) + 1)
SHORT = Settings(ttl_seconds=0.2)
REPOSITORY = Path(__file__).parent.parent.parent


async def assert_whole(store: Store, load: Load, *, attempts: set[int]) -> None:
    """Check what must hold after any crash and one completing call."""
    events, _ = await read_history(store, "esco")
    state = fold(events)
    assert state.status is Status.COMPLETED
    assert state.counts == {"Thing": 30}
    assert state.attempt in attempts
    assert len({event.run_id for event in events}) == 1
    begun = [event.event.attempt for event in events if isinstance(event.event, Started)]
    assert begun == list(range(1, state.attempt + 1))
    completed = [e.event.step for e in events if isinstance(e.event, StepCompleted)]
    assert completed == list(STEPS)
    assert load.is_whole
    times = [event.at for event in events]
    assert times == sorted(times)


def assert_little_was_repeated(load: Load) -> None:
    """Check that at most the window of one step was sent a second time, and no third."""
    repeated = {record for record, times in load.sent.items() if times > 1}
    assert len(repeated) <= WINDOW
    assert len({step for step, _ in repeated}) <= 1
    assert max(load.sent.values()) <= 2


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
@virtual_time
async def test_one_failure_is_survived_within_the_attempt(at: int, lands: bool) -> None:
    store, load = MemoryStore(), Load()
    await execute(load.pipeline(), CrashingStore(store, at=at, lands=lands), clock=virtual_clock())
    await assert_whole(store, load, attempts={1})
    assert max(load.sent.values()) == 1


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
@virtual_time
async def test_a_store_that_fails_for_good_is_resumed_from(at: int, lands: bool) -> None:
    store, load = MemoryStore(), Load()
    broken = CrashingStore(store, at=at, lands=lands, for_good=True)
    with pytest.raises(StoreUnavailable):
        await execute(load.pipeline(), broken, clock=virtual_clock())
    assert len(store.log.events) == at - 1 + lands
    await execute(load.pipeline(), store, clock=virtual_clock(), wait_seconds=60)
    await assert_whole(store, load, attempts={1, 2})
    assert_little_was_repeated(load)


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
@virtual_time
async def test_a_process_that_dies_is_followed(at: int, lands: bool) -> None:
    store, load = MemoryStore(), Load()
    await dies(
        execute(
            load.pipeline(),
            CrashingStore(store, at=at, lands=lands, dies=True),
            clock=virtual_clock(),
        )
    )
    assert len(store.log.events) == at - 1 + lands
    report = await execute(load.pipeline(), store, clock=virtual_clock(), wait_seconds=60)
    if (at, lands) == (len(EVENTS), True):
        assert report.state.attempt == 1  # it had completed, unheard
    await assert_whole(store, load, attempts={1, 2})
    assert_little_was_repeated(load)


@pytest.mark.parametrize("second", range(1, 7))
@pytest.mark.parametrize("first", range(1, 11))  # later ones leave too little to die in
@virtual_time
async def test_a_second_death_is_survived_like_the_first(first: int, second: int) -> None:
    store, load = MemoryStore(), Load()
    for at in (first, second):
        crashing = CrashingStore(store, at=at, lands=bool(at % 2), dies=True)
        run = execute(load.pipeline(), crashing, clock=virtual_clock(), wait_seconds=60)
        await dies(run)
    await execute(load.pipeline(), store, clock=virtual_clock(), wait_seconds=60)
    await assert_whole(store, load, attempts={1, 2, 3})
    assert max(load.sent.values()) <= 3


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
async def test_sqlite_one_failure_is_survived_within_the_attempt(
    at: int, lands: bool, tmp_path: Path
) -> None:
    store, load = SqliteStore(tmp_path / "varity.db"), Load()
    await execute(load.pipeline(), CrashingStore(store, at=at, lands=lands))
    await assert_whole(store, load, attempts={1})
    assert max(load.sent.values()) == 1
    await store.aclose()


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
async def test_sqlite_that_fails_for_good_is_resumed_from(
    at: int, lands: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, load = SqliteStore(tmp_path / "varity.db"), Load()
    broken = CrashingStore(store, at=at, lands=lands, for_good=True)
    load.request_seconds = 0.05
    with pytest.raises(StoreUnavailable):
        await execute(load.pipeline(), broken, settings=SHORT)
    monkeypatch.setattr(journal.lease, "is_gone", lambda owner: True)  # that process has ended
    monkeypatch.setattr(journal.lease, "SETTLE_SECONDS", 0.0)
    await execute(load.pipeline(), store)
    # A busy machine may let the short lease expire earlier: then there is one attempt more.
    await assert_whole(store, load, attempts={1, 2, 3})
    await store.aclose()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, bool], Path]:
    """A SQLite file for each append inside which a process was killed."""
    folder = tmp_path_factory.mktemp("killed")
    files = {
        (at, lands): folder / f"{at}-{lands}.db" for at in EVERY_APPEND for lands in (False, True)
    }
    cases = [
        json.dumps({"path": str(path), "at": at, "lands": lands})
        for (at, lands), path in files.items()
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.journal.dying_process"],
        cwd=REPOSITORY,
        input="\n".join(cases),
        text=True,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == cases, done.stderr
    return files


@pytest.mark.parametrize("lands", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", EVERY_APPEND)
async def test_sqlite_a_killed_process_is_followed_at_once(
    at: int,
    lands: bool,
    killed: dict[tuple[int, bool], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal.lease, "SETTLE_SECONDS", 0.0)
    store, load = SqliteStore(killed[at, lands]), Load()
    events, _ = await read_history(store, "esco")
    assert len(events) == at - 1 + lands
    before = fold(events)
    load.target = {  # what the dead process had sent
        (step, number): f"{step} {number}" for step in STEPS for number in range(load.records)
    }

    report = await execute(load.pipeline(), store)
    assert not report.has_waited
    await assert_whole(store, load, attempts={1, 2})
    done = STEPS[: before.steps_done]
    assert not any(step in done for step, _ in load.sent)
    assert sum(load.sent.values()) == 10 * (3 - before.steps_done) - before.settled
    await store.aclose()
