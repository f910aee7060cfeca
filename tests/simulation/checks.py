"""What must hold, looked at while a seed runs and when it has ended.

Knows the server's true state, which no process sees. Each look returns or notes sentences: what
was found wrong.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

import orjson

from ingest.esco_classes import CLASS_STEPS
from ingest.target import TargetObject
from journal.codec import from_row
from journal.errors import CorruptJournal
from journal.events import (
    Checkpoint,
    Completed,
    Event,
    Recorded,
    Rejected,
    Started,
    StepCompleted,
    StepStarted,
    is_terminal,
)
from journal.fencing import effective
from journal.state import RunState, Status, fold, fold_runs
from tests.acceptance import hand_fold
from tests.simulation.network import LATEST_SECONDS
from tests.simulation.server import Document, Server
from tests.simulation.target import Landing
from tests.simulation.workload import MARKER, SECRET, Workload, facts

CLASS_OF = dict(CLASS_STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a completed run's events say of its result.

    `rows` are the rejected ones: step, file, line, key, reason.
    """

    totals: Mapping[str, int]
    relations: Mapping[str, int]
    dangling: Mapping[str, int]
    digests: Mapping[str, str]
    extra: object
    rows: frozenset[tuple[str, str, int, str, str]]

    @classmethod
    def by(cls, events: Sequence[Recorded], run_id: str) -> "Said":
        """Return what the events of a completed run say."""
        own = [recorded.event for recorded in events if recorded.run_id == run_id]
        end = next(event for event in own if isinstance(event, Completed))
        return cls(
            totals=dict(end.totals),
            relations=dict(end.relations),
            dangling=dict(end.dangling),
            digests=dict(end.digests),
            extra=end.summary.get("extra"),
            rows=frozenset(
                (event.step, group.file, record.line, record.key, group.reason)
                for event in own
                if isinstance(event, Rejected)
                for group in event.groups
                for record in group.records
            ),
        )

    def differences(self, undisturbed: "Said") -> list[str]:
        """Return in what this run says otherwise than one that nobody disturbed.

        Digests cover the objects of no input, too, which another run can not have.
        """
        names = ["totals", "relations", "dangling", "rows", *([] if self.extra else ["digests"])]
        return [
            f"completed says other {name} than undisturbed"
            for name in names
            if getattr(self, name) != getattr(undisturbed, name)
        ]


