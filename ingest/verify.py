"""The last step of a load: the target equals the input, seen in every index, or it fails.

Knows the comparison, the mending and the running step. What differs is mended (blank and
whole) and compared again; a run is completed only after this.
"""

from collections.abc import Sequence
from uuid import UUID

import anyio.to_thread

from ingest.comparison import compare_class, expected_digest, expected_numbers, read_all
from ingest.loader import Workshop, mark_all_absent
from ingest.mending import NEIGHBOURS, mend_wrong, still_wrong, write_out
from ingest.visibility import unfiltered, unindexed
from journal import UNSETTLED, StepFailed, StepResult, StepRun
from journal.events import Attribute


async def verify(run: StepRun, workshop: Workshop, steps: Sequence[tuple[str, str]]) -> StepResult:
    """Hold every class against the input; `steps` are (step, class) in loading order.

    Raises:
        StepFailed: something differs still after it was mended.
    """
    mark_all_absent(workshop.catalogue, steps, run.state.rejected)
    digests: dict[str, str] = {}
    extra = 0
    torn: list[str] = []
    for step, class_name in steps:
        run.check()
        verifying = _Verifying(run, workshop, class_name)
        digests[class_name] = await verifying.verified()
        extra += len(verifying.extra)
        torn += [step] if verifying.has_torn_extra else []
    kept: dict[str, Attribute] = {UNSETTLED: ",".join(torn)} if torn else {}
    return StepResult(digests=digests, summary={"extra": extra, **kept})


class _Verifying:
    """One class's verification."""

    def __init__(self, run: StepRun, workshop: Workshop, class_name: str) -> None:
        self._run = run
        self._shop = workshop
        self._class_name = class_name
        self._expected: dict[int, int] = {}
        self._extra_uris: dict[UUID, str] = {}
        self.extra: dict[UUID, str] = {}
        # Nothing here can mend it: the input does not say what it must be. An input that does may
        # come, and find it there with the right hash.
        self.has_torn_extra = False

    async def verified(self) -> str:
        """Mend until nothing differs; return the digest of what is there, extra objects too."""
        # In a thread: a million objects take a minute, and the lease's heartbeats run here.
        self._expected = await anyio.to_thread.run_sync(
            expected_numbers, self._shop.catalogue, self._class_name
        )
        differing, unseen = await self._looked_at()
        for neighbours in NEIGHBOURS:
            if not differing and not unseen:
                break
            await mend_wrong(
                self._run,
                self._shop,
                self._class_name,
                differing,
                unseen,
                self._expected,
                neighbours=neighbours,
            )
            differing, unseen = await self._looked_at()
        if differing or unseen:
            what = still_wrong(self._shop, self._class_name, differing, unseen)
            raise StepFailed(f"verify: {what}")
        self._expected = {}  # of a million objects more than all else here
        return await anyio.to_thread.run_sync(
            expected_digest, self._shop.catalogue, self._class_name, self.extra
        )

    async def _looked_at(self) -> tuple[list[int], list[int]]:
        """Return the records that are missing or differ, and those that are unseen.

        If there are none, it lasts: a server that dies in between may take some with it.
        """
        while True:
            await self._run.let_settle()
            incarnation = await self._shop.incarnation()
            differing = await self._wrong()
            unseen = await self._invisible()
            if differing or unseen or not self._is_in_doubt():
                return differing, unseen
            there = sorted(self._expected.values())
            await write_out(self._run, self._shop, self._class_name, there)
            if await self._shop.incarnation() == incarnation:
                return [], []
            self._run.check()

    async def _wrong(self) -> list[int]:
        """Return the records whose object is missing or differs, references included."""
        difference = await compare_class(
            self._shop.catalogue, self._shop.target, self._expected, self._class_name
        )
        self.extra, self._extra_uris = difference.extra, difference.extra_uris
        return difference.wrong

    async def _invisible(self) -> list[int]:
        """Return the records whose object a filter or a search by vector does not find.

        Looks up all of them as soon as anything was in doubt, not only what was: positions do
        not tell what a server that was killed had in memory, and an earlier attempt's doubts
        went with its memory.
        """
        if not self._is_in_doubt():
            return []
        uris = self._shop.catalogue.classes[self._class_name].uris
        sought = {UUID(int=key): uris[index] for key, index in self._expected.items()}
        sought |= self._extra_uris
        unseen = await unfiltered(self._shop.target, self._class_name, sought)
        self._run.check()
        unseen |= await unindexed(self._shop.target, self._class_name, sought)
        self.has_torn_extra = await self._is_any_torn(sorted(unseen & self.extra.keys()))
        return sorted(self._expected[key.int] for key in unseen - self.extra.keys())

    async def _is_any_torn(self, extra: Sequence[UUID]) -> bool:
        """Whether one of the extra objects that are not found could be taken for a whole one.

        One without a vector or a hash could not: an input that has it writes it anew.
        """
        found = await read_all(self._shop.target, self._class_name, extra)
        return any(
            whole.vector is not None and whole.uri and whole.content_hash
            for whole in found
            if whole is not None
        )

    def _is_in_doubt(self) -> bool:
        """Whether this attempt or one before it may have left an object out of an index."""
        state = self._run.state
        is_in_doubt = bool(self._shop.unsure or state.suspects) or state.attempt > 1
        return self._shop.target.tears and is_in_doubt
