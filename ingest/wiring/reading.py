"""Questions to what is there: status, history, validation, search. Nothing is written."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from ingest.records import InputError
from ingest.report import LeaseView, StatusReport
from ingest.settings import Settings
from ingest.sources import chosen_source, recorded_path
from ingest.wiring.opening import opened_store, opened_target, read_input, standing
from journal import CorruptJournal, Recorded, RunState, Status, Store, read_history, read_state
from journal.fencing import fenced
from journal.log import read_runs as read_all_runs
from journal.owner import is_gone
from journal.store import LegacyRow

if TYPE_CHECKING:
    from ingest.report import ValidationReport
    from ingest.target import Hit

FOLLOW_SECONDS = 1.0


async def read_status(settings: Settings) -> StatusReport:
    """Return the newest run's state and whether somebody holds the pipeline."""
    async with opened_store(settings) as store:
        state = standing(await read_state(store, settings.pipeline))
        lease = await _lease_view(store, settings, state)
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


async def validate(settings: Settings, data: str | None, deep: bool) -> "ValidationReport":
    """Compare the target with `data`, the recorded input or the recorded digests. Read-only.

    Raises:
        InputError: `data` can not be used.
    """
    from ingest.embedders import open_embedder
    from ingest.validation import (
        not_completed,
        validate_against_digests,
        validate_against_input,
    )

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        state = standing(await read_state(store, settings.pipeline))
        if state.status is not Status.COMPLETED:
            return not_completed(state)
        target = await stack.enter_async_context(opened_target(settings))
        named = data or settings.data or recorded_path(state)
        if not _is_there(named, state):
            if data or deep:
                raise InputError(f"{named} is not there; name the input that was loaded")
            return await validate_against_digests(state, target)
        chosen = stack.enter_context(
            chosen_source(data or settings.data, state, language=_language(state, settings))
        )
        name = str(state.attributes.get("embedder_name", settings.embedder))
        embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
        catalogue = await read_input(chosen, embedder, stack)
        return await validate_against_input(
            state, catalogue, target, embedder=embedder if deep else None
        )


async def search(settings: Settings, query: str, class_name: str, limit: int) -> "list[Hit]":
    """Return the objects of the class nearest in meaning to the query, best first."""
    from ingest.embedders import open_embedder
    from ingest.esco_classes import CLASS_STEPS

    names = [name for _, name in CLASS_STEPS]
    if class_name not in names:
        raise InputError(f"there is no class {class_name}; choose one of: {', '.join(names)}")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        state = standing(await read_state(store, settings.pipeline))
        if state.status is Status.NOT_STARTED:
            raise InputError(f"{store.url} holds nothing yet; load it with varity-journal ingest")
        name = str(state.attributes.get("embedder_name", settings.embedder))
        embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
        vector = await embedder.embed_query(query)
        target = await stack.enter_async_context(opened_target(settings))
        return list(await target.search(class_name, vector, limit=limit))


def _is_there(named: str | None, state: RunState) -> bool:
    return bool(state.attributes.get("sample")) or (named is not None and Path(named).exists())


def _language(state: RunState, settings: Settings) -> str:
    return str(state.attributes.get("language", settings.language))


async def _lease_view(store: Store, settings: Settings, state: RunState) -> LeaseView:
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
