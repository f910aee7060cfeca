"""One seed: a server, processes that come and go, faults until they stop, and then a quiet end.

Knows when processes come and go; what they do stands in `program`, what must hold in `checks`.
"""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from functools import cache
from hashlib import blake2b
from random import Random
from typing import Any

from journal import StopSwitch
from tests.simulation.checks import Observer, Said
from tests.simulation.dice import Dice, Fault
from tests.simulation.injection import injected
from tests.simulation.loop import START_SECONDS, Life, SimulatedLoop, settle
from tests.simulation.machines import Incarnation, Machines
from tests.simulation.network import Network
from tests.simulation.outcome import Outcome
from tests.simulation.program import TTL_SECONDS, Order, Surroundings, work
from tests.simulation.server import Server
from tests.simulation.workload import SHAPES, Workload, workload

MOST_LIVES = 4  # of one place, while there are faults
FAULT_SECONDS = 400.0
LEAST_RESTART_SECONDS = 2.0  # a real one takes longer
LONGEST_WAIT_SECONDS = 30.0  # of a kill for a write to meet
LONGEST_STARTING_SECONDS = 3.0  # from its first answer until a server is ready
BOUND_SECONDS = 900.0  # from the last fault to the end
STARTED_AT_ONCE = 0.3  # of the processes that died, on the same host
SHORTEST_PAUSE_SECONDS = 0.3
MOST_CHANGES = 3  # of the input, there and back
MOST_WAITS = 1_000
LONGEST_START_SECONDS = 10.0  # between the first process and the last; or they start at once
# Of an undisturbed load, about.
LIFE_CALLBACKS = 1_500
LIFE_EVENTS = 40
LIFE_WRITES = 30
DOOMS = (Fault.KILLED, Fault.STOPPED, Fault.INTERRUPTED, Fault.PARTED)


