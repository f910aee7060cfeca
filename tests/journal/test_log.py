"""Reading a log: as far back as the question needs, newest first, holes filled by position."""

from collections.abc import AsyncIterator, Sequence

import pytest

from journal import (
    CorruptJournal,
    Recorded,
    Status,
    fold,
    read_history,
    read_runs,
    read_state,
)
from journal.events import Checkpoint, StepStarted
from journal.log import read_run
from journal.store import LegacyRow
from journal.stores.memory import MemoryLog, MemoryStore
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    done,
    logged,
    started,
    together,
)
from tests.journal.faulty_stores import Wrapper

SCHEMA = StepStarted(step="schema")
WHOLE = (started(), *done("schema"), *done("skills"), *done("verify"), COMPLETED)


class Counting(Wrapper):
    """Notes which epochs are read by position."""

    def __init__(self, inner: MemoryStore) -> None:
        super().__init__(inner)
        self.read: list[int] = []

    async def read_epoch(self, pipeline: str, epoch: int) -> Sequence[Recorded]:
        """Read one epoch."""
        self.read.append(epoch)
        return await super().read_epoch(pipeline, epoch)


def holding(*events: Recorded, empty_above: int = 0) -> Counting:
    """Return a store that holds the events, and leases of this many empty epochs above them."""
    log = MemoryLog(events={(event.pipeline, *event.position): event for event in events})
    store = MemoryStore(log)
    return Counting(_WithEmptyEpochs(store, empty_above) if empty_above else store)  # type: ignore[arg-type]


class _WithEmptyEpochs(Wrapper):
    def __init__(self, inner: MemoryStore, count: int) -> None:
        super().__init__(inner)
        self._count = count

    async def highest_epoch(self, pipeline: str) -> int:
        return await super().highest_epoch(pipeline) + self._count


async def test_reading_ends_at_the_first_attempt_of_the_newest_run() -> None:
    store = holding(
        *logged(1, *WHOLE),
        *logged(2, started(cuts={1: 8}), FAILED, run_id="run-2"),
        *logged(3, started(2, cuts={2: 2}), SCHEMA, run_id="run-2"),
    )
    assert (await read_state(store, "esco")).attempt == 2
    assert store.read == [3, 2]


async def test_empty_epochs_above_are_read_and_passed() -> None:
    store = holding(*logged(1, *WHOLE), empty_above=3)
    assert (await read_state(store, "esco")).status is Status.COMPLETED
    assert store.read == [4, 3, 2, 1]


async def test_a_fenced_first_attempt_does_not_end_the_reading() -> None:
    """Epoch 3's run was cut away whole; the newest run began in epoch 1."""
    store = holding(
        *logged(1, started(), *done("schema")),
        *logged(3, started(cuts={1: 3, 2: 0}), SCHEMA, run_id="run-3"),
        *logged(4, started(2, cuts={1: 3, 2: 0, 3: 0}), run_id="run-1"),
    )
    state = await read_state(store, "esco")
    assert (state.run_id, state.attempt, state.steps_done) == ("run-1", 2, 1)
    assert store.read == [4, 3, 2, 1]


async def test_below_reads_older_epochs_only() -> None:
    store = holding(*logged(1, *WHOLE), *logged(2, started(cuts={1: 8}), run_id="run-2"))
    assert await read_run(store, "esco", below=2) == logged(1, *WHOLE)
    assert await read_run(store, "esco", below=1) == []


async def test_an_epoch_that_is_lost_is_noticed_and_not_read_over() -> None:
    store = holding(
        *logged(1, started(), SCHEMA), *logged(3, started(3, cuts={2: 4}), run_id="run-1")
    )
    with pytest.raises(CorruptJournal, match="epoch 2 of esco: expected 4 events"):
        await read_state(store, "esco")


async def test_the_state_read_is_the_fold_of_everything() -> None:
    events = together(
        logged(1, *WHOLE),
        logged(2, started(cuts={1: 8}), SCHEMA, FAILED, run_id="run-2"),
        logged(3, started(2, cuts={2: 3}), run_id="run-2"),
    )
    store = holding(*events)
    assert await read_state(store, "esco") == fold(events)
    assert [run.run_id for run in await read_runs(store, "esco")] == ["run-2", "run-1"]


# --- history -----------------------------------------------------------------------------------


class Holes(Counting):
    """Lists without some events, as a replica does that was away."""

    def __init__(self, inner: MemoryStore, *missing: tuple[int, int]) -> None:
        super().__init__(inner)
        self._missing = missing

    async def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
        """List the rest."""
        async for row in self.inner.read_all(pipeline):
            if isinstance(row, LegacyRow) or row.position not in self._missing:
                yield row


EVENTS = together(
    logged(1, *WHOLE),
    logged(2, started(cuts={1: 8}), SCHEMA, FAILED, run_id="run-2"),
    logged(3, started(2, cuts={2: 3}), SCHEMA, run_id="run-2"),
)


@pytest.mark.parametrize(
    "missing", [event.position for event in EVENTS], ids=lambda place: f"{place[0]}:{place[1]}"
)
async def test_a_hole_of_the_listing_is_filled_by_position(missing: tuple[int, int]) -> None:
    inner = MemoryStore()
    for event in EVENTS:
        await inner.append(event)
    assert await read_history(Holes(inner, missing), "esco") == (EVENTS, [])


async def test_a_whole_epoch_missing_from_the_listing_is_read_by_position() -> None:
    inner = MemoryStore()
    for event in EVENTS:
        await inner.append(event)
    holes = Holes(inner, *((2, seq) for seq in range(1, 4)))
    assert await read_history(holes, "esco") == (EVENTS, [])
    assert holes.read == [3, 2]  # epoch 1 came out whole


async def test_other_content_in_the_listing_is_not_hidden_by_what_is_read() -> None:
    other = logged(3, started(2, cuts={2: 3}, source="other"), run_id="run-2")[0]

    class Torn(Wrapper):
        async def read_all(self, pipeline: str) -> AsyncIterator[Recorded | LegacyRow]:
            yield other

    store = MemoryStore()
    for event in EVENTS:
        await store.append(event)
    events, _ = await read_history(Torn(store), "esco")
    with pytest.raises(CorruptJournal, match="esco/3:1 exists with two different contents"):
        fold(events)


async def test_a_newest_epoch_of_ten_thousand_events_is_merged_in_moments() -> None:
    checkpoints = [Checkpoint(step="schema", settled=n) for n in range(10_100)]
    events = logged(1, started(), SCHEMA, *checkpoints)
    store = holding(*events)
    found, _ = await read_history(store, "esco")  # with a comparison of each to each: a minute
    assert found == events


async def test_legacy_rows_come_by_time() -> None:
    rows = [
        LegacyRow(status="completed", timestamp=at, details="")
        for at in ("2025-03-01T00:00:00Z", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
    ]
    _, legacy = await read_history(MemoryStore(MemoryLog(legacy=rows)), "esco")
    assert [row.timestamp[:7] for row in legacy] == ["2024-01", "2025-01", "2025-03"]
