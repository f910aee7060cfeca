"""Faults, one at least for each thing that the simulator looks for.

Planted in the engine; three in the engine's functions as the checks use them (`checks.effective`,
`checks.fold_runs`), for in the engine itself such a fault is met by another check before. Each
plants itself with a `MonkeyPatch`, and is gone with it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

import ingest.sending
import journal.state
import tests.simulation.checks
from ingest.loader import Workshop, load_class, rejected_rows
from ingest.records import Rejection
from ingest.sending import Parcel, Sender
from ingest.target import Outcome, TargetObject, Verdict
from ingest.verify import _Verifying, verify
from journal import Choice, JournalError, RunState, Status, StepResult
from journal.attempt import Engine
from journal.codec import event_id, to_row
from journal.events import Owner, Recorded, StepStarted
from journal.fencing import effective
from journal.lease import Reading, Watch
from journal.state import fold_runs
from journal.step import RejectedFact, Requests, StepRun
from journal.stores.weaviate import WeaviateStore
from tests.simulation.dice import RATES, SHARES, Fault

ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)
LONG_SECONDS = 5_000.0


Plant = Callable[[pytest.MonkeyPatch], None]


def often(patch: pytest.MonkeyPatch, kind: Fault, *, at_most: float = 1.0) -> None:
    """Have a kind of fault in every seed, and often: what it takes to see the plant is rare."""
    patch.setitem(RATES, kind, (at_most / 2, at_most))
    patch.setitem(SHARES, kind, 1.0)


def window_ignored(patch: pytest.MonkeyPatch) -> None:
    async def admit(self: StepRun, position: int) -> None:
        self.check()

    patch.setattr(StepRun, "admit", admit)


def blank_writes_left_out(patch: pytest.MonkeyPatch) -> None:
    upsert = Sender._upsert

    async def whole_only(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        if objects[0].vector is None:
            return (ACKNOWLEDGED,) * len(objects)
        return await upsert(self, objects)

    patch.setattr(Sender, "_upsert", whole_only)


def no_wait_for_the_heartbeat(patch: pytest.MonkeyPatch) -> None:
    def observe(self: Watch, reading: Reading, *, longest_gap_seconds: float) -> float:
        return float("inf")

    patch.setattr(Watch, "observe", observe)


def no_wait_for_the_dead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("journal.lease.SETTLE_SECONDS", 0.0)
    patch.setattr("tests.simulation.world.STARTED_AT_ONCE", 1.0)
    # Rarely something of the dead is on its way still when the next one has begun.
    patch.setattr("tests.simulation.world.SHORTEST_PAUSE_SECONDS", 0.0)
    patch.setattr("tests.simulation.network.LATEST_SECONDS", 20.0)
    often(patch, Fault.KILLED)


def acknowledged_before_written(patch: pytest.MonkeyPatch) -> None:
    """The last of each batch is taken as written and never sent."""
    upsert = Sender._upsert

    async def without_the_last(
        self: Sender, objects: Sequence[TargetObject]
    ) -> tuple[Outcome, ...]:
        if len(objects) == 1:
            return await upsert(self, objects)
        return (*await upsert(self, objects[:-1]), ACKNOWLEDGED)

    patch.setattr(Sender, "_upsert", without_the_last)


def references_left_out(patch: pytest.MonkeyPatch) -> None:
    upsert = Sender._upsert

    async def bare(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        return await upsert(self, [replace(each, references={}) for each in objects])

    patch.setattr(Sender, "_upsert", bare)


def written_under_two_ids(patch: pytest.MonkeyPatch) -> None:
    upsert = Sender._upsert

    async def twofold(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        copies = [replace(each, id=UUID(int=each.id.int ^ 1)) for each in objects]
        await upsert(self, copies)
        return await upsert(self, objects)

    patch.setattr(Sender, "_upsert", twofold)


def nothing_compared(patch: pytest.MonkeyPatch) -> None:
    """`verify` finds nothing, whatever is there."""

    async def none(self: _Verifying) -> tuple[list[int], list[int]]:
        return [], []

    patch.setattr(_Verifying, "_looked_at", none)


def nothing_looked_up(patch: pytest.MonkeyPatch) -> None:
    """`verify` compares, and looks into no index."""

    async def none(self: _Verifying) -> list[int]:
        return []

    patch.setattr(_Verifying, "_invisible", none)


def left_torn(patch: pytest.MonkeyPatch) -> None:
    """Neither the load nor `verify` mends what a kill of the server took from a filter alone."""
    blank_writes_left_out(patch)
    nothing_looked_up(patch)
    often(patch, Fault.SERVER_KILLED)
    patch.setattr("tests.simulation.server.TORN_BY_VECTOR", 0.0)


def sent_in_the_step_before(patch: pytest.MonkeyPatch) -> None:
    async def ahead(run: StepRun, class_name: str, workshop: Workshop) -> StepResult:
        if class_name == "ISCOGroup":
            other = workshop.catalogue.to_object("SkillCollection", 0)
            await workshop.target.upsert([replace(other, references={})], timeout_seconds=15)
        return await load_class(run, class_name, workshop)

    patch.setattr("ingest.esco_pipeline.load_class", ahead)


def rows_rejected_under_another_key(patch: pytest.MonkeyPatch) -> None:
    def renamed(rejections: Sequence[Rejection]) -> list[RejectedFact]:
        return [replace(fact, key=f"{fact.key}?") for fact in rejected_rows(rejections)]

    patch.setattr("ingest.loader.rejected_rows", renamed)


def counted_one_too_many(patch: pytest.MonkeyPatch) -> None:
    async def more(run: StepRun, class_name: str, workshop: Workshop) -> StepResult:
        result = await load_class(run, class_name, workshop)
        return replace(result, counts={class_name: 1 + result.counts[class_name]})

    patch.setattr("ingest.esco_pipeline.load_class", more)


def result_said_wrongly(patch: pytest.MonkeyPatch, **wrong: Callable[[Any], Any]) -> None:
    """Have each class's step say something else of what it did."""

    async def other(run: StepRun, class_name: str, workshop: Workshop) -> StepResult:
        result = await load_class(run, class_name, workshop)
        return replace(result, **{name: do(getattr(result, name)) for name, do in wrong.items()})

    patch.setattr("ingest.esco_pipeline.load_class", other)


