"""Writing records of one class again, blank and whole, in an order in which targets come first.

Knows the catalogue, the sender and the running step. An equal write heals nothing that is
torn, and what a hash hides can not be told from it: so everything is written twice.
"""

from collections.abc import Awaitable, Callable, Sequence

import anyio

from ingest.comparison import Expected
from ingest.loader import TAIL, Workshop
from ingest.pace import Pace
from ingest.sending import Parcel, Sender
from ingest.visibility import nearest_to
from ingest.wholes import chunks, wholes
from journal import StepRun

# How many of the nearest objects are written anew before one that no search finds, in each round
# of mending. None at first: what is torn heals by itself being written.
NEIGHBOURS = (0, 2, 4, 4, 8)
MEND_ROUNDS = len(NEIGHBOURS)


async def _nobody(mended: int) -> None:
    """Tell nobody."""


async def mend(
    run: StepRun,
    workshop: Workshop,
    class_name: str,
    indices: Sequence[int],
    *,
    mended: Callable[[int], Awaitable[None]] = _nobody,
) -> None:
    """Write the records twice; `mended` is told of each part how many it were.

    Raises:
        StoreUnavailable: the target takes nothing any more.
        LeaseLost, Stopped: the run must not go on.
    """
    records = workshop.catalogue.classes[class_name]
    wrong = set(indices)
    cyclic = set(records.order.cyclic.tolist())
    sender = _sender(run, workshop)
    written: list[Parcel] = []
    for level in records.order.levels:
        for chunk in chunks([int(index) for index in level if int(index) in wrong]):
            # What is on a cycle can be written whole only where all of the cycle is.
            firsts = [index for index in chunk if index in cyclic]
            for parcel in await _parcels(workshop, class_name, firsts, first=True):
                await sender.create(parcel)
            parcels = await _parcels(workshop, class_name, [i for i in chunk if i not in cyclic])
            await sender.settle(parcels)
            written = parcels or written
            await mended(len(parcels))
    for chunk in chunks(sorted(wrong & cyclic)):
        written = await _parcels(workshop, class_name, chunk)
        await sender.settle(written)
        await mended(len(written))
    await sender.flush(written)


async def mend_wrong(
    run: StepRun,
    workshop: Workshop,
    class_name: str,
    differing: Sequence[int],
    unseen: Sequence[int],
    expected: Expected,
    *,
    neighbours: int,
    mended: Callable[[int], Awaitable[None]] = _nobody,
) -> list[int]:
    """Write what differs, and what no search finds, and return all that was written for it.

    Neighbours of what is not found are written only where nothing differs: one may refer to what
    is missing. Raises as `mend` does.
    """
    around: list[int] = []
    if not differing:
        around = await mend_around(
            run, workshop, class_name, unseen, expected, neighbours=neighbours, mended=mended
        )
    wrong = [*differing, *unseen]
    await mend(run, workshop, class_name, wrong, mended=mended)
    return [*around, *wrong]


async def mend_around(
    run: StepRun,
    workshop: Workshop,
    class_name: str,
    unseen: Sequence[int],
    expected: Expected,
    *,
    neighbours: int,
    mended: Callable[[int], Awaitable[None]] = _nobody,
) -> list[int]:
    """Write anew what lies nearest to objects that no search finds, and return which it was.

    The vector index is a graph. An object may be in it and not to be reached: each of its
    neighbours has links enough and gave up the one to it. One that is written anew has few, and
    takes the link when the object itself is written after it. `expected` is all that must be
    there; what else lies near can not be written.
    """
    if not unseen or not neighbours:
        return []
    records = workshop.catalogue.classes[class_name]
    ids = [records.id_of(index) for index in unseen]
    near = await nearest_to(workshop.target, class_name, ids, each=neighbours)
    around = sorted(expected[key.int] for key in near if key.int in expected)
    await mend(run, workshop, class_name, around, mended=mended)
    return around


def still_wrong(
    workshop: Workshop, class_name: str, differing: Sequence[int], unseen: Sequence[int]
) -> str:
    """Return in words what is wrong after all rounds; `unseen` are those that no search finds."""
    uris = workshop.catalogue.classes[class_name].uris
    if differing:
        return (
            f"{len(differing)} objects of {class_name} still differ from the input after"
            f" {MEND_ROUNDS} repairs, the first is {uris[differing[0]]};"
            " is something else writing to this class?"
        )
    return (
        f"{len(unseen)} objects of {class_name} are stored and found by no search after"
        f" {MEND_ROUNDS} repairs, the first is {uris[unseen[0]]};"
        " drop the classes with varity-journal reset and load them anew"
    )


async def write_out(
    run: StepRun, workshop: Workshop, class_name: str, indices: Sequence[int]
) -> None:
    """Leave nothing that a kill of the server could take back of records that equal their objects.

    The flush at the end of a step, or of `mend`, may have indexed something itself: what a late
    write had blanked right before it. That again stands in memory only, until a flush that finds
    all of it equal.

    Raises:
        StoreUnavailable: the target does not do it.
        LeaseLost, Stopped: the run must not go on.
    """
    await _sender(run, workshop).flush(await _parcels(workshop, class_name, indices[-TAIL:]))


def _sender(run: StepRun, workshop: Workshop) -> Sender:
    pace = Pace()
    return Sender(
        run,
        workshop.target,
        workshop.clock,
        pace,
        anyio.CapacityLimiter(pace.in_flight),
        request_seconds=workshop.request_seconds,
        unsure=workshop.unsure,
    )


async def _parcels(
    workshop: Workshop, class_name: str, indices: Sequence[int], *, first: bool = False
) -> list[Parcel]:
    """Return the records to be written twice, or as they are first created."""
    records = workshop.catalogue.classes[class_name]
    objects = await wholes(
        workshop.catalogue, workshop.embedder, class_name, indices, without_cycles=first
    )
    return [
        Parcel(
            position=index,
            index=index,
            sent=sent,
            file=records.file,
            line=records.lines[index],
            twice=True,
        )
        for index, sent in zip(indices, objects, strict=True)
    ]
