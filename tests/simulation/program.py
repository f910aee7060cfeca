"""What one process of a seed does: the real pipeline, engine and adapter, put together.

Knows nothing of faults but that the wall clock may jump.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ingest.esco_classes import esco_schemas
from ingest.esco_pipeline import esco_pipeline
from ingest.loader import Workshop
from journal import (
    Choice,
    JournalError,
    Pipeline,
    RunState,
    Settings,
    Status,
    StopSwitch,
    execute,
)
from journal.clock import Clock
from journal.redaction import Redaction
from journal.stores.redacting import RedactingStore
from tests.journal.builders import NOON
from tests.simulation.checks import Observer
from tests.simulation.dice import Dice, Fault
from tests.simulation.loop import Life
from tests.simulation.machines import Incarnation
from tests.simulation.network import Network
from tests.simulation.rest import SimulatedStore
from tests.simulation.server import Server
from tests.simulation.target import SimulatedTarget
from tests.simulation.workload import MARKER, SECRET, InlineEmbedder, Workload

PIPELINE = "esco"
TTL_SECONDS = 30.0
LONGEST_JUMP_SECONDS = 7_200.0
# Ends that no fault here can be a reason for.
UNEXPECTED = ("CorruptJournal", "UnsupportedEvent", "StoreRefused", "PlanChanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all processes of a seed share."""

    server: Server
    network: Network
    dice: Dice
    observer: Observer
    elapsed: Callable[[], float]
    embed_seconds: float
    drops: bool  # each new run drops the classes first, as where the embedder is another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one process is told to do; `begins`: a new run, whatever the journal says."""

    given: Workload
    stop: StopSwitch
    wait_seconds: float
    begins: bool


async def work(process: Incarnation, around: Surroundings, order: Order) -> None:
    """Be the program: execute, and say how it ended."""
    wrong = around.observer.wrong
    try:
        report = await _execute(process, around, order)
        process.end = f"done, {report.choice.value}"
        if report.state.status is not Status.COMPLETED:
            wrong.append(f"{process.name} reports {report.state.status}")
    except Exception as error:
        process.end = f"{type(error).__name__}: {error}"
        if MARKER in process.end:
            wrong.append(f"{process.name}: record text in {type(error)}")
        if not isinstance(error, JournalError) or type(error).__name__ in UNEXPECTED:
            wrong.append(f"{process.name} ends with {process.end}")


async def _execute(process: Incarnation, around: Surroundings, order: Order) -> Any:
    settings = Settings(ttl_seconds=TTL_SECONDS)
    clock = _clock(process, around)

    def listen(recorded: Any, state: RunState) -> None:
        process.running = state
        if around.dice.fires(Fault.CLOCK):
            jump = around.dice.between(Fault.CLOCK, -LONGEST_JUMP_SECONDS, LONGEST_JUMP_SECONDS)
            process.clock_offset += jump

    return await execute(
        _pipeline(process, around, order.given, clock, settings),
        RedactingStore(
            SimulatedStore(
                around.server, around.network, around.dice, before_event=process.note_event
            ),
            Redaction(SECRET),
        ),
        choose=(lambda state: Choice.BEGIN) if order.begins else None,
        wait_seconds=order.wait_seconds,
        settings=settings,
        clock=clock,
        stop=order.stop,
        listener=listen,
    )


def _pipeline(
    process: Incarnation, around: Surroundings, given: Workload, clock: Clock, settings: Settings
) -> Pipeline:
    def watch(kind: str, objects: Any) -> int:
        if process.life is not Life.RUNNING:
            return 0
        return around.observer.on_sent(process.name, target.epoch, process.running, kind, objects)

    target = SimulatedTarget(
        around.server,
        around.network,
        around.dice,
        pipeline=PIPELINE,
        schemas=esco_schemas(),
        watch=watch,
        landed=lambda landing: around.observer.on_landed(
            process.name, landing, around.elapsed(), is_dead=process.life is Life.DEAD
        ),
    )
    workshop = Workshop(
        catalogue=given.fresh(),
        target=target,
        embedder=InlineEmbedder(around.embed_seconds),
        clock=clock,
        request_seconds=settings.request_seconds,
        unsure=set(),
    )
    return esco_pipeline(
        PIPELINE,
        workshop,
        source=f"simulated, as {SECRET} may",
        fingerprint=given.fingerprint,
        window=given.window,
        versions={},
        attributes={"drops_first": True} if around.drops else {},
    )


def _clock(process: Incarnation, around: Surroundings) -> Clock:
    def new_id() -> str:
        process.ids += 1
        return f"{process.name}-{process.ids}"

    return Clock(
        now=lambda: NOON + timedelta(seconds=around.elapsed() + process.clock_offset),
        elapsed=around.elapsed,
        new_id=new_id,
    )
