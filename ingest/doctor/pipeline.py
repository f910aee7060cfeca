"""Checks of the pipeline itself, on any store: its journal, its lease, its embedder.

Reads through the ports only.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from ingest.diagnosis import Finding, ok, problem, warning
from ingest.embedders import Embedder
from ingest.wording import duration, moment, short_id
from journal.errors import JournalError
from journal.log import read_state
from journal.owner import is_gone
from journal.state import RunState, Status
from journal.store import Store

GO_ON = "`varity-journal ingest` goes on with it"
PROBE = "a text to see whether vectors come"


async def journal(store: Store, pipeline: str) -> Finding:
    """Look where the newest run stands."""
    state = await read_state(store, pipeline)
    run = f"run {short_id(state.run_id)}"
    match state.status:
        case Status.NOT_STARTED:
            return ok("journal", "nothing was loaded yet", "load with `varity-journal ingest`")
        case Status.COMPLETED:
            return ok("journal", f"{run} completed, {moment(state.ended_at)} UTC")
        case Status.FAILED:
            return warning("journal", f"{run} failed: {state.error}", GO_ON)
        case Status.INTERRUPTED:
            return warning("journal", f"{run} was interrupted, {_steps(state)}", GO_ON)
        case Status.IN_PROGRESS:
            return ok("journal", f"{run} is in progress, {_steps(state)}")


async def lease(store: Store, pipeline: str) -> Finding:
    """Look who holds the pipeline, and whether that process looks alive."""
    epoch = await store.highest_epoch(pipeline)
    records = await store.leases(pipeline)
    owner = next((record.owner for record in records if record.epoch == epoch), None)
    state = await read_state(store, pipeline)
    is_over = state.epoch == epoch and state.status is not Status.IN_PROGRESS
    if owner is None or is_over:
        return ok("lease", "held by nobody")
    heartbeat = await store.heartbeat(pipeline, epoch)
    if heartbeat is not None and heartbeat.released:
        return ok("lease", "held by nobody")
    who = f"epoch {epoch}, {owner.host} (pid {owner.pid})"
    if is_gone(owner):
        return warning("lease", f"{who}: that process is gone", GO_ON)
    age = heartbeat.age_seconds if heartbeat else None
    if heartbeat is None or (age is not None and age >= owner.ttl_seconds):
        beaten = f"no heartbeat for {duration(age)}" if heartbeat else "no heartbeat"
        return warning("lease", f"{who}: {beaten}, looks dead", GO_ON)
    return ok("lease", f"{who}, heartbeat {duration(age)} ago: alive")


async def embedder(
    opened: Callable[[], AbstractAsyncContextManager[Embedder]], store: Store, pipeline: str
) -> Finding:
    """Make one vector, and compare the embedder with the one that made what is there."""
    async with opened() as found:
        vector = await found.embed_query(PROBE)
        name, fingerprint = found.name, found.fingerprint
    seen = f"{name}, {vector.shape[-1]} dimensions"
    try:
        recorded = (await read_state(store, pipeline)).attributes
    except JournalError:  # a finding of its own
        return ok("embedder", seen)
    before = recorded.get("embedder")
    if before and before != fingerprint:
        return _another(name, str(recorded.get("embedder_name", "")))
    return ok("embedder", seen)


def _another(name: str, before: str) -> Finding:
    """Return that the vectors there and those to come can not be compared."""
    anew = "re-embed everything: `varity-journal ingest --force-reingest`"
    if name == before:
        return problem("embedder", f"{name}, of another version than made the data", anew)
    return problem(
        "embedder",
        f"{name} is not what the data were made by ({before})",
        f"set it to {before} (--embedder), or {anew}",
    )


def _steps(state: RunState) -> str:
    return f"{state.steps_done} of {len(state.steps)} steps done"
