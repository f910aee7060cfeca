"""The last step of a load: the target equals the input, seen in every index, or it fails.

Knows the comparison, the sender and the running step. What differs is mended (blank and
whole) and compared again; a run is completed only after this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

import anyio
import anyio.to_thread

from ingest.comparison import (
    compare_class,
    expected_hashes,
    reference_difference,
    wrong_references,
)
from ingest.loader import Workshop, mark_all_absent, unsure_name
from ingest.objects import class_digest, embedding_text
from ingest.pace import Pace
from ingest.sending import Parcel, Sender
from ingest.target import TargetObject
from journal import StepFailed, StepResult, StepRun

MEND_ROUNDS = 3
LOOKUPS_AT_ONCE = 4
MEND_CHUNK = 128


async def verify(run: StepRun, workshop: Workshop, steps: Sequence[tuple[str, str]]) -> StepResult:
    """Hold every class against the input; `steps` are (step, class) in loading order.

    Raises:
        StepFailed: something differs still after it was mended.
    """
    mark_all_absent(workshop.catalogue, steps, run.state.rejected)
    digests: dict[str, str] = {}
    extra = 0
    for step, class_name in steps:
        run.check()
        verifying = _Verifying(run, workshop, step, class_name)
        digests[class_name] = await verifying.verified()
        extra += len(verifying.extra)
    return StepResult(digests=digests, summary={"extra": extra})


class _Verifying:
    """One class's verification."""

    def __init__(self, run: StepRun, workshop: Workshop, step: str, class_name: str) -> None:
        self._run = run
        self._shop = workshop
        self._step = step
        self._class_name = class_name
        self._expected: dict[UUID, tuple[int, str]] = {}
        self.extra: dict[UUID, str] = {}

    async def verified(self) -> str:
        """Mend until nothing differs; return the digest of what is there, extra objects too."""
        # In a thread: a million objects take a minute, and the lease's heartbeats run here.
        self._expected = await anyio.to_thread.run_sync(
            expected_hashes, self._shop.catalogue, self._class_name
        )
        unseen = self._doubtful()
        for repairs_left in range(MEND_ROUNDS, -1, -1):
            wrong = sorted({*await self._wrong(), *await self._invisible(unseen)})
            if not wrong:
                hashes = {key: content_hash for key, (_, content_hash) in self._expected.items()}
                return class_digest(hashes | self.extra)
            if repairs_left:
                # Journaled before it begins: whoever goes on after a kill looks at everything.
                await self._run.settle(self._run.settled + 1)
                await self._run.checkpoint()
                await self._mend(wrong)
                unseen = sorted({*unseen, *wrong})
        raise StepFailed(
            f"verify: {len(wrong)} objects of {self._class_name} still differ from the input"
            f" after {MEND_ROUNDS} repairs, the first is"
            f" {self._shop.catalogue.classes[self._class_name].uris[wrong[0]]};"
            " is something else writing to this class?"
        )

    async def _wrong(self) -> list[int]:
        """Return the records whose object is missing or differs, references included."""
        catalogue, target = self._shop.catalogue, self._shop.target
        difference = await compare_class(catalogue, target, self._expected, self._class_name)
        self.extra = difference.extra
        if difference.wrong:
            return difference.wrong
        if await reference_difference(catalogue, target, self._class_name):
            # Extra objects hold references too, so only a look at each object tells.
            return await wrong_references(catalogue, target, self._class_name)
        return []

    def _doubtful(self) -> list[int]:
        """Return the records that ever had an unknown outcome, here or in an earlier attempt.

        A server that was killed has lost the last that it acknowledged from its vector index,
        so the window before an unknown outcome is in doubt too.
        """
        if not self._shop.target.tears:
            return []
        records = self._shop.catalogue.classes[self._class_name]
        doubtful = {index for name, index in self._shop.unsure if name == self._class_name}
        # What an earlier attempt was unsure of in a step that it completed went with its memory;
        # the step says how many there were.
        is_forgotten = len(doubtful) < int(
            self._run.state.summary.get(unsure_name(self._class_name), 0)
        )
        order = [int(index) for level in records.order.levels for index in level]
        window = self._run.state.window
        for position in [at for at, index in enumerate(order) if index in doubtful]:
            doubtful |= set(order[max(0, position - window) : position])
        doubtful |= set(records.order.cyclic.tolist())
        for suspect in self._run.state.suspects:
            # An attempt ended in here while it mended: what it wrote may be torn.
            is_forgotten |= suspect.step == self._run.name and suspect.settled > 0
            if suspect.step != self._step and suspect.step in self._run.state.steps:
                continue
            if suspect.fingerprint == self._run.state.fingerprint:
                first = max(0, suspect.settled - suspect.window)
                doubtful |= set(order[first : suspect.settled + suspect.window])
            else:
                doubtful |= set(order)
        if is_forgotten:
            doubtful = set(order)
        return sorted(doubtful - self._shop.catalogue.absent[self._class_name])

    async def _invisible(self, indices: Iterable[int]) -> list[int]:
        """Return those that a filter or their own vector does not find."""
        invisible: list[int] = []
        limiter = anyio.CapacityLimiter(LOOKUPS_AT_ONCE)

        async def look(sought: TargetObject, index: int) -> None:
            async with limiter:
                target = self._shop.target
                seen = await target.found_by_filter(self._class_name, sought.uri)
                if not (seen and await target.found_by_vector(sought)):
                    invisible.append(index)

        for chunk in _chunks(list(indices)):
            self._run.check()
            async with anyio.create_task_group() as tasks:
                for index, whole in zip(chunk, await self._embedded(chunk), strict=True):
                    tasks.start_soon(look, whole, index)
        return invisible

    async def _mend(self, indices: Sequence[int]) -> None:
        """Write the records twice, blank and whole, in the order of their levels."""
        records = self._shop.catalogue.classes[self._class_name]
        wrong = set(indices)
        pace = Pace()
        sender = Sender(
            self._run,
            self._shop.target,
            self._shop.clock,
            pace,
            anyio.CapacityLimiter(pace.in_flight),
            request_seconds=self._shop.request_seconds,
            unsure=self._shop.unsure,
        )
        cyclic = set(records.order.cyclic.tolist())
        written: list[Parcel] = []
        for level in records.order.levels:
            for chunk in _chunks([int(index) for index in level if int(index) in wrong]):
                # What is on a cycle can be written whole only where all of the cycle is.
                for parcel in await self._parcels([i for i in chunk if i in cyclic], first=True):
                    await sender.create(parcel)
                wholes = await self._parcels([i for i in chunk if i not in cyclic])
                await sender.settle(wholes)
                written = wholes or written
        for chunk in _chunks(sorted(wrong & cyclic)):
            written = await self._parcels(chunk)
            await sender.settle(written)
        await sender.flush(written)

    async def _parcels(self, indices: Sequence[int], *, first: bool = False) -> list[Parcel]:
        """Return the records to be written twice, or as they are first created."""
        records = self._shop.catalogue.classes[self._class_name]
        return [
            Parcel(
                position=index,
                index=index,
                sent=sent,
                file=records.file,
                line=records.lines[index],
                twice=True,
            )
            for index, sent in zip(
                indices, await self._embedded(indices, without_cycles=first), strict=True
            )
        ]

    async def _embedded(
        self, indices: Sequence[int], *, without_cycles: bool = False
    ) -> list[TargetObject]:
        catalogue = self._shop.catalogue
        built = [
            catalogue.to_object(self._class_name, index, without_cycles=without_cycles)
            for index in indices
        ]
        if not built:
            return []
        vectors = await self._shop.embedder.embed(
            [embedding_text(each.properties) for each in built]
        )
        return [replace(each, vector=vector) for each, vector in zip(built, vectors, strict=True)]


def _chunks(indices: Sequence[int]) -> list[Sequence[int]]:
    return [indices[at : at + MEND_CHUNK] for at in range(0, len(indices), MEND_CHUNK)]
