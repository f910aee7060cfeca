"""The one place that puts the parts together: settings to stores, targets, embedders, runs.

Commands and programs call these functions; nothing else knows which adapter serves a URL.
Heavy adapters are imported when a run needs them, so that a start with nothing to do is fast.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ingest.decision import (
    ALREADY_COMPLETED,
    DRY_RUN,
    RAN,
    RESUMED,
    WAITED,
    Decision,
    Mode,
    Situation,
    decide,
)
from ingest.records import InputError
from ingest.report import LeaseView, StatusReport
from ingest.settings import Settings
from ingest.sources import ChosenSource, chosen_source, recorded_path
from journal import (
    Choice,
    JournalError,
    Pipeline,
    Progress,
    Recorded,
    RunState,
    Status,
    Step,
    StepRun,
    StopSwitch,
    Store,
    execute,
    open_store,
    read_history,
    read_state,
)
from journal import Settings as Times
from journal.clock import system_clock
from journal.fencing import fenced
from journal.log import read_runs as read_all_runs
from journal.owner import is_gone
from journal.runner import waiting_for_store
from journal.store import LegacyRow

if TYPE_CHECKING:
    from ingest.catalogue import Catalogue
    from ingest.embedders import Embedder
    from ingest.report import ValidationReport
    from ingest.target import Hit, Target

VERSION = "0.1.0"
RESET = "reset"
FOLLOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What one call of `ingest` was asked for. `interactive`: somebody can be asked."""

    data: str | None = None
    mode: Mode = Mode.AUTO
    wait_seconds: float = 0.0
    max_rejected: int = 0
    dry_run: bool = False
    interactive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of it. `message` tells a person what else could be done."""

    outcome: str
    state: RunState
    message: str = ""
    plan: Mapping[str, int] | None = None
    store_url: str = ""
    embedder: str = ""
    source: str = ""


class _Reconsider(JournalError):
    """The journal moved between the look and the lease: look again. Never leaves this module."""


def _never(_: str) -> bool:
    return False


async def ingest(
    settings: Settings,
    options: IngestOptions,
    *,
    confirm: Callable[[str], bool] = _never,
    stop: StopSwitch | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    listener: Callable[[Recorded, RunState], None] | None = None,
) -> IngestResult:
    """Bring the target to the input, as the decision table says, and say what was done.

    Raises:
        InputError: the input can not be used, or not for what was asked.
        JournalError: as `journal.execute`.
    """
    waits: list[str] = []

    def note_wait(reason: str) -> None:
        waits.append(reason)
        if on_wait is not None:
            on_wait(reason)

    while True:
        try:
            async with AsyncExitStack() as stack:
                call = await _Call.prepared(settings, options, stack, note_wait)
                return await call.result(
                    confirm=confirm,
                    stop=stop or StopSwitch(),
                    on_progress=on_progress,
                    on_wait=note_wait,
                    listener=listener,
                    waits=waits,
                )
        except _Reconsider:
            continue


class _Call:
    """One look at journal and input, and what follows from it."""

    def __init__(
        self,
        settings: Settings,
        options: IngestOptions,
        stack: AsyncExitStack,
        store: Store,
        state: RunState,
    ) -> None:
        self._settings = settings
        self._options = options
        self._stack = stack
        self._store = store
        self._state = state

    @classmethod
    async def prepared(
        cls,
        settings: Settings,
        options: IngestOptions,
        stack: AsyncExitStack,
        on_wait: Callable[[str], None],
    ) -> "_Call":
        """Read the journal, waiting for a store that does not answer yet."""
        store = await stack.enter_async_context(_opened_store(settings))
        state = await waiting_for_store(
            lambda: read_state(store, settings.pipeline),
            system_clock(),
            options.wait_seconds,
            on_wait,
        )
        return cls(settings, options, stack, store, standing(state))

    async def result(
        self,
        *,
        confirm: Callable[[str], bool],
        stop: StopSwitch,
        on_progress: Callable[[Progress], None] | None,
        on_wait: Callable[[str], None],
        listener: Callable[[Recorded, RunState], None] | None,
        waits: Sequence[str],
    ) -> IngestResult:
        data = self._options.data or self._settings.data
        if self._is_done_with_lost_input(data):
            return self._said(ALREADY_COMPLETED, self._state, "its input is not there any more")
        from ingest.embedders import open_embedder
        from ingest.esco_pipeline import input_fingerprint

        chosen = self._stack.enter_context(
            chosen_source(data, self._state, language=self._settings.language)
        )
        embedder = await self._stack.enter_async_context(
            open_embedder(self._settings.embedder, t2v_url=self._settings.t2v_url)
        )
        situation = Situation(
            state=self._state,
            fingerprint=input_fingerprint(
                chosen.records.fingerprint,
                embedder=embedder.fingerprint,
                language=self._settings.language,
            ),
            embedder=embedder.fingerprint,
            is_sample=chosen.is_sample,
            last_is_sample=bool(self._state.attributes.get("sample")),
            has_objects=await self._has_objects(),
        )
        decision = decide(situation, self._options.mode)
        if decision.asks is not None and self._options.interactive and confirm(decision.asks):
            decision = decide(situation, Mode.FORCE)
        if self._options.dry_run:
            return await self._dry_run(decision, chosen, embedder)
        if decision.choice is Choice.SKIP:
            outcome = decision.outcome
            if waits and outcome == ALREADY_COMPLETED:
                outcome = WAITED
            return self._said(outcome, self._state, decision.message, chosen)
        return await self._run(
            decision,
            situation,
            chosen,
            embedder,
            stop=stop,
            on_progress=on_progress,
            on_wait=on_wait,
            listener=listener,
        )

    async def _run(
        self,
        decision: Decision,
        situation: Situation,
        chosen: ChosenSource,
        embedder: "Embedder",
        *,
        stop: StopSwitch,
        on_progress: Callable[[Progress], None] | None,
        on_wait: Callable[[str], None],
        listener: Callable[[Recorded, RunState], None] | None,
    ) -> IngestResult:
        from ingest.esco_pipeline import esco_pipeline, window_for
        from ingest.loader import Workshop

        times = _times(self._settings)
        catalogue = await self._catalogue(chosen, embedder)
        target = await self._stack.enter_async_context(_opened_target(self._settings))
        workshop = Workshop(
            catalogue=catalogue,
            target=target,
            embedder=embedder,
            clock=system_clock(),
            request_seconds=times.request_seconds,
            unsure=set(),
        )
        pipeline = esco_pipeline(
            self._settings.pipeline,
            workshop,
            source=chosen.label,
            fingerprint=situation.fingerprint,
            window=self._settings.window or window_for(catalogue, tears=target.tears),
            versions={"varity-journal": VERSION},
            attributes={
                "embedder": embedder.fingerprint,
                "embedder_name": embedder.name,
                "sample": chosen.is_sample,
                "language": self._settings.language,
                "drops_first": decision.drops_first,
            },
        )
        seen = _version(self._state)

        def choose(state: RunState) -> Choice:
            if _version(standing(state)) != seen:
                raise _Reconsider("the journal moved")
            return decision.choice

        report = await execute(
            pipeline,
            self._store,
            choose=choose,
            wait_seconds=self._options.wait_seconds,
            settings=times,
            stop=stop,
            listener=listener,
            on_progress=on_progress,
            on_wait=on_wait,
        )
        outcome = RESUMED if report.choice is Choice.RESUME else RAN
        return self._said(outcome, report.state, decision.message, chosen)

    async def _dry_run(
        self, decision: Decision, chosen: ChosenSource, embedder: "Embedder"
    ) -> IngestResult:
        """Read everything and say what would be loaded; nothing is written."""
        catalogue = await self._catalogue(chosen, embedder)
        plan = {name: len(records) for name, records in catalogue.classes.items()}
        for name in catalogue.classes:
            plan |= catalogue.reference_counts(name)
        plan["rejected"] = sum(len(records.rejections) for records in catalogue.classes.values())
        plan["dangling"] = sum(catalogue.dangling.values())
        message = decision.message or f"would be {decision.outcome}"
        return replace(self._said(DRY_RUN, self._state, message, chosen), plan=plan)

    async def _catalogue(self, chosen: ChosenSource, embedder: "Embedder") -> "Catalogue":
        from ingest.catalogue import read_catalogue
        from ingest.esco_pipeline import esco_schemas

        catalogue = await anyio.to_thread.run_sync(
            lambda: read_catalogue(chosen.records, esco_schemas(), embedder=embedder.fingerprint)
        )
        self._stack.callback(catalogue.close)
        return catalogue

    async def _has_objects(self) -> bool:
        """Whether there are objects that no journal explains; looked at only without one."""
        if self._state.status is not Status.NOT_STARTED:
            return False
        async with _opened_target(self._settings) as target:
            for class_name in await target.existing_classes():
                if await target.count(class_name):
                    return True
        return False

    def _is_done_with_lost_input(self, data: str | None) -> bool:
        """Whether the pipeline is completed, and only a vanished input would be looked at."""
        from pathlib import Path

        if data is not None or self._options.mode is not Mode.AUTO:
            return False
        path = recorded_path(self._state)
        return (
            self._state.status is Status.COMPLETED and path is not None and not Path(path).exists()
        )

    def _said(
        self,
        outcome: str,
        state: RunState,
        message: str,
        chosen: ChosenSource | None = None,
    ) -> IngestResult:
        return IngestResult(
            outcome=outcome,
            state=state,
            message=message,
            store_url=self._store.url,
            embedder=self._settings.embedder,
            source=chosen.label if chosen else state.source,
        )


async def read_status(settings: Settings) -> StatusReport:
    """Return the newest run's state and whether somebody holds the pipeline."""
    async with _opened_store(settings) as store:
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
    async with _opened_store(settings) as store:
        return await read_all_runs(store, settings.pipeline)


