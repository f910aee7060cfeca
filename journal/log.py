"""Reading a pipeline's log: as much as a question needs, newest first.

Reads through the port only. Filters and listings are hints; what counts is read by position.
"""

from collections.abc import Sequence

from journal.errors import CorruptJournal
from journal.events import Recorded, is_terminal
from journal.fencing import effective
from journal.state import RunState, begins_run, fold, fold_runs
from journal.store import LegacyRow, Store

# An epoch is left empty by a process that died, or was put off, between its lease and its first
# event. Nobody dies there so often in a row: a lease with such a number is none of ours.
MOST_EMPTY_EPOCHS = 10_000


async def read_run(store: Store, pipeline: str, *, below: int | None = None) -> list[Recorded]:
    """Return the events of the newest epochs back to the newest run's first attempt.

    Epochs that look empty are read too: an owner may have been slow to write. With `below`
    only older epochs are read.

    Raises:
        CorruptJournal: what was read can not be a log.
    """
    newest = await store.highest_epoch(pipeline) if below is None else below - 1
    events: list[Recorded] = []
    for epoch in range(newest, 0, -1):
        _check_number(pipeline, newest, empty=0 if events else newest - epoch)
        events = [*await store.read_epoch(pipeline, epoch), *events]
        if any(begins_run(recorded) for recorded in effective(events)):
            break
    return events


async def read_state(store: Store, pipeline: str) -> RunState:
    """Return the fold of the newest run."""
    return fold(await read_run(store, pipeline))


async def read_history(store: Store, pipeline: str) -> tuple[list[Recorded], list[LegacyRow]]:
    """Return every event by position, and the legacy rows by time.

    The listing may have holes on a cluster; each epoch that does not come out dense, and the
    newest, is read again by position.
    """
    listed: dict[int, list[Recorded]] = {}
    legacy: list[LegacyRow] = []
    async for row in store.read_all(pipeline):
        if isinstance(row, LegacyRow):
            legacy.append(row)
        else:
            listed.setdefault(row.epoch, []).append(row)
    newest = await store.highest_epoch(pipeline)
    highest = max(listed, default=0)
    _check_number(pipeline, newest, empty=newest - highest)
    for epoch in range(newest, 0, -1):  # a cut is read before the events that it saw
        logged = listed.get(epoch, [])
        if epoch == newest or not _is_whole(logged):
            listed[epoch] = _merged(logged, await store.read_epoch(pipeline, epoch))
    events = [recorded for epoch in sorted(listed) for recorded in listed[epoch]]
    return sorted(events, key=lambda recorded: recorded.position), sorted(
        legacy, key=lambda row: row.timestamp
    )


async def read_runs(store: Store, pipeline: str) -> list[RunState]:
    """Return the state of every run, newest first."""
    events, _ = await read_history(store, pipeline)
    return list(reversed(fold_runs(events)))


def _check_number(pipeline: str, newest: int, *, empty: int) -> None:
    """Raise if so many of the newest epochs are empty that the newest is a made-up one."""
    if empty > MOST_EMPTY_EPOCHS:
        raise CorruptJournal(
            f"{pipeline}: the newest epoch is {newest}, and the {MOST_EMPTY_EPOCHS:,} before it"
            " hold no event; remove the lease of that epoch by hand"
        )


def _is_whole(logged: Sequence[Recorded]) -> bool:
    """Whether the seqs are dense and end as an epoch ends that nobody was cut off from.

    An epoch whose last event is not terminal may have more that a listing missed.
    """
    seqs = {recorded.seq for recorded in logged}
    if not logged or seqs != set(range(1, len(seqs) + 1)):
        return False
    last = max(logged, key=lambda recorded: recorded.seq)
    return is_terminal(last.event)


def _merged(left: Sequence[Recorded], right: Sequence[Recorded]) -> list[Recorded]:
    """Return both, identical events once; other content stays, for the fold to see."""
    known = {recorded.position: recorded for recorded in left}
    return [*left, *(recorded for recorded in right if known.get(recorded.position) != recorded)]