class Observer:
    """Sees every event as it lands and every write as it is sent."""

    def __init__(
        self,
        server: Server,
        workloads: Sequence[Workload],
        in_flight: Callable[[int], Sequence[str]],
    ) -> None:
        self.wrong: list[str] = []
        self.events: dict[tuple[int, int], Recorded] = {}
        self.completions = 0
        self.mended = 0
        self.fenced = 0  # events that do not count, in the end
        self._lines: list[hand_fold.Line] = []
        self._server = server
        self._in_flight = in_flight
        self._workloads = {each.fingerprint: each for each in workloads}
        self._leased_at: dict[int, float] = {}  # epoch -> when its lease was first won
        self._completed: set[str] = set()
        self._inputs: dict[str, Workload] = {}  # by run
        self._rejected: set[tuple[str, str, str]] = set()  # run, step, key
        self._begun = 0  # the newest epoch that has an event
        self._checkpointed: dict[int, dict[str, int]] = {}  # epoch -> step -> settled
        self._resumed: dict[int, tuple[str, int]] = {}  # epoch -> step, settled
        self._sent = 0
        self._newest: Counter[str] = Counter()  # uri -> number of the newest write that landed
        self._overtaken: set[str] = set()  # an older write landed later, and no blank one since
        self._ids = {
            uri: key
            for each in workloads
            for held in each.ids.values()
            for uri, key in held.items()
        }
        self._equal: dict[tuple[str, UUID], TargetObject] = {}  # input, id -> known to be equal

    def on_event(self, new: Document, old: Document | None) -> None:
        """An event was put into the log."""
        if MARKER in str(new):
            self.wrong.append(f"record text in event {new['epoch']}:{new['seq']}")
        if SECRET in str(new):
            self.wrong.append(f"a secret in event {new['epoch']}:{new['seq']}")
        if old is not None:
            if old != new:
                self.wrong.append(f"other bytes at {new['epoch']}:{new['seq']}")
            return
        recorded = from_row(new)
        self.events[recorded.position] = recorded
        self._lines.append(
            {
                "run_id": new["runId"],
                "epoch": new["epoch"],
                "seq": new["seq"],
                "event": new["event"],
                "step": new["step"],
                "details": orjson.loads(new["details"]),
            }
        )
        event = recorded.event
        if isinstance(event, Started):
            self._inputs[recorded.run_id] = self._workloads[event.fingerprint]
            self._begun = max(self._begun, recorded.epoch)
        elif isinstance(event, Rejected):
            self._rejected |= {
                (recorded.run_id, event.step, record.key)
                for group in event.groups
                for record in group.records
            }
        elif isinstance(event, Checkpoint):
            self._checkpointed.setdefault(recorded.epoch, {})[event.step] = event.settled
            self._check_settled(recorded, event)
        elif isinstance(event, StepCompleted) and event.step in CLASS_OF:
            order = self._inputs[recorded.run_id].order[CLASS_OF[event.step]]
            self._check_present(recorded, event, order)
        if is_terminal(event):
            self.wrong += [
                f"ended at {recorded.epoch}:{recorded.seq} with {kind} in flight"
                for kind in self._in_flight(recorded.epoch)
            ]
        if isinstance(event, Completed):
            self._on_completed(recorded)

    def on_collection(self, name: str, now_seconds: float) -> None:
        """Somebody won a name, of a lease perhaps."""
        if name.startswith("VarityLease_"):
            self._leased_at.setdefault(int(name.rpartition("_")[2]), now_seconds)

    def on_landed(
        self, sender: str, landing: Landing, now_seconds: float, *, is_dead: bool
    ) -> None:
        """A write of data is applied. What a dead sender had on its way is waited for."""
        epoch = landing.epoch
        ended_at = min((at for each, at in self._leased_at.items() if each > epoch), default=None)
        late_seconds = 0.0 if is_dead else LATEST_SECONDS
        if ended_at is not None and now_seconds > ended_at + late_seconds:
            late = now_seconds - ended_at
            self.wrong.append(
                f"{sender}: a write of epoch {epoch} lands {late:.1f} s after its end"
            )
        if landing.kind == "flush":
            return  # it writes what was there
        for each in landing.objects:
            if landing.number < self._newest[each.uri]:
                self._overtaken.add(each.uri)
            elif each.vector is None:
                self._overtaken.discard(each.uri)  # what comes next is indexed anew
            self._newest[each.uri] = max(self._newest[each.uri], landing.number)

    def on_sent(
        self, sender: str, epoch: int, running: RunState, kind: str, objects: Sequence[TargetObject]
    ) -> int:
        """A process begins a request that writes; return the request's number."""
        self._sent += 1
        where = f"{sender} ({kind} of {len(objects)})"
        newest = max(self._leased_at, default=0)
        if newest > epoch:
            self.wrong.append(f"{where} sent under epoch {epoch} while {newest} exists")
        step = running.step
        if kind == "drop" and step != "schema":
            self.wrong.append(f"{where} sent in step {step or 'none'}")
        if step == "verify" and kind != "flush":
            self.mended += len(objects)
        elif step != "verify" and objects:
            if CLASS_OF.get(step) != objects[0].class_name:
                self.wrong.append(
                    f"{where} of {objects[0].class_name} sent in step {step or 'none'}"
                )
            elif kind != "flush":
                self._check_window(where, epoch, running, objects)
        return self._sent

    def end(self, database_of: Workload, random: Random, undisturbed: Said | None) -> None:
        """Note all that is wrong, now that everything has ended.

        `undisturbed` is what a load of the same input in peace says of its result.
        """
        log = sorted(self.events.values(), key=lambda each: each.position)
        try:
            counting, runs = effective(log), fold_runs(log)
        except CorruptJournal as error:
            self.wrong.append(f"corrupt: {error}")
            return
        self.fenced = len(log) - len(counting)
        self._check_order_does_not_matter(log, runs, random)
        self._check_steps_run_once(counting)
        self._check_by_hand(counting, runs)
        statuses = {run.run_id: run.status for run in runs}
        for run_id in self._completed:
            if statuses.get(run_id) is not Status.COMPLETED:
                self.wrong.append(f"run {run_id} was completed and is {statuses.get(run_id)}")
        state = runs[-1] if runs else RunState()
        if state.status is not Status.COMPLETED:
            self.wrong.append(f"ended as {state.status}: {state.error}")
        elif state.fingerprint != database_of.fingerprint:
            self.wrong.append(f"ended with {state.fingerprint}")
        else:
            self._check_journal(database_of, state)
            if undisturbed is not None and any(isinstance(x.event, Completed) for x in counting):
                self.wrong += Said.by(counting, state.run_id).differences(undisturbed)
            self.wrong += self.differences(database_of)

    def differences(self, workload: Workload) -> list[str]:
        """Return in what the target's true state differs from the input, indexes included."""
        found: list[str] = []
        for class_name, wanted in workload.facts.items():
            held = self._server.database.classes.get(class_name)
            objects = held.objects if held else {}
            uris = [stored.uri for stored in objects.values()]
            if len(uris) != len(set(uris)):
                found.append(f"{class_name}: two objects of one URI")
            index = self._server.index(class_name)
            for key, expected in wanted.items():
                stored = objects.get(key)
                if stored is None:
                    found.append(f"{class_name}: {workload.wanted[class_name][key].uri} is missing")
                elif facts(stored) != expected:
                    found.append(f"{class_name}: {stored.uri} differs")
                elif key in index.unseen_by_vector:
                    found.append(f"{class_name}: {stored.uri} is torn by vector")
                elif names := index.unseen_by_filter.get(key):
                    found.append(f"{class_name}: {stored.uri} is torn by {min(names)}")
        return found

    def _on_completed(self, recorded: Recorded) -> None:
        if fold(self.events.values()).status is not Status.COMPLETED:
            return  # fenced
        self.completions += 1
        self._completed.add(recorded.run_id)
        self.wrong += [
            f"at completed {recorded.epoch}:{recorded.seq}: {each}"
            for each in self.differences(self._inputs[recorded.run_id])
        ]

    def _check_settled(self, recorded: Recorded, event: Checkpoint) -> None:
        workload = self._inputs[recorded.run_id]
        if event.step in CLASS_OF:
            order = workload.order[CLASS_OF[event.step]]
            self._check_present(recorded, event, order[: event.settled])

    def _check_present(self, recorded: Recorded, event: Event, uris: Sequence[str]) -> None:
        """What is settled is in the store, equal and visible, or journaled as rejected.

        Of a record on a cycle that its second pass has not come to, and of one that a refusal still
        to come may change, only that it is there; so too of one on which an unanswered write landed
        after a newer one. What the server's own death took out of an index no sender can see.
        All of that must be mended at `completed`.
        """
        if recorded.epoch < self._begun:
            return  # fenced
        workload = self._inputs[recorded.run_id]
        class_name = CLASS_OF[event.step]  # type: ignore[union-attr]
        there = self._server.database.classes.get(class_name)
        held = there.objects if there else {}
        index = self._server.index(class_name)
        positions = workload.positions[class_name]
        excused = workload.shaken | self._overtaken
        for uri in uris:
            if (recorded.run_id, event.step, uri) in self._rejected:  # type: ignore[union-attr]
                continue
            key = self._ids.get(uri)  # of no input where all of them have it refused
            stored = held.get(key) if key else None
            if stored is None:
                found = "not there"
            elif len(uris) <= positions[uri][-1] or uri in excused:
                continue
            elif not self._is_equal(stored, workload):
                found = "differs"
            elif key in index.lost_by_kill:
                continue
            elif key in index.unseen_by_vector:
                found = "torn by vector"  # filters are torn by the server's death only
            else:
                continue
            self.wrong.append(f"settled at {recorded.epoch}:{recorded.seq}, {found}: {uri}")

    def _is_equal(self, stored: TargetObject, workload: Workload) -> bool:
        """Whether the input says so; objects are compared once, they do not change."""
        if stored is self._equal.get((workload.name, stored.id)):
            return True
        if facts(stored) != workload.facts[stored.class_name].get(stored.id):
            return False
        self._equal[workload.name, stored.id] = stored
        return True

    def _check_window(
        self, where: str, epoch: int, running: RunState, objects: Sequence[TargetObject]
    ) -> None:
        workload = self._workloads[running.fingerprint]
        positions = workload.positions[objects[0].class_name]
        settled = self._checkpointed.get(epoch, {}).get(running.step, running.settled)
        begun = self._resumed_at(epoch, running)
        for each in objects:
            if not any(begun <= at < settled + running.window for at in positions[each.uri]):
                self.wrong.append(
                    f"{where}: {each.uri} at {positions[each.uri]} is outside of the window"
                    f" {settled} + {running.window}, begun at {begun}"
                )

    def _resumed_at(self, epoch: int, running: RunState) -> int:
        """Return where the attempt went on with its step: 0 unless an older one settled some."""
        if epoch not in self._resumed:
            # With its own `started`: what the attempt did not see, that one cuts off.
            state = fold(each for each in self.events.values() if each.position <= (epoch, 1))
            self._resumed[epoch] = (state.next_step, state.settled)
        step, settled = self._resumed[epoch]
        return settled if step == running.step else 0

    def _check_journal(self, workload: Workload, state: RunState) -> None:
        if state.rejected != workload.refused:
            self.wrong.append(f"rejected {sorted(state.rejected ^ workload.refused)} differ")
        counts = {name: len(wanted) for name, wanted in workload.wanted.items()}
        if dict(state.counts) != counts:
            self.wrong.append(f"counts {dict(state.counts)}, expected {counts}")

    def _check_by_hand(self, counting: Sequence[Recorded], runs: Sequence[RunState]) -> None:
        """The same events count, and say the same, without the program's fencing and fold."""
        by_hand = [(line["epoch"], line["seq"]) for line in hand_fold.counting(self._lines)]
        if [recorded.position for recorded in counting] != by_hand:
            self.wrong.append("other events are fenced than by hand")
        status = hand_fold.fold(self._lines)["status"]
        if status != (runs[-1].status if runs else Status.NOT_STARTED):
            self.wrong.append(f"the status by hand is {status}")

    def _check_order_does_not_matter(
        self, log: Sequence[Recorded], runs: Sequence[RunState], random: Random
    ) -> None:
        shuffled = [*log, *random.sample(log, len(log) // 3)]
        random.shuffle(shuffled)
        try:
            is_the_same = fold_runs(shuffled) == list(runs)
        except CorruptJournal:
            is_the_same = False
        if not is_the_same:
            self.wrong.append("the fold depends on order or on identical duplicates")

    def _check_steps_run_once(self, counting: Sequence[Recorded]) -> None:
        done: set[tuple[str, str]] = set()
        for recorded in counting:
            event = recorded.event
            if isinstance(event, StepStarted) and (recorded.run_id, event.step) in done:
                self.wrong.append(f"completed step {event.step} ran again")
            if isinstance(event, StepCompleted):
                done.add((recorded.run_id, event.step))
