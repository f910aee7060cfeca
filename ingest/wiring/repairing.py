"""`repair`: mend what `validate` finds, as a run under the pipeline's lease.

Looks without the lease first; if the journal moves before the lease is won, it looks again.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from ingest.data_folder import input_named
from ingest.decision import is_unfinished_repair
from ingest.records import InputError
from ingest.settings import Settings
from ingest.sources import ChosenSource, chosen_source
from ingest.wiring.opening import (
    VERSION,
    opened_store,
    opened_target,
    read_input,
    times,
)
from ingest.wiring.reading import status_of
from ingest.wiring.validating import language_of
from journal import (
    Choice,
    JournalError,
    LeaseHeld,
    Progress,
    Recorded,
    RunState,
    Status,
    StopSwitch,
    Store,
    execute,
)
from journal.clock import system_clock
from journal.events import Counts
from journal.log import read_run
from journal.supervision import waiting_for_store

if TYPE_CHECKING:
    from ingest.embedders import Embedder
    from ingest.inspection import Looked
    from ingest.repair import Patient

POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOptions:
    """What one call of `repair` was asked for."""

    data: str | None = None
    deep: bool = False
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairResult:
    """What became of it: the run's last state, and how many objects of each class were mended."""

    state: RunState
    store_url: str
    mended: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Who is told of what, while it is going on."""

    on_progress: Callable[[Progress], None] | None = None
    on_wait: Callable[[str], None] | None = None
    listener: Callable[[Recorded, RunState], None] | None = None
    looked: "Looked | None" = None


class _Reconsider(JournalError):
    """The journal moved between the look and the lease: look again. Never leaves this module."""


async def repair(
    settings: Settings,
    options: RepairOptions,
    *,
    stop: StopSwitch | None = None,
    listeners: Listeners | None = None,
) -> RepairResult:
    """Mend what is missing, different or invisible, and say how much it was.

    Raises:
        NotRepairable: no completed load is there.
        InputError: the input is not there any more, or not the one that was loaded.
        JournalError: as `journal.execute`.
    """
    while True:
        try:
            async with AsyncExitStack() as stack:
                return await _repaired(
                    settings, options, stack, stop or StopSwitch(), listeners or Listeners()
                )
        except _Reconsider:
            continue


async def _repaired(
    settings: Settings,
    options: RepairOptions,
    stack: AsyncExitStack,
    stop: StopSwitch,
    listeners: Listeners,
) -> RepairResult:
    from ingest.embedders import open_embedder
    from ingest.inspection import nobody_looks
    from ingest.loader import Workshop
    from ingest.repair import check_repairable, mended_by_class, repair_pipeline

    store = await stack.enter_async_context(opened_store(settings))
    seen = await _unheld(settings, options, store, listeners)
    check_repairable(seen)
    patient = await _patient(store, settings.pipeline)
    load = patient.load
    chosen = stack.enter_context(
        chosen_source(
            options.data or input_named(settings.data), load, language=language_of(load, settings)
        )
    )
    name = str(load.attributes.get("embedder_name", settings.embedder))
    embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
    _check_same_input(chosen, embedder, load, language=language_of(load, settings))
    run_times = times(settings)
    target = await stack.enter_async_context(opened_target(settings))
    workshop = Workshop(
        catalogue=await read_input(chosen, embedder, stack),
        target=target,
        embedder=embedder,
        clock=system_clock(),
        request_seconds=run_times.request_seconds,
        unsure=set(),
    )

    def choose(state: RunState) -> Choice:
        if (state.run_id, state.status) != (seen.run_id, seen.status):
            raise _Reconsider("the journal moved")
        # One of the other depth may have looked at everything already, but not as we are to.
        is_alike = bool(state.attributes.get("deep")) is options.deep
        return Choice.RESUME if is_unfinished_repair(state) and is_alike else Choice.BEGIN

    report = await execute(
        repair_pipeline(
            workshop,
            patient,
            deep=options.deep,
            versions={"varity-journal": VERSION},
            looked=listeners.looked or nobody_looks,
        ),
        store,
        choose=choose,
        wait_seconds=options.wait_seconds,
        settings=run_times,
        stop=stop,
        listener=listeners.listener,
        on_progress=listeners.on_progress,
        on_wait=listeners.on_wait,
    )
    return RepairResult(
        state=report.state, store_url=store.url, mended=mended_by_class(report.state)
    )


async def _unheld(
    settings: Settings, options: RepairOptions, store: Store, listeners: Listeners
) -> RunState:
    """Return the newest run's state once nobody works on it.

    Raises:
        LeaseHeld: somebody still does, after the time to wait.
    """
    clock = system_clock()
    deadline = clock.elapsed() + options.wait_seconds
    on_wait = listeners.on_wait or (lambda reason: None)
    while True:
        left_seconds = max(0.0, deadline - clock.elapsed())
        report = await waiting_for_store(
            lambda: status_of(store, settings), clock, left_seconds, on_wait
        )
        state = report.state
        if not (state.status is Status.IN_PROGRESS and report.lease.held):
            return state
        owner = f"{state.owner.host} (pid {state.owner.pid})" if state.owner else "another process"
        reason = f"{settings.pipeline} is held by {owner}"
        if left_seconds <= 0:
            raise LeaseHeld(f"{reason}; wait for it (--wait)")
        on_wait(reason)
        await anyio.sleep(min(POLL_SECONDS, left_seconds))


async def _patient(store: Store, pipeline: str) -> "Patient":
    """Return the run whose objects are mended: behind a repair that was cut short, its load."""
    from ingest.repair import NotRepairable, patient_of

    events: list[Recorded] = []
    below: int | None = None
    while older := await read_run(store, pipeline, below=below):
        events = [*older, *events]
        if patient := patient_of(events):
            return patient
        below = events[0].epoch
    raise NotRepairable("no run ever completed, so nothing says what to mend; see `history`")


def _check_same_input(
    chosen: ChosenSource, embedder: "Embedder", load: RunState, *, language: str
) -> None:
    """Raise unless the input is the one that was loaded.

    Raises:
        InputError: it is another one.
    """
    from ingest.esco_classes import input_fingerprint

    fingerprint = input_fingerprint(
        chosen.records.fingerprint, embedder=embedder.fingerprint, language=language
    )
    if fingerprint != load.fingerprint:
        raise InputError(
            f"{chosen.label} is not what run {load.run_id} loaded ({load.source}); name that input,"
            " or load this one with varity-journal ingest --force-reingest"
        )