def relations_doubled(patch: pytest.MonkeyPatch) -> None:
    result_said_wrongly(patch, relations=lambda all_of: {k: 2 * n for k, n in all_of.items()})


def dangling_forgotten(patch: pytest.MonkeyPatch) -> None:
    result_said_wrongly(patch, dangling=lambda all_of: {})


def digests_of_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("ingest.verify.expected_digest", lambda *arguments: "0" * 64)


def rows_of_other_lines(patch: pytest.MonkeyPatch) -> None:
    def next_line(rejections: Sequence[Rejection]) -> list[RejectedFact]:
        return [replace(fact, line=fact.line + 1) for fact in rejected_rows(rejections)]

    patch.setattr("ingest.loader.rejected_rows", next_line)


def text_in_an_event(patch: pytest.MonkeyPatch) -> None:
    fact = ingest.sending._fact

    def quoted(parcel: Parcel, outcome: Outcome) -> RejectedFact:
        return replace(fact(parcel, outcome), reason=str(parcel.sent.properties))

    patch.setattr(ingest.sending, "_fact", quoted)


def text_in_a_log_line(patch: pytest.MonkeyPatch) -> None:
    upsert = Sender._upsert

    async def talkative(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        logging.getLogger("ingest").debug("sends %s", objects[0].properties)
        return await upsert(self, objects)

    patch.setattr(Sender, "_upsert", talkative)


def text_in_an_error(patch: pytest.MonkeyPatch) -> None:
    async def failing(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        raise JournalError(f"can not send {objects[0].properties}")

    patch.setattr(Sender, "_upsert", failing)


def foreign_error(patch: pytest.MonkeyPatch) -> None:
    async def failing(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        raise KeyError(len(objects))

    patch.setattr(Sender, "_upsert", failing)


def error_nobody_awaits(patch: pytest.MonkeyPatch) -> None:
    def lose(self: Requests) -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)

    patch.setattr(Requests, "lose", lose)


def event_written_again(patch: pytest.MonkeyPatch) -> None:
    """An append that gets no answer is tried again with other bytes, over what is there."""
    append = WeaviateStore.append

    async def again(self: WeaviateStore, recorded: Recorded) -> None:
        await append(self, recorded)
        row = {**to_row(recorded), "runId": "another"}
        place = event_id(recorded.pipeline, recorded.epoch, recorded.seq)
        await self._rest.request(
            "PUT",
            f"/v1/objects/Metadata/{place}",
            body={
                "class": "Metadata",
                "id": str(place),
                "properties": row,
            },
        )

    patch.setattr(WeaviateStore, "append", again)


def ends_without_waiting(patch: pytest.MonkeyPatch) -> None:
    async def at_once(self: Any) -> None:
        """Neither disconnect nor wait."""

    patch.setattr(Engine, "_cut_off", at_once)
    patch.setattr(Requests, "let_settle", at_once)
    often(patch, Fault.INTERRUPTED)
    often(patch, Fault.LATE, at_most=0.3)


def nobody_is_fenced(patch: pytest.MonkeyPatch) -> None:
    def all_of_them(events: Iterable[Recorded]) -> list[Recorded]:
        return sorted({each.position: each for each in events}.values(), key=lambda x: x.position)

    for module in (journal.state, tests.simulation.checks):
        patch.setattr(module, "effective", all_of_them)
    often(patch, Fault.STOPPED)
    often(patch, Fault.CONTENDED)


def folded_as_it_comes(patch: pytest.MonkeyPatch) -> None:
    """The events count in the order in which somebody happens to give them."""

    def as_given(events: Iterable[Recorded]) -> list[Recorded]:
        return list(events)

    patch.setattr(journal.state, "effective", as_given)


def one_event_more_is_fenced(patch: pytest.MonkeyPatch) -> None:
    def short(events: Iterable[Recorded]) -> list[Recorded]:
        return effective(events)[:-1]

    patch.setattr("tests.simulation.checks.effective", short)


def folded_to_another_end(patch: pytest.MonkeyPatch) -> None:
    def failed(events: Iterable[Recorded]) -> list[RunState]:
        *older, newest = fold_runs(events)
        return [*older, replace(newest, status=Status.FAILED)]

    patch.setattr("tests.simulation.checks.fold_runs", failed)


def step_counted_as_not_run(patch: pytest.MonkeyPatch) -> None:
    """The fold forgets the steps of earlier attempts, and lets a step begin at any time."""

    def forgetful(events: Iterable[Recorded]) -> list[Recorded]:
        counting = effective(events)
        begun = next((each for each in counting if isinstance(each.event, StepStarted)), None)
        return counting if begun is None else [*counting, begun]

    patch.setattr("tests.simulation.checks.effective", forgetful)


def any_completed_run_is_enough(patch: pytest.MonkeyPatch) -> None:
    decide = Engine._decide

    def content(self: Engine, before: RunState, owner: Owner) -> Choice:
        return Choice.SKIP if before.status is Status.COMPLETED else decide(self, before, owner)

    patch.setattr(Engine, "_decide", content)


def slow_at_the_end(patch: pytest.MonkeyPatch) -> None:
    async def slow(*arguments: Any) -> StepResult:
        await asyncio.sleep(LONG_SECONDS)
        return await verify(*arguments)

    patch.setattr("ingest.esco_pipeline.verify", slow)


# In which words the simulator must tell of each.
PLANTS: tuple[tuple[Plant, str], ...] = (
    (acknowledged_before_written, r"settled at \d+:\d+, not there"),
    (references_left_out, r"settled at \d+:\d+, differs"),
    (window_ignored, "is outside of the window"),
    (sent_in_the_step_before, "of SkillCollection sent in step isco_groups"),
    (no_wait_for_the_heartbeat, r"sent under epoch \d+ while \d+ exists"),
    (no_wait_for_the_heartbeat, r"a write of epoch \d+ lands .* s after its end"),
    (written_under_two_ids, "at completed .*: two objects of one URI"),
    (nothing_compared, "at completed .* is torn by vector"),
    (nothing_looked_up, "at completed .* is torn by vector"),
    (left_torn, r"at completed .* is torn by (?!vector)"),
    (ends_without_waiting, r"ended at \d+:\d+ with (upsert|flush|create) .* in flight"),
    (rows_rejected_under_another_key, "rejected .* differ"),
    (counted_one_too_many, "counts .*, expected"),
    (relations_doubled, "completed says other relations"),
    (dangling_forgotten, "completed says other dangling"),
    (digests_of_nothing, "completed says other digests"),
    (rows_of_other_lines, "completed says other rows"),
    (no_wait_for_the_dead, "a write of epoch .* lands .* after its end"),
    (event_written_again, "other bytes at 1:1"),
    (event_written_again, "the world ends: endless"),
    (nobody_is_fenced, "ends with CorruptJournal"),
    (nobody_is_fenced, "corrupt: "),
    (folded_as_it_comes, "the fold depends on order"),
    (blank_writes_left_out, "does not end: StepFailed"),
    (one_event_more_is_fenced, "other events are fenced than by hand"),
    (folded_to_another_end, "the status by hand is completed"),
    (folded_to_another_end, "run .* was completed and is failed"),
    (step_counted_as_not_run, "completed step schema ran again"),
    (any_completed_run_is_enough, "ended with shape"),
    (blank_writes_left_out, "ended as failed: StepFailed"),
    (slow_at_the_end, r"took \d+ s after the last fault"),
    (text_in_an_event, "record text in event"),
    (text_in_a_log_line, "record text in a log line of ingest"),
    (text_in_an_error, "record text in <class"),
    (foreign_error, "ends with KeyError"),
    (error_nobody_awaits, "Exception in callback"),
)