async def read_events(
    settings: Settings, run_id: str | None
) -> tuple[list[tuple[Recorded, bool]], list[LegacyRow]]:
    """Return the events of one run (None: of all) with whether each is fenced, and legacy rows."""
    async with _opened_store(settings) as store:
        events, legacy = await read_history(store, settings.pipeline)
    cut_off = fenced(events)
    return [
        (recorded, recorded.position in cut_off)
        for recorded in events
        if run_id is None or recorded.run_id == run_id
    ], legacy


async def follow_events(
    settings: Settings, run_id: str | None
) -> AsyncIterator[tuple[Recorded, bool]]:
    """Yield the events of a run as they come, until it is over and nobody holds it."""
    shown: set[tuple[int, int]] = set()
    while True:
        events, _ = await read_events(settings, run_id)
        for recorded, is_fenced in events:
            if recorded.position not in shown:
                shown.add(recorded.position)
                yield recorded, is_fenced
        report = await read_status(settings)
        if not report.lease.held and report.state.status is not Status.IN_PROGRESS:
            return
        await anyio.sleep(FOLLOW_SECONDS)


async def validate(settings: Settings, data: str | None, deep: bool) -> "ValidationReport":
    """Compare the target with `data`, the recorded input or the recorded digests. Read-only.

    Raises:
        InputError: `data` is not what was loaded, or can not be used.
    """
    from ingest.embedders import open_embedder
    from ingest.validation import (
        not_completed,
        validate_against_digests,
        validate_against_input,
    )

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_opened_store(settings))
        state = standing(await read_state(store, settings.pipeline))
        if state.status is not Status.COMPLETED:
            return not_completed(state)
        target = await stack.enter_async_context(_opened_target(settings))
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
        call = _Call(settings, IngestOptions(), stack, store, state)
        catalogue = await call._catalogue(chosen, embedder)
        return await validate_against_input(
            state, catalogue, target, embedder=embedder if deep else None
        )


