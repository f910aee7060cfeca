"""`repair` as a run of one step: what was loaded, and is not whole any more, is written again.

Knows the inspection, the mending and the running step. A repair changes nothing that is right,
keeps what is extra, and ends with the totals of the run whose objects it mended.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import anyio.to_thread

from ingest.class_changes import prepare_classes
from ingest.comparison import compare_class, expected_digest, expected_numbers
from ingest.decision import REPAIR, is_unfinished_repair
from ingest.esco_classes import CLASS_STEPS
from ingest.inspection import (
    Inspection,
    Looked,
    inspect_class,
    inspect_closely,
    nobody_looks,
    unfound,
)
from ingest.loader import Workshop, mark_all_absent
from ingest.mending import NEIGHBOURS, mend_wrong, still_wrong, write_out
from ingest.report import shown_status
from ingest.validation import REJECTING_STEPS
from journal import (
    JournalError,
    Pipeline,
    RejectedFact,
    RunState,
    Status,
    Step,
    StepFailed,
    StepResult,
    StepRun,
    fold_runs,
)
from journal.events import Attribute, Recorded, Rejected
from journal.fencing import effective

MENDED = "mended"  # in the summary: how many objects were written again
NOT_KEPT = ("drops_first",)  # attributes of a load that a repair must not repeat


class NotRepairable(JournalError):
    """There is no completed load to mend. Remedy: bring the load to its end first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is to be whole again: the run that completed, and what it could not load."""

    load: RunState
    rejected: Sequence[RejectedFact]


def patient_of(events: Sequence[Recorded]) -> Patient | None:
    """Return the newest run of `events` that completed, None if there is none.

    The objects that it left are what a repair goes back to; a repair that completed stands for
    its load, whose rejected records it repeated.
    """
    runs = [state for state in fold_runs(events) if state.status is Status.COMPLETED]
    if not runs:
        return None
    rejected = [
        RejectedFact(file=group.file, line=record.line, key=record.key, reason=group.reason)
        for recorded in effective(events)
        if recorded.run_id == runs[-1].run_id and isinstance(recorded.event, Rejected)
        for group in recorded.event.groups
        for record in group.records
    ]
    return Patient(load=runs[-1], rejected=rejected)


def check_repairable(state: RunState) -> None:
    """Raise unless `state` is that of a completed run, or of a repair to go on with.

    Raises:
        NotRepairable: there is nothing whole to go back to.
    """
    if state.status is Status.COMPLETED or is_unfinished_repair(state):
        return
    way_out = (
        "load something first: varity-journal ingest DATA"
        if state.status is Status.NOT_STARTED
        else "bring it to its end first: varity-journal ingest --resume"
    )
    status = shown_status(state, is_held=False)
    raise NotRepairable(
        f"the ingestion is {status}, not completed, so nothing says what to mend; {way_out}"
    )


def mended_by_class(state: RunState) -> dict[str, int]:
    """Return how many objects of each class a completed repair wrote again."""
    start = f"{MENDED}_"
    return {
        name.removeprefix(start): int(count)
        for name, count in state.summary.items()
        if name.startswith(start)
    }


def repair_pipeline(
    workshop: Workshop,
    patient: Patient,
    *,
    deep: bool,
    versions: Mapping[str, str],
    looked: Looked = nobody_looks,
) -> Pipeline:
    """Return the run that mends `workshop.target`; its input is the one that was loaded."""
    load = patient.load
    kept = {name: value for name, value in load.attributes.items() if name not in NOT_KEPT}
    return Pipeline(
        name=load.pipeline,
        source=load.source,
        # The same input: the next `ingest` of it finds its work done.
        fingerprint=load.fingerprint,
        steps=(
            Step(
                REPAIR,
                partial(repair, workshop=workshop, patient=patient, deep=deep, looked=looked),
            ),
        ),
        versions=versions,
        attributes={**kept, REPAIR: True, "deep": deep},
        own=workshop.target.own,
        disconnect=workshop.target.disconnect,
    )


async def repair(
    run: StepRun, *, workshop: Workshop, patient: Patient, deep: bool, looked: Looked
) -> StepResult:
    """Mend every class, in an order in which targets come first.

    Raises:
        StepFailed: something differs still after it was mended.
    """
    await prepare_classes(run, workshop.target)
    await run.reject(patient.rejected)
    mark_all_absent(workshop.catalogue, REJECTING_STEPS, run.state.rejected)
    digests: dict[str, str] = {}
    extra = 0
    mended: Counter[str] = Counter(run.counts)  # by earlier attempts
    for _, class_name in CLASS_STEPS:
        repairing = _Repairing(run, workshop, class_name, mended, deep=deep, looked=looked)
        digests[class_name] = await repairing.repaired()
        extra += len(repairing.extra)
    return StepResult(
        counts=patient.load.counts,
        relations=patient.load.relations,
        dangling=patient.load.dangling,
        digests=digests,
        summary={**_kept_summary(patient.load.summary), "extra": extra, **_mended_summary(mended)},
    )


class _Repairing:
    """One class's repair; `mended` counts on by class."""

    def __init__(
        self,
        run: StepRun,
        workshop: Workshop,
        class_name: str,
        mended: Counter[str],
        *,
        deep: bool,
        looked: Looked,
    ) -> None:
        self._run = run
        self._shop = workshop
        self._class_name = class_name
        self._mended = mended
        self._deep = deep
        self._looked = looked
        self._expected: dict[int, int] = {}
        self.extra: dict[UUID, str] = {}

    async def repaired(self) -> str:
        """Mend until nothing is wrong; return the digest of what is there, extra objects too."""
        self._run.check()
        # In a thread: a million objects take a minute, and the lease's heartbeats run here.
        self._expected = await anyio.to_thread.run_sync(
            expected_numbers, self._shop.catalogue, self._class_name
        )
        inspection = await self._inspected()
        touched: set[int] = set()
        for neighbours in NEIGHBOURS:
            if not inspection.wrong:
                break
            touched.update(
                await mend_wrong(
                    self._run,
                    self._shop,
                    self._class_name,
                    inspection.difference.wrong,
                    sorted(inspection.invisible),
                    self._expected,
                    neighbours=neighbours,
                    mended=self._count,
                )
            )
            await self._run.checkpoint()
            inspection = await self._inspected_again(sorted(touched))
        if inspection.wrong:
            differing, unseen = inspection.difference.wrong, sorted(inspection.invisible)
            what = still_wrong(self._shop, self._class_name, differing, unseen)
            raise StepFailed(f"repair: {what}")
        if touched or self._run.state.attempt > 1:
            there = sorted(self._expected.values())
            await write_out(self._run, self._shop, self._class_name, there)
        self.extra = inspection.difference.extra
        return await anyio.to_thread.run_sync(
            expected_digest, self._shop.catalogue, self._class_name, self.extra
        )

    async def _inspected(self) -> Inspection:
        """Look at everything, as `validate` does."""
        return await inspect_class(
            self._shop.catalogue,
            self._shop.target,
            self._class_name,
            self._expected,
            embedder=self._shop.embedder if self._deep else None,
            looked=self._look,
        )

    async def _inspected_again(self, touched: Sequence[int]) -> Inspection:
        """Look at everything at a glance, and closely at what was written.

        What was written anew may have taken its place in the vector index from something else.
        """
        await self._run.let_settle()
        catalogue, target = self._shop.catalogue, self._shop.target
        difference = await compare_class(catalogue, target, self._expected, self._class_name)
        close = await inspect_closely(
            catalogue,
            target,
            difference,
            touched,
            embedder=self._shop.embedder,
            looked=self._look,
        )
        if target.tears:
            others = set(self._expected.values()).difference(touched)
            present = sorted(others.difference(difference.missing))
            close.invisible |= await unfound(catalogue, target, self._class_name, present)
        return close

    def _look(self, class_name: str, done: int, of: int) -> None:
        self._run.check()
        self._looked(class_name, done, of)

    async def _count(self, mended: int) -> None:
        if mended:
            self._mended[self._class_name] += mended
            await self._run.settle(self._run.settled + mended, self._mended)


def _kept_summary(summary: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """Return what a load said that holds after the repair as well."""
    dropped = (MENDED, "unsure")
    return {name: value for name, value in summary.items() if not name.startswith(dropped)}


def _mended_summary(mended: Mapping[str, int]) -> dict[str, Attribute]:
    by_class: dict[str, Attribute] = {f"{MENDED}_{name}": mended[name] for name in sorted(mended)}
    return {MENDED: sum(mended.values()), **by_class}