class World:
    """Everything in a seed. With `only` its input is that, and none of the seed's own."""

    def __init__(
        self,
        seed: int,
        *,
        off: frozenset[Fault] = frozenset(),
        caps: dict[Fault, int] | None = None,
        keeps_trace: bool = False,
        only: Workload | None = None,
    ) -> None:
        self.seed = seed
        self.random = Random(f"{seed}/world")
        self.dice = Dice(seed, off=off, caps=caps)
        self.loop = SimulatedLoop(Random(f"{seed}/order"))
        self.server = Server(Random(f"{seed}/server"))
        self.shape = self.random.randrange(SHAPES)
        self.versions = (workload(self.shape, 0), workload(self.shape, 1))
        if only is not None:
            self.versions = (only, only)
        self.observer = Observer(self.server, self.versions, self._in_flight)
        self.server.on_event = self._note_event
        self.server.on_collection = lambda name: self.observer.on_collection(name, self.loop.time())
        self.network = Network(
            self.dice,
            Random(f"{seed}/network"),
            self.note,
            typical_seconds=self.random.choice((0.01, 0.05, 0.3)),
        )
        self.input = self.versions[0]
        self.trace: list[str] = []
        self._keeps_trace = keeps_trace
        self._hash = blake2b(digest_size=16)
        self.machines = Machines()
        self._quiet_since = 0.0
        self._outside = Context()  # of no process
        self._around = Surroundings(
            server=self.server,
            network=self.network,
            dice=self.dice,
            observer=self.observer,
            elapsed=self.loop.time,
            embed_seconds=self.random.choice((0.0, 0.0, 0.0, 2.0)),
            drops=self.dice.fires(Fault.DROPPED),
        )

    def note(self, what: str) -> None:
        """Add a line to the trace."""
        line = f"{self.loop.now_seconds - START_SECONDS:10.4f} {what}"
        self._hash.update(line.encode())
        if self._keeps_trace:
            self.trace.append(line)

    async def live(self) -> None:
        """Be the world: let things happen, then be quiet, then end."""
        places = self.dice.whole(Fault.CONTENDED, 2, 3) if self.dice.fires(Fault.CONTENDED) else 1
        self.loop.call_later(FAULT_SECONDS, self._be_quiet)
        if self.dice.fires(Fault.CHANGED):  # and perhaps back, and again
            for _ in range(self.dice.whole(Fault.CHANGED, 1, MOST_CHANGES)):
                self.loop.call_later(self.dice.between(Fault.CHANGED, 0, 90), self._change_input)
        outages = [
            self.loop.spawn(None, self._outage(kind))
            for kind in (Fault.SERVER_KILLED, Fault.READ_ONLY)
        ]
        within = self.random.choice((0.0, 0.0, LONGEST_START_SECONDS))
        lives = [
            self.loop.spawn(None, self._keep_alive(f"{'abc'[place]}", within if place else 0.0))
            for place in range(places)
        ]
        for life in lives:
            await life
        self._be_quiet()
        for outage in outages:
            await outage
        last = await self._one_life("z", 1, is_last=True)
        if not last.end.startswith("done"):
            self.observer.wrong.append(f"does not end: {last.end}")

    async def bury(self) -> None:
        """Clean up after the dead, who reach nobody any more."""
        self.dice.is_quiet = True
        for process in self.machines.processes:
            if process.life in (Life.DEAD, Life.STOPPED):
                self.loop.release(process, Life.BURIED)
                process.task.cancel()  # type: ignore[union-attr]
        own = asyncio.current_task()
        for _ in range(MOST_WAITS):
            if not [task for task in asyncio.all_tasks() if task is not own]:
                return
            await asyncio.sleep(1)
        raise AssertionError("some wait for ever")

    def outcome(self) -> Outcome:
        """Return how it ended."""
        wrong = [*self.observer.wrong, *self.loop.accidents]
        events = self.observer.events
        return Outcome(
            seed=self.seed,
            wrong=wrong,
            fired=dict(self.dice.fired),
            ends=[f"{each.name}: {each.end}" for each in self.machines.processes],
            attempts=len({epoch for epoch, _ in events}),
            runs=len({recorded.run_id for recorded in events.values()}),
            requests=self.network.requests,
            fenced=self.observer.fenced,
            mended=self.observer.mended,
            virtual_seconds=self.loop.now_seconds - START_SECONDS,
            callbacks=self.loop.callbacks,
            digest=self._hash.hexdigest(),
            trace=self.trace,
        )

    # --- what happens to the world -----------------------------------------------------------

    def _note_event(self, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        self.note(f"event {new['epoch']}:{new['seq']} {new['event']} {new['step']}")
        self.observer.on_event(new, old)

    def _in_flight(self, epoch: int) -> list[str]:
        """Return the writes of the epoch's owner that may still land."""
        owners = [each for each in self.machines.processes if each.running.epoch == epoch]
        return [kind for owner in owners for kind in self.network.landing(owner)]

    def _be_quiet(self) -> None:
        if not self.dice.is_quiet:
            self.note("quiet from now on")
            self.dice.is_quiet = True
            self._quiet_since = self.loop.now_seconds

    def _change_input(self) -> None:
        if not self.dice.is_quiet:
            self.input = self.versions[self.input is self.versions[0]]
            self.note(f"the input changed to {self.input.name}")

    async def _outage(self, kind: Fault) -> None:
        """Now and then the server is killed, or full."""
        while not self.dice.is_quiet and kind in self.dice.rates:
            await asyncio.sleep(self.dice.between(kind, 1, 25))
            if not self.dice.fires(kind):
                continue
            seconds = self.dice.between(kind, 0.5, 5) ** 2.7  # at most 77, half of them below 10
            if kind is Fault.SERVER_KILLED:
                seconds = max(seconds, LEAST_RESTART_SECONDS)
                if self.dice.whole(kind, 0, 1):  # left to chance, hardly any would meet a write
                    await self.network.write_on_its_way(within_seconds=LONGEST_WAIT_SECONDS)
                    if self.dice.is_quiet:
                        return
            self.note(f"{kind} for {seconds:.1f} s")
            if kind is Fault.SERVER_KILLED:
                self.network.go_down()
                self.server.die()
                await asyncio.sleep(seconds)
                self.server.is_starting = True
                self.network.come_up()
                await asyncio.sleep(self.dice.between(kind, 0, LONGEST_STARTING_SECONDS))
                self.server.is_starting = False
            else:
                self.server.is_read_only = True
                await asyncio.sleep(seconds)
                self.server.is_read_only = False
            self.note(f"{kind}: over")

    # --- processes ---------------------------------------------------------------------------

    async def _keep_alive(self, name: str, within_seconds: float) -> None:
        """Be what starts a process again when it has ended, until it succeeds."""
        await asyncio.sleep(self.random.uniform(0, within_seconds))
        host = ""
        for number in range(1, MOST_LIVES + 1):
            process = await self._one_life(name, number, host=host)
            if process.end.startswith("done") or self.dice.is_quiet:
                return
            if self.random.random() < STARTED_AT_ONCE:  # as whoever watches over it does
                host = process.host
                await asyncio.sleep(self.random.uniform(0, SHORTEST_PAUSE_SECONDS))
            else:
                host = ""
                await asyncio.sleep(self.random.uniform(0.1, 6) ** 2)

    async def _one_life(
        self, name: str, number: int, *, host: str = "", is_last: bool = False
    ) -> Incarnation:
        """Start one process, anywhere or on `host`; return when it has ended, or was killed."""
        process = self.machines.started(f"{name}{number}", host or self.random.choice("xy"))
        over = self.loop.create_future()
        stop = StopSwitch()
        self._doom(process, over, stop)
        self.note(f"{process.name} starts on host {process.host} with {self.input.name}")
        wait_seconds = BOUND_SECONDS if is_last else self.random.choice((0.0, 30.0, 200.0, 200.0))
        begins = not is_last and self.dice.fires(Fault.RESTARTED)
        order = Order(given=self.input, stop=stop, wait_seconds=wait_seconds, begins=begins)
        process.task = self.loop.spawn(process, work(process, self._around, order))
        process.task.add_done_callback(lambda task: settle(over), context=self._outside)
        await over
        self.note(f"{process.name} ends: {process.end or 'killed'}")
        return process

    def _doom(self, process: Incarnation, over: "asyncio.Future[None]", stop: StopSwitch) -> None:
        """Choose at which callback the process dies, is stopped, asked to stop, or cut off."""
        kind = next((kind for kind in DOOMS if self.dice.fires(kind)), None)
        if kind is None:
            return
        share = self.dice.between(kind, 0, 1) ** 2  # starts are met, too
        match self.dice.whole(kind, 0, 2):
            case 0:
                process.doomed_at = 1 + int(share * LIFE_CALLBACKS)
            case 1:
                process.doomed_at_event = 1 + int(share * LIFE_EVENTS)
            case _:
                process.doomed_at_write = 1 + int(share * LIFE_WRITES)
        seconds = self.dice.between(kind, 1, 3 * TTL_SECONDS)
        process.doom = {
            Fault.KILLED: lambda: self._kill(process, over),
            Fault.STOPPED: lambda: self._stop(process, seconds),
            Fault.INTERRUPTED: lambda: stop.set(15),
            Fault.PARTED: lambda: self._part(process, seconds),
        }[kind]

    def _kill(self, process: Incarnation, over: "asyncio.Future[None]") -> None:
        self.note(f"{process.name} is killed at callback {process.callbacks}")
        process.life = Life.DEAD
        self.network.disconnect(process, journal_too=True)
        settle(over)

    def _stop(self, process: Incarnation, seconds: float) -> None:
        if not process.is_there or process.life is not Life.RUNNING:
            return
        self.note(f"{process.name} is stopped for {seconds:.1f} s")
        process.life = Life.STOPPED
        self.loop.call_later(seconds, self._continue, process, context=self._outside)

    def _part(self, process: Incarnation, seconds: float) -> None:
        self.note(f"{process.name} does not reach the journal for {seconds:.1f} s")
        self.network.part(process, seconds)
        kind = Fault.PARTED
        if self.dice.whole(kind, 0, 1):  # and stands still at the end of its lease
            after, still = self.dice.between(kind, 0.4, 1.0), self.dice.between(kind, 1.0, 2.0)
            self.loop.call_later(
                after * TTL_SECONDS,
                self._stop,
                process,
                still * TTL_SECONDS,
                context=self._outside,
            )

    def _continue(self, process: Incarnation) -> None:
        if process.life is Life.STOPPED:
            self.note(f"{process.name} goes on")
            self.loop.release(process, Life.RUNNING)


def simulate(
    seed: int,
    *,
    off: frozenset[Fault] = frozenset(),
    caps: dict[Fault, int] | None = None,
    keeps_trace: bool = False,
) -> Outcome:
    """Run one seed and return how it ended; equal arguments give equal traces."""
    world = World(seed, off=off, caps=caps, keeps_trace=keeps_trace)
    known = {each.name: undisturbed(world.shape, at) for at, each in enumerate(world.versions)}
    return _run(world, known)


@cache
def undisturbed(shape: int, version: int) -> Said | None:
    """Return what a load of the input in peace says of its result; None if it does not end."""
    world = World(0, off=frozenset(Fault), only=workload(shape, version))
    outcome = _run(world, {})
    if outcome.wrong:
        return None
    events = sorted(world.observer.events.values(), key=lambda each: each.position)
    return Said.by(events, events[-1].run_id)


def _run(world: World, known: Mapping[str, Said | None]) -> Outcome:
    loop = world.loop
    with injected(world.machines, world.observer.wrong):
        try:
            main = loop.spawn(None, world.live())
            try:
                loop.run_until_complete(main)
            except AssertionError as error:
                world.observer.wrong.append(f"the world ends: {error}")
            took = loop.now_seconds - world._quiet_since
            if world._quiet_since and took > BOUND_SECONDS:
                world.observer.wrong.append(f"took {took:.0f} s after the last fault")
            random = Random(f"{world.seed}/end")
            world.observer.end(world.input, random, known.get(world.input.name))
            outcome = world.outcome()
            try:
                loop.run_until_complete(world.bury())
            except AssertionError as error:
                outcome.wrong.append(f"the dead do not rest: {error}")
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
    return outcome
