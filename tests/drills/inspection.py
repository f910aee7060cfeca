"""Holding a target against what an undisturbed load made of the same input.

Goes through the target's port, object by object: what is there, what it holds, and whether it
is found by id, by filter and by its own vector.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.settings import Settings
from ingest.target import TargetObject
from tests.acceptance.digest import WAYS, Parts, name_of, objects, parts_of, unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """The parts of each object, by "Class/id", after a load in peace."""

    parts: dict[str, Parts]

    @classmethod
    async def read(cls, settings: Settings) -> "Undisturbed":
        """Read a target that nobody disturbed."""
        return cls(parts={name_of(held): parts_of(held) for held in await objects(settings)})


async def harm(settings: Settings, undisturbed: Undisturbed) -> Counter[str]:
    """Return how many objects are harmed, by the names of `figures.HARM`."""
    held = await objects(settings)
    found = _differences(held, undisturbed)
    for ways in (await unseen(settings, held, ways=WAYS)).values():
        found.update(f"invisible_by_{way}" for way in ways)
    return found


async def torn(settings: Settings) -> int:
    """Return how many objects lie in the target and are missing in one of its indexes."""
    return len(await unseen(settings, await objects(settings), ways=("filter", "vector")))


def _differences(held: Iterable[TargetObject], undisturbed: Undisturbed) -> Counter[str]:
    found: Counter[str] = Counter()
    seen = {name_of(one): parts_of(one) for one in held}
    addresses = Counter((one.class_name, one.uri) for one in held)
    found["duplicated"] = sum(times - 1 for times in addresses.values())
    found["lost"] = len(undisturbed.parts.keys() - seen.keys())
    found["extra"] = len(seen.keys() - undisturbed.parts.keys())
    for name in seen.keys() & undisturbed.parts.keys():
        is_, was = seen[name], undisturbed.parts[name]
        found["different"] += (is_.properties, is_.vector) != (was.properties, was.vector)
        found["reference_differences"] += is_.references != was.references
    return found
