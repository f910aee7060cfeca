"""What happens to a completed load behind its back is found, and mended by the real command."""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from uuid import UUID

import anyio
import httpx
import pytest

from ingest.target import Target, TargetObject, Verdict
from ingest.wiring.opening import opened_target
from tests.acceptance.conftest import weaviate_place
from tests.acceptance.digest import Digest, differing, digest, invisible, objects
from tests.acceptance.place import KILLED, Done, Place
from tests.server import Weaviate, WeaviateServer

pytestmark = pytest.mark.esco

REFERENCE = "memberOfSkillGroup"
REMOVED, CHANGED, TORN, TAKEN = 40, 10, 150, 20
SECONDS = 15.0
LOOKS = 10
DEADLINES = (0.05, 0.1, 0.2, 0.4, 0.03, 0.8)  # one may end between storing and indexing
# Each kill is followed by another repair; the last goes to its end.
MOMENTS = (
    "write:1:2",
    "write:2:2",
    "before:step_completed:repair",
    "after:step_completed:repair",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """How many skills are not as they were, by what `validate` sees of it."""

    missing: int
    different: int
    hidden: int  # changed under the old hash
    torn: Sequence[TargetObject]  # not found by their vectors when they had been torn


async def test_what_was_removed_changed_robbed_and_torn_is_mended(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small)
    damage = await damaged(place)

    found, invisible = await validated_at_rest(place, damage)
    assert found.code == 4
    skills = found.document["classes"]["Skill"]
    assert (skills["missing"], skills["invisible"]) == (damage.missing, invisible)
    assert skills["different"] == damage.different
    assert found.document["skills_indexed"] == 871 - damage.missing - invisible

    mended(place)
    assert place.start("validate", "--json").done().document["valid"]
    assert mended(place, "--deep").document["mended"] == {"Skill": damage.hidden}

    assert place.ingest(small).outcome == "already_completed"
    assert [run["kind"] for run in place.ask("history")] == ["repair", "repair", "load"]
    await check_whole(place, undisturbed)


async def test_a_repair_killed_again_and_again_is_brought_to_its_end_by_the_next(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small)
    await damaged(place)
    for moment in MOMENTS:
        killed = place.start("repair", driven=("--at", f"KILL:{moment}")).done()
        assert killed.code == KILLED, (moment, killed.told)

    mended(place)
    mended(place, "--deep")

    assert [run["attempts"] for run in place.ask("history")] == [1, 1 + len(MOMENTS), 1]
    await check_whole(place, undisturbed)


async def test_a_load_brings_a_repair_to_a_good_end_that_was_killed(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    place.ingest(small)
    await damaged(place)
    killed = place.start("repair", driven=("--at", "KILL:write:2:2")).done()
    assert killed.code == KILLED, killed.told

    assert place.ingest(small, "--resume").outcome == "ran"

    await check_whole(place, undisturbed)


@pytest.mark.weaviate
async def test_a_repair_goes_on_by_itself_after_its_server_was_killed(
    own_weaviate: WeaviateServer, small: Path, undisturbed: Digest
) -> None:
    place = weaviate_place(own_weaviate, ttl_seconds=60)
    place.ingest(small)
    await damaged(place)
    repairing = place.start(
        "repair", "--deep", "--json", "--wait", "120", driven=("--at", "STOP:write:2:3")
    )
    repairing.until_stopped()
    os.kill(own_weaviate.pid, signal.SIGKILL)  # with requests in flight
    repairing.send_signal(signal.SIGCONT)
    own_weaviate.kill()
    own_weaviate.start()

    done = repairing.done()

    assert done.code == 0, done.told
    await check_whole(place, undisturbed)


@pytest.mark.weaviate
async def test_objects_that_nothing_leads_to_are_found_again_once_their_neighbours_are_written(
    clean_weaviate: Weaviate,
    small: Path,
    undisturbed: Digest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So few links that a small graph shows what a large one does now and then."""
    place = weaviate_place(clean_weaviate)
    monkeypatch.setattr("ingest.targets.weaviate_schema.MOST_LINKS", 5)
    monkeypatch.setattr("ingest.targets.weaviate_schema.CONSTRUCTION_EFFORT", 16)
    async with opened_target(place.settings) as target:
        await target.prepare()  # what is there keeps its settings
    place.ingest(small)
    found = place.start("validate", "--json").done()
    assert found.code == 4
    unled = found.document["classes"]["Skill"]["invisible"]
    assert unled > 0
    assert found.document["classes"]["Skill"]["missing"] == 0

    repaired = mended(place)

    assert repaired.document["mended"]["Skill"] >= unled  # and neighbours, as chance has it
    assert place.start("validate", "--json").done().document["valid"]
    await check_whole(place, undisturbed)


async def validated_at_rest(place: Place, damage: Damage) -> tuple[Done, int]:
    """Validate until the index says the same before and after; return how many it hides, too.

    Of 35 that two looks, a second apart, had not found, `validate` found 6 soon after, and of 3 all
    (each seen once): the server still worked on its index, where much had just been deleted.
    """
    for _ in range(LOOKS):
        before = await _unseen(place, damage.torn)
        found = place.start("validate", "--json").done()
        if await _unseen(place, damage.torn) == before:
            return found, len(before)
    pytest.fail(f"the index was never at rest in {LOOKS} looks")


async def _unseen(place: Place, torn: Sequence[TargetObject]) -> list[UUID]:
    async with opened_target(place.settings) as target:
        return [held.id for held in torn if not await target.found_by_vector(held)]


def mended(place: Place, *options: str) -> Done:
    """Repair to the end."""
    done = place.start("repair", "--json", *options).done()
    assert done.code == 0, done.told
    assert done.document["outcome"] == "repaired"
    assert sum(done.document["mended"].values()) > 0
    return done


async def check_whole(place: Place, undisturbed: Digest) -> None:
    """Check every object, how it can be found, and the status."""
    assert differing(await digest(place.settings), undisturbed) == []
    held = await objects(place.settings)
    if place.server is not None and await invisible(place.settings, held):
        # Seen twice, where many objects had been deleted and written again: the run had found all
        # of them at its end, and then some were not found. The server rebuilds its index around
        # what was deleted, every five minutes; that this is the cause is not proven. What can be
        # asked is that it is not silent, and mended.
        assert place.start("validate", "--json").done().code == 4
        mended(place)
    assert await invisible(place.settings, held) == []
    assert place.check_status_by_hand()["status"] == "completed"


async def damaged(place: Place) -> Damage:
    """Remove, change, rob and, where that can be, tear skills behind the journal's back."""
    skills = [held for held in await objects(place.settings) if held.class_name == "Skill"]
    referred = {key for held in skills for ids in held.references.values() for key in ids}
    chance = Random(4)
    # None that another skill refers to: in SQLite that one would lose its reference as well.
    leaves = chance.sample([held for held in skills if held.id not in referred], REMOVED)
    others = [held for held in skills if held.id in referred and held.references[REFERENCE]]
    changed, robbed, doubled = others[:CHANGED], others[CHANGED], others[CHANGED + 1]
    if place.server is None:
        _damage_file(place, leaves, changed, robbed)
        return Damage(missing=REMOVED, different=1, hidden=CHANGED, torn=())
    _damage_server(place.server, leaves, changed, robbed, doubled)
    gone, torn = await _torn(place, others[CHANGED + 2 :][:TORN])
    return Damage(missing=REMOVED + gone, different=2, hidden=CHANGED, torn=torn)


def _damage_file(
    place: Place, leaves: list[TargetObject], changed: list[TargetObject], robbed: TargetObject
) -> None:
    relabel = "UPDATE objects SET properties = json_set(properties, '$.preferredLabel', 'mine')"
    with closing(sqlite3.connect(place.store.removeprefix("sqlite:///"))) as db, db:
        for held in leaves:
            db.execute("DELETE FROM objects WHERE id = ?", (held.id.bytes,))
        for held in changed:
            db.execute(f"{relabel} WHERE id = ?", (held.id.bytes,))
        db.execute(
            "DELETE FROM refs WHERE source = (SELECT row FROM objects WHERE id = ?)"
            " AND property = (SELECT number FROM reference_names WHERE name = ?)",
            (robbed.id.bytes, REFERENCE),
        )


def _damage_server(
    server: Weaviate,
    leaves: list[TargetObject],
    changed: list[TargetObject],
    robbed: TargetObject,
    doubled: TargetObject,
) -> None:
    """The reference that one loses the other gets: their number stays what it was."""
    with httpx.Client(base_url=f"{server.url}/v1/objects/Skill", timeout=60) as client:
        for held in leaves:
            client.delete(f"/{held.id}").raise_for_status()
        for held in changed:
            label = {"class": "Skill", "properties": {"preferredLabel": "mine"}}
            client.patch(f"/{held.id}", json=label).raise_for_status()
        for held, method in ((robbed, "DELETE"), (doubled, "POST")):
            beacon = f"weaviate://localhost/SkillGroup/{held.references[REFERENCE][0]}"
            path = f"/{held.id}/references/{REFERENCE}"
            client.request(method, path, json={"beacon": beacon}).raise_for_status()


async def _torn(place: Place, chosen: list[TargetObject]) -> tuple[int, Sequence[TargetObject]]:
    """Write with a deadline that can not be met; return how many objects are gone, which torn."""
    assert place.server is not None
    async with opened_target(place.settings) as target:
        for deadline_seconds in DEADLINES:
            with httpx.Client(base_url=f"{place.server.url}/v1/objects/Skill") as client:
                for held in chosen:
                    client.delete(f"/{held.id}", timeout=60)
            await target.upsert(chosen, timeout_seconds=deadline_seconds)
            seen = None
            while True:  # until two looks agree: the server still stores, and then indexes
                found = [await target.read("Skill", held.id) for held in chosen]
                there = [held for held in found if held is not None]
                unseen = [held for held in there if not await target.found_by_vector(held)]
                if seen == (len(there), len(unseen)):
                    break
                seen = len(there), len(unseen)
                await anyio.sleep(1)
            if unseen:
                return len(chosen) - len(there), unseen
        # A server that was too quick each time: what a tear takes out of the index goes by hand.
        await _written(target, chosen)
        taken = [replace(held, vector=None) for held in chosen[:TAKEN]]
        await target.upsert(taken, timeout_seconds=SECONDS)
        return 0, taken


async def _written(target: Target, chosen: list[TargetObject]) -> None:
    """Write all objects: one that refers to another of them is refused until that one is there."""
    for _ in chosen:
        reply = await target.upsert(chosen, timeout_seconds=SECONDS)
        if all(outcome.verdict is Verdict.ACKNOWLEDGED for outcome in reply.outcomes):
            return
    pytest.fail(f"not all acknowledged: {Counter(reply.outcomes)}")