async def search(settings: Settings, query: str, class_name: str, limit: int) -> "list[Hit]":
    """Return the objects of the class nearest in meaning to the query, best first."""
    from ingest.embedders import open_embedder
    from ingest.esco_pipeline import CLASS_STEPS

    names = [name for _, name in CLASS_STEPS]
    if class_name not in names:
        raise InputError(f"there is no class {class_name}; choose one of: {', '.join(names)}")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_opened_store(settings))
        state = standing(await read_state(store, settings.pipeline))
        if state.status is Status.NOT_STARTED:
            raise InputError(f"{store.url} holds nothing yet; load it with varity-journal ingest")
        name = str(state.attributes.get("embedder_name", settings.embedder))
        embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
        vector = await embedder.embed_query(query)
        target = await stack.enter_async_context(_opened_target(settings))
        return list(await target.search(class_name, vector, limit=limit))


async def reset(settings: Settings, *, journal: bool, wait_seconds: float) -> list[str]:
    """Drop the pipeline's classes and old leases, with `journal` its events too; say what went.

    Without `journal` the reset is itself a run in the history.

    Raises:
        LeaseHeld: a process is loading.
    """
    async with _opened_store(settings) as store, _opened_target(settings) as target:
        dropped = list(await target.existing_classes())
        if not dropped and not await store.highest_epoch(settings.pipeline):
            return []
        await execute(
            _resetting(settings, target),
            store,
            choose=lambda state: Choice.BEGIN,
            wait_seconds=wait_seconds,
            settings=_times(settings),
        )
        if journal:
            await store.erase(settings.pipeline)
            dropped.append("events")
            for record in await store.leases(settings.pipeline):
                await store.drop_lease(settings.pipeline, record.epoch)
                dropped.append(f"lease {record.epoch}")
        return dropped


