"""`ingest`: look, decide by the table, and run under the lease.

Looks without the lease first; if the journal moves before the lease is won, it looks again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio

from ingest.data_folder import input_named, is_there
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
from ingest.settings import Settings
from ingest.sources import (
    CONTENT,
    SEAL,
    ChosenSource,
    chosen_source,
    known_content,
    recorded_path,
)
from ingest.wiring.opening import (
    VERSION,
    input_reader,
    opened_store,
    opened_target,
    read_input,
    standing,
    times,
)
from journal import (
    Choice,
    JournalError,
    Pipeline,
    Progress,
    Promised,
    Recorded,
    Report,
    RunState,
    Status,
    StopSwitch,
    Store,
    execute,
    read_state,
)
from journal.clock import system_clock
from journal.supervision import guarded, waiting_for_store

if TYPE_CHECKING:
    from ingest.embedders import Embedder
    from ingest.target import Target
    from ingest.wiring.beside import Opening, Reading

T = TypeVar("T")


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
        self._there: frozenset[str] | None = None  # as `glance` says; None: not well, or not yet

    @classmethod
    async def prepared(
        cls,
        settings: Settings,
        options: IngestOptions,
        stack: AsyncExitStack,
        on_wait: Callable[[str], None],
    ) -> "_Call":
        """Read the journal, waiting for a store that does not answer yet."""
        store = await stack.enter_async_context(opened_store(settings))
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
        data = self._options.data or input_named(self._settings.data)
        if self._is_done_with_lost_input(data):
            return self._said(ALREADY_COMPLETED, self._state, "its input is not there any more")
        from ingest.embedders import open_embedder

        known = self._known(data)
        chosen = None if known else self._chosen(data)
        embedder = await self._stack.enter_async_context(
            open_embedder(self._settings.embedder, t2v_url=self._settings.t2v_url)
        )
        if known is not None:
            label, content = known
            situation = self._situation(content, embedder)
            if situation.fingerprint == self._state.fingerprint:
                return self._skipped(decide(situation, self._options.mode), label, waits)
        chosen = chosen or self._chosen(data)
        situation = self._situation(
            chosen.records.fingerprint,
            embedder,
            is_sample=chosen.is_sample,
            has_objects=await self._waiting(self._has_objects, stop, on_wait),
        )
        decision = decide(situation, self._options.mode)
        if decision.asks is not None and self._options.interactive and confirm(decision.asks):
            decision = decide(situation, Mode.FORCE)
        if self._options.dry_run:
            return await self._dry_run(decision, chosen, embedder)
        if decision.choice is Choice.SKIP:
            return self._skipped(decision, chosen.label, waits)
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

    def _situation(
        self,
        content: str,
        embedder: "Embedder",
        *,
        is_sample: bool = False,
        has_objects: bool = False,
    ) -> Situation:
        from ingest.esco_classes import input_fingerprint

        return Situation(
            state=self._state,
            fingerprint=input_fingerprint(
                content, embedder=embedder.fingerprint, language=self._settings.language
            ),
            embedder=embedder.fingerprint,
            is_sample=is_sample,
            last_is_sample=bool(self._state.attributes.get("sample")),
            has_objects=has_objects,
        )

    def _known(self, data: str | None) -> tuple[str, str] | None:
        """Return label and content of the input where its very bytes are loaded already.

        Then it need not be unpacked and looked through; for whatever else is to be done it is.
        """
        if self._options.mode is Mode.FORCE or self._options.dry_run:
            return None
        return known_content(data, self._state, language=self._settings.language)

    def _chosen(self, data: str | None) -> ChosenSource:
        return self._stack.enter_context(
            chosen_source(data, self._state, language=self._settings.language)
        )

    def _skipped(self, decision: Decision, source: str, waits: Sequence[str]) -> IngestResult:
        is_waited = bool(waits) and decision.outcome == ALREADY_COMPLETED
        return self._said(
            WAITED if is_waited else decision.outcome, self._state, decision.message, source
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
        from ingest.wiring.beside import Opening, Reading

        opening = Opening(lambda: self._stack.enter_async_context(opened_target(self._settings)))
        if await self._glanced() is None:
            # Nothing is written before it is open, for who knows what is wrong with it.
            await self._waiting(opening.now, stop, on_wait)
        reading = Reading(input_reader(chosen, embedder))
        self._stack.callback(reading.close)

        async def beside() -> None:
            # The reading comes second: only when the target is open can the classes be made, and
            # those the server makes while it goes on.
            await opening.run()
            await reading.run()

        def choose(state: RunState) -> Choice:
            self._check_unmoved(state)
            return decision.choice

        async def executed() -> Report:
            if not self._is_server and decision.choice is Choice.BEGIN:
                # A file has nothing to wait for: what can not be read touches nothing there.
                await reading.catalogue()
            return await execute(
                Promised(
                    name=self._settings.pipeline,
                    fingerprint=situation.fingerprint,
                    pipeline=partial(
                        self._pipeline, reading, opening, decision, situation, chosen, embedder
                    ),
                ),
                self._store,
                choose=choose,
                # A file was read through since.
                seen=self._state if self._is_server else None,
                wait_seconds=self._options.wait_seconds,
                settings=times(self._settings),
                stop=stop,
                listener=listener,
                on_progress=on_progress,
                on_wait=on_wait,
            )

        report = await guarded(executed, beside)
        outcome = RESUMED if report.choice is Choice.RESUME else RAN
        return self._said(outcome, report.state, decision.message, chosen.label)

    @property
    def _is_server(self) -> bool:
        return self._settings.store.startswith("http")

    async def _pipeline(
        self,
        reading: "Reading",
        opening: "Opening",
        decision: Decision,
        situation: Situation,
        chosen: ChosenSource,
        embedder: "Embedder",
    ) -> Pipeline:
        """Return the pipeline once its input is read."""
        from ingest.esco_pipeline import esco_pipeline, window_for
        from ingest.loader import Workshop

        creates = self._is_server and not decision.drops_first
        target = await opening.target()
        try:
            catalogue = await reading.catalogue(target.prepare if creates else None)
        except BaseException:  # whoever owns the pipeline next is to see nothing of it
            with anyio.CancelScope(shield=True):
                await target.disconnect()
            raise
        workshop = Workshop(
            catalogue=catalogue,
            target=target,
            embedder=embedder,
            clock=system_clock(),
            request_seconds=times(self._settings).request_seconds,
            unsure=set(),
        )
        return esco_pipeline(
            self._settings.pipeline,
            workshop,
            source=chosen.label,
            fingerprint=situation.fingerprint,
            window=self._settings.window or window_for(catalogue),
            versions={"varity-journal": VERSION},
            attributes={
                "embedder": embedder.fingerprint,
                "embedder_name": embedder.name,
                "sample": chosen.is_sample,
                "language": self._settings.language,
                "drops_first": decision.drops_first,
                CONTENT: chosen.records.fingerprint,
                SEAL: chosen.sealed(),
            },
        )

    async def _dry_run(
        self, decision: Decision, chosen: ChosenSource, embedder: "Embedder"
    ) -> IngestResult:
        """Read everything and say what would be loaded; nothing is written."""
        catalogue = await read_input(chosen, embedder, self._stack)
        plan = {name: len(records) for name, records in catalogue.classes.items()}
        for name in catalogue.classes:
            plan |= catalogue.reference_counts(name)
        plan["rejected"] = sum(len(records.rejections) for records in catalogue.classes.values())
        plan["dangling"] = sum(catalogue.dangling.values())
        message = decision.message or f"would be {decision.outcome}"
        return replace(self._said(DRY_RUN, self._state, message, chosen.label), plan=plan)

    async def _has_objects(self) -> bool:
        """Whether there are objects that no journal explains; looked at only without one.

        Raises:
            _Reconsider: another process began since the journal was read; they are its.
        """
        if self._state.status is not Status.NOT_STARTED:
            return False
        there = await self._glanced()
        if there is not None and not there:
            return False
        async with opened_target(self._settings) as target:
            if not await _any_object(target):
                return False
        self._check_unmoved(await read_state(self._store, self._settings.pipeline))
        return True

    async def _glanced(self) -> frozenset[str] | None:
        """Return what `glance` says, the first time that it says anything."""
        if self._there is None and self._is_server:
            from ingest.wiring.glance import glance

            self._there = await glance(self._settings)
        return self._there

    def _check_unmoved(self, state: RunState) -> None:
        if _version(standing(state)) != _version(self._state):
            raise _Reconsider("the journal moved")

    async def _waiting(
        self,
        act: Callable[[], Awaitable[T]],
        stop: StopSwitch,
        on_wait: Callable[[str], None],
    ) -> T:
        """Do `act`, again while the target can not be reached, for as long as was said."""
        seconds = self._options.wait_seconds
        return await waiting_for_store(act, system_clock(), seconds, on_wait, stop=stop)

    def _is_done_with_lost_input(self, data: str | None) -> bool:
        """Whether the pipeline is completed, and only a vanished input would be looked at."""
        if data is not None or self._options.mode is not Mode.AUTO:
            return False
        path = recorded_path(self._state)
        return self._state.status is Status.COMPLETED and path is not None and not is_there(path)

    def _said(
        self,
        outcome: str,
        state: RunState,
        message: str,
        source: str = "",
    ) -> IngestResult:
        return IngestResult(
            outcome=outcome,
            state=state,
            message=message,
            store_url=self._store.url,
            embedder=self._settings.embedder,
            source=source or state.source,
        )


async def _any_object(target: "Target") -> bool:
    for class_name in await target.existing_classes():
        if await target.count(class_name):
            return True
    return False


def _version(state: RunState) -> tuple[str, Status, bool]:
    """Return what of the journal a decision hangs on.

    Not how far the run is: a look takes longer than a running owner needs for its next event.
    """
    return (state.run_id, state.status, bool(state.steps_done))
