"""The run engine's entry: look, claim, attempt; and again while leases expire uncontested.

Knows ports only.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from journal.attempt import Engine, Settings
from journal.clock import Clock, system_clock
from journal.errors import LeaseExpired, StoreUnavailable
from journal.lease import claim
from journal.log import read_state
from journal.owner import this_process
from journal.plan import Choice, Pipeline, Promised, resume_or_begin
from journal.recorder import Listener
from journal.state import RunState
from journal.step import Progress, StopSwitch
from journal.store import Store
from journal.supervision import guarded, unless_stopped, waiting_for_store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a call: the state in the log, and what this process did about it."""

    state: RunState
    choice: Choice
    has_waited: bool


async def execute(
    pipeline: Pipeline | Promised,
    store: Store,
    *,
    choose: Callable[[RunState], Choice] | None = None,
    seen: RunState | None = None,
    wait_seconds: float = 0.0,
    settings: Settings | None = None,
    clock: Clock | None = None,
    stop: StopSwitch | None = None,
    listener: Listener | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Report:
    """Bring the target to the pipeline's input, and journal it.

    A `Promised` pipeline is made while the lease is won, and awaited then.

    `choose` decides, under the lease, what to do with the newest run's state; by default a
    completed run with this input is skipped, an unfinished one resumed, anything else begun
    anew. `seen` is that state by a caller who has just looked: it saves the look without the
    lease. Steps run at least once and must be idempotent. A lease that expires uncontested is
    claimed anew and the run goes on; so does one whose store or target fell silent, while
    `wait_seconds` last.

    Raises:
        LeaseHeld: another process owns the pipeline (after `wait_seconds`).
        LeaseLost: another process took it over meanwhile.
        PlanChanged: the run to resume has another input.
        StoreUnavailable: the store can not be reached (after `wait_seconds` without any progress);
            resume later.
        Stopped: a stop was asked for; the run can be resumed.
        Exception: whatever a step raised, after it was journaled.
    """
    clock = clock or system_clock()
    settings = settings or Settings()
    waits: list[str] = []

    def note_wait(reason: str) -> None:
        waits.append(reason)
        if on_wait is not None:
            on_wait(reason)

    stop = stop or StopSwitch()
    decide = choose or (lambda state: resume_or_begin(state, pipeline.fingerprint))
    engine = Engine(pipeline, store, settings, clock, decide, stop, listener, on_progress)
    # A look without the lease: what is done already costs no lease, and writes nothing.
    if seen is None:
        look = partial(read_state, store, pipeline.name)
        seen = await waiting_for_store(look, clock, wait_seconds, note_wait, stop=stop)
    if decide(seen) is Choice.SKIP:
        return Report(state=seen, choice=Choice.SKIP, has_waited=bool(waits))
    owner = this_process(clock, ttl_seconds=settings.ttl_seconds)
    await waiting_for_store(store.prepare, clock, wait_seconds, note_wait, stop=stop)
    owned = 0
    while True:
        lease = await unless_stopped(
            stop,
            partial(
                claim,
                store,
                pipeline.name,
                owner,
                clock,
                # Never an epoch of ours again that ran out: somebody may be about to succeed it,
                # and an old list would show it as the next.
                above=owned,
                wait_seconds=wait_seconds,
                on_wait=note_wait,
            ),
        )
        owned = lease.epoch
        try:
            choice, state = await guarded(partial(engine.attempt, lease), lease.keep)
        except (LeaseExpired, StoreUnavailable) as error:
            if isinstance(error, LeaseExpired) or lease.has_run_out:
                # Whoever owns the pipeline by now decides how this ends.
                engine.check_goes_on(lease, error, wait_seconds=wait_seconds)
                log.warning("%s; claiming the next epoch", error)
            else:
                await engine.pause_after(error, wait_seconds=wait_seconds, on_wait=note_wait)
        else:
            return Report(state=state, choice=engine.chosen or choice, has_waited=bool(waits))