def _resetting(settings: Settings, target: "Target") -> Pipeline:
    """Return the run of one step that drops the classes."""

    async def drop(run: StepRun) -> None:
        await target.drop()

    return Pipeline(
        name=settings.pipeline,
        fingerprint=RESET,
        steps=(Step(RESET, drop),),
        attributes={RESET: True},
        versions={"varity-journal": VERSION},
        own=target.own,
        disconnect=target.disconnect,
    )


def standing(state: RunState) -> RunState:
    """Return what stands after `state`: after a reset nothing does, whatever was before it."""
    if state.status is Status.COMPLETED and state.attributes.get(RESET):
        return RunState(
            pipeline=state.pipeline, run_id=state.run_id, epoch=state.epoch, seq=state.seq
        )
    return state


def _version(state: RunState) -> tuple[str, int, int]:
    return (state.run_id, state.epoch, state.seq)


def _times(settings: Settings) -> Times:
    return Times(ttl_seconds=settings.ttl_seconds)


def _opened_store(settings: Settings):  # type: ignore[no-untyped-def]
    return open_store(
        settings.store,
        api_key=settings.api_key,
        request_seconds=_times(settings).request_seconds,
    )


@asynccontextmanager
async def _opened_target(settings: Settings) -> "AsyncIterator[Target]":
    """Open the target beside the journal's store: one URL names both."""
    from ingest.esco_pipeline import esco_schemas

    schemas = esco_schemas()
    if settings.store.startswith("sqlite:"):
        from ingest.targets.sqlite import open_sqlite_target
        from journal.stores import sqlite_path

        async with open_sqlite_target(
            sqlite_path(settings.store),
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
        ) as sqlite:
            yield sqlite
    elif settings.store.startswith("memory:"):
        from ingest.targets.memory import MemoryDatabase, MemoryTarget

        yield MemoryTarget(
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
            database=MemoryDatabase(),
        )
    else:
        from ingest.targets.weaviate import open_weaviate_target

        async with open_weaviate_target(
            settings.store,
            grpc_port=settings.grpc_port,
            api_key=settings.api_key,
            pipeline=settings.pipeline,
            prefix=settings.prefix,
            schemas=schemas,
        ) as weaviate:
            yield weaviate


def _is_there(named: str | None, state: RunState) -> bool:
    from pathlib import Path

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
        and not (heartbeat is not None and heartbeat.released)
        and not is_gone(owner)
        and (age_seconds is None or age_seconds < owner.ttl_seconds)
    )
    return LeaseView(held=held, age_seconds=age_seconds)
