"""Questions to what is there: status, history, search. Nothing is written."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio

from ingest.records import InputError
from ingest.report import LeaseView, StatusReport
from ingest.settings import Settings
from ingest.wiring.opening import opened_store, opened_target, standing
from journal import CorruptJournal, Recorded, RunState, Status, Store, read_history, read_state
from journal.fencing import fenced
from journal.log import read_runs as read_all_runs
from journal.owner import is_gone
from journal.store import LegacyRow

if TYPE_CHECKING:
    from ingest.target import Hit

FOLLOW_SECONDS = 1.0


async def read_status(settings: Settings) -> StatusReport:
    """Return the newest run's state and whether somebody holds the pipeline."""
    async with opened_store(settings) as store:
        return await status_of(store, settings)


async def status_of(store: Store, settings: Settings) -> StatusReport:
    """Return what `read_status` does, of a store that is open."""
    state = standing(await read_state(store, settings.pipeline))
    lease = await lease_view(store, settings, state)
    return StatusReport(
        pipeline=settings.pipeline,
        store=store.url,
        embedder=settings.embedder,
        state=state,
        lease=lease,
    )


async def read_runs(settings: Settings) -> list[RunState]:
    """Return every run's state, newest first."""
    async with opened_store(settings) as store:
        return await read_all_runs(store, settings.pipeline)


async def read_events(
    settings: Settings, run_id: str | None
) -> tuple[list[tuple[Recorded, bool]], list[LegacyRow]]:
    """Return the events of one run (None: of all) with whether each is fenced, and legacy rows."""
    async with opened_store(settings) as store:
        events, legacy = await read_history(store, settings.pipeline)
    try:
        cut_off = fenced(events)
    except CorruptJournal:  # a person looks at exactly such a log; `replay` says what is wrong
        cut_off = set()
    return [
        (recorded, recorded.position in cut_off)
        for recorded in events
        if run_id is None or recorded.run_id == run_id
    ], legacy


async def follow_events(
    settings: Settings, run_id: str | None
) -> AsyncIterator[tuple[Recorded, bool]]:
    """Yield the events of a run as they come, until nobody works on it."""
    shown: set[tuple[int, int]] = set()
    while True:
        events, _ = await read_events(settings, run_id)
        for recorded, is_fenced in events:
            if recorded.position not in shown:
                shown.add(recorded.position)
                yield recorded, is_fenced
        report = await read_status(settings)
        is_older = run_id is not None and run_id != report.state.run_id
        if is_older or not report.lease.held:
            return
        await anyio.sleep(FOLLOW_SECONDS)


async def search(settings: Settings, query: str, class_name: str, limit: int) -> "list[Hit]":
    """Return the objects of the class nearest in meaning to the query, best first.

    Raises:
        InputError: no completed load stands: half of one is not searched.
    """
    from ingest.embedders import open_embedder
    from ingest.esco_classes import CLASS_STEPS
    from ingest.serve.readiness import missing_from, read_standing

    names = [name for _, name in CLASS_STEPS]
    if class_name not in names:
        raise InputError(f"there is no class {class_name}; choose one of: {', '.join(names)}")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        found = await read_standing(store, settings.pipeline, None)
        if standing(found.newest).status is Status.NOT_STARTED:
            raise InputError(f"{store.url} holds nothing yet; load it with varity-journal ingest")
        if found.served is None:
            raise InputError(
                "no completed load is there to be searched, see `varity-journal status`;"
                " bring it to its end with `varity-journal ingest`"
            )
        name = str(found.served.attributes.get("embedder_name", settings.embedder))
        embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
        vector = await embedder.embed_query(query)
        target = await stack.enter_async_context(opened_target(settings))
        if missing := await missing_from(target, found):
            raise InputError(f"{missing}; look with `varity-journal validate`")
        return list(await target.search(class_name, vector, limit=limit))


async def lease_view(store: Store, settings: Settings, state: RunState) -> LeaseView:
    """Return whether the newest epoch has a live owner, for display."""
    epoch = await store.highest_epoch(settings.pipeline)
    heartbeat = await store.heartbeat(settings.pipeline, epoch) if epoch else None
    records = await store.leases(settings.pipeline)
    owner = next((record.owner for record in records if record.epoch == epoch), None)
    age_seconds = heartbeat.age_seconds if heartbeat else None
    is_over = state.epoch == epoch and state.status is not Status.IN_PROGRESS
    held = (
        owner is not None
        and not is_over
        and heartbeat is not None  # an owner's first sign comes with its lease
        and not heartbeat.released
        and not is_gone(owner)
        and (age_seconds is None or age_seconds < owner.ttl_seconds)
    )
    return LeaseView(held=held, age_seconds=age_seconds)
