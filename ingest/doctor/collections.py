"""Checks of the pipeline's classes in a Weaviate server: their shape, owner and shards.

Asks by REST only. What a class must look like is the target's word.
"""

from typing import Any

from ingest.diagnosis import Finding, ok, problem, warning
from ingest.rights import EVENTS
from ingest.targets.weaviate_schema import class_definition, difference, missing_properties, owner
from journal.errors import StoreRefused
from journal.stores.rest import Rest
from schemas import ClassSchema

READ_ONLY = "READONLY"


async def classes(
    rest: Rest, schemas: tuple[ClassSchema, ...], *, pipeline: str, prefix: str
) -> Finding:
    """Compare the classes that are there with what a load would make of them."""
    there = await _there(rest)
    complete = 0
    for schema in schemas:
        wanted = class_definition(schema, prefix=prefix, pipeline=pipeline)
        found = there.get(wanted["class"])
        if found is None:
            continue
        if (whose := owner(found)) != pipeline:
            named = f"belongs to pipeline {whose}" if whose else "is not one of ours"
            return problem(
                "classes",
                f"{wanted['class']} {named}",
                "keep the two apart by --prefix, or drop that class",
            )
        if other := difference(wanted, found):
            return problem(
                "classes",
                f"{wanted['class']}: {other}",
                "`varity-journal reset` drops the pipeline's classes",
            )
        complete += not missing_properties(wanted, found)
    events = "with" if EVENTS in there else "without"
    return ok("classes", f"{complete} of {len(schemas)} there as expected, {events} {EVENTS}")


async def shards(rest: Rest, schemas: tuple[ClassSchema, ...], *, prefix: str) -> Finding:
    """Look whether a shard takes no writes: `/ready` does not tell."""
    there = await _there(rest)
    names = [name for name in (*(f"{prefix}{s.name}" for s in schemas), EVENTS) if name in there]
    stuck, unseen, counted = [], [], 0
    for name in names:
        try:
            _, found = await rest.request("GET", f"/v1/schema/{name}/shards")
        except StoreRefused:
            unseen.append(name)
            continue
        counted += len(found)
        stuck += [name for shard in found if shard.get("status") == READ_ONLY]
    if stuck:
        return problem(
            "shards",
            f"read-only: {', '.join(sorted(set(stuck)))}",
            "the server's disk or memory is nearly full: free some, then see its log",
        )
    if unseen:
        return warning(
            "shards",
            f"this key may not look at {', '.join(unseen)}",
            "ask with an administrator's key whether a shard is read-only",
        )
    # The server tells nobody how full its disk is; at 90 % it makes the shards read-only.
    return ok("shards", f"{counted} take writes" if counted else "none yet")


async def _there(rest: Rest) -> dict[str, Any]:
    _, found = await rest.request("GET", "/v1/schema")
    return {entry["class"]: entry for entry in rest.part(found, "classes", list)}
