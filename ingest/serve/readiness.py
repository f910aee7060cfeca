"""Whether there is something whole to search: what the journal says of it, and the classes.

Reads through the ports and decides nothing by time. A run that completed stands until a later
one drops the classes; a later one that updates them in place takes nothing away.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.decision import RESET
from ingest.target import Target
from journal import RunState, Status, Store, fold_runs
from journal.log import read_run

# Of a class's objects. Some may have been removed by hand; a repair that brings them back is no
# reason to answer nothing.
STANDING_SHARE = 0.9

Stamp = tuple[int, str]  # the newest lease: its epoch and its owner's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the journal says: the newest run, and the completed one whose objects are there.

    `stamp` was read before the events; None where there is no lease.
    """

    newest: RunState = field(default_factory=RunState)
    served: RunState | None = None
    stamp: Stamp | None = None

    @property
    def is_updated_in_place(self) -> bool:
        """Whether a later, unfinished run has changed some of the objects, or is about to."""
        return self.served is not None and self.served.run_id != self.newest.run_id

    def still_holds(self, stamp: Stamp | None) -> bool:
        """Whether nothing can have been dropped before `stamp` was read.

        Whoever drops the classes first claims an epoch of his own. An epoch that is claimed
        and has no event yet may still become one that drops.
        """
        return stamp is not None and stamp == self.stamp and stamp[0] == self.newest.epoch

    def is_final(self, stamp: Stamp | None) -> bool:
        """Whether the events of `stamp`'s time are those that were read: none can follow."""
        return self.still_holds(stamp) and self.newest.status is not Status.IN_PROGRESS


async def read_stamp(store: Store, pipeline: str) -> Stamp | None:
    """Return what changes when any process claims the pipeline, or another file takes its place."""
    leases = await store.leases(pipeline)
    newest = max(leases, key=lambda lease: lease.epoch, default=None)
    return (newest.epoch, newest.owner.id) if newest else None


async def read_standing(store: Store, pipeline: str, stamp: Stamp | None) -> Standing:
    """Return what the journal says, reading back only as far as the answer needs.

    Raises:
        CorruptJournal: what was read can not be a log.
    """
    events = await read_run(store, pipeline)
    while events:
        runs = fold_runs(events)[::-1]
        older = [] if _settles(runs) else await read_run(store, pipeline, below=events[0].epoch)
        if not older:
            return Standing(newest=runs[0], served=served_run(runs), stamp=stamp)
        events = [*older, *events]
    return Standing(stamp=stamp)


def served_run(runs: Sequence[RunState]) -> RunState | None:
    """Return the completed run whose objects stand, given the runs newest first.

    None after a reset, and from the start of a run that drops the classes until it completes:
    a failed one too may have dropped them.
    """
    for state in runs:
        if state.status is Status.COMPLETED:
            return None if state.attributes.get(RESET) else state
        if state.attributes.get("drops_first"):
            return None
    return None


async def missing_from(target: Target, standing: Standing) -> str:
    """Return what of the served run's classes is not there, "" if they stand.

    An update in place removes nothing. So a class that has much less than the completed run
    left was dropped by hand and is being filled anew; that is looked at only while it can be.
    """
    served = standing.served
    if served is None:
        return ""
    there = await target.existing_classes()
    absent = [name for name in served.counts if name not in there]
    if absent:
        return f"class {', '.join(absent)} is not there"
    if standing.is_updated_in_place:
        for name, expected in served.counts.items():
            if await target.count(name) < STANDING_SHARE * expected:
                return f"class {name} is being filled anew"
    return ""


def _settles(runs: Sequence[RunState]) -> bool:
    """Whether older runs can change nothing about what is served."""
    return any(
        state.status is Status.COMPLETED or state.attributes.get("drops_first") for state in runs
    )
