"""Trouble to plan, and how to read what came of it."""

from collections.abc import Mapping, Sequence
from random import Random
from uuid import UUID

from ingest.catalogue import Catalogue
from ingest.objects import object_id
from ingest.target import TargetObject
from journal.events import Checkpoint, Recorded
from tests.loading.runs import World
from tests.loading.sources import skill_uri
from tests.loading.tearing import Fault, FaultPlan, Sent, content


def skill_id(number: int) -> UUID:
    """Return the object id of skill `number`."""
    return object_id(skill_uri(number))


async def undisturbed(
    catalogue: Catalogue, *, refusing: frozenset[str] = frozenset()
) -> Mapping[str, Mapping[UUID, object]]:
    """Return what a load without any trouble leaves."""
    world = World(catalogue)
    await world.load(refusing=refusing)
    return content(world.database)


def seeded(seed: int, *, share: float = 0.4) -> FaultPlan:
    """Return faults at random: every kind, about `share` of the requests."""
    random = Random(seed)

    def fault(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        if random.random() > share:
            return None
        applied = random.randint(0, len(objects))
        return Fault(
            applied=applied,
            torn=random.randint(0, applied),
            unknown=random.choice([None, random.randint(0, len(objects))]),
            lost=random.random() < 0.5,
            pushback=random.random() < 0.5,
        )

    return fault


def positions(catalogue: Catalogue) -> list[tuple[str, bool]]:
    """Return (uri, is a create) of every position in the order of the step "skills"."""
    records = catalogue.classes["Skill"]
    cyclic = set(records.order.cyclic.tolist())
    first = [int(index) for level in records.order.levels for index in level]
    return [
        *((records.uris[index], index in cyclic) for index in first),
        *((records.uris[index], False) for index in sorted(cyclic)),
    ]


def settled_skills(entry: Recorded | Sent) -> int:
    """Return how far the entry, if a checkpoint of the step "skills", settles it; else 0."""
    if isinstance(entry, Sent) or not isinstance(entry.event, Checkpoint):
        return 0
    return entry.event.settled if entry.event.step == "skills" else 0
