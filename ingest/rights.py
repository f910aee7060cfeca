"""What a pipeline needs to be allowed in a Weaviate server, and what of it is not granted.

Pure, and of the standard library alone: `scripts/weaviate-role` grants from it, `doctor`
compares with it. Found by trying without each (`tests/security/test_role.py`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Permission: TypeAlias = dict[str, Any]  # as Weaviate words one

CLASSES = ("ISCOGroup", "SkillGroup", "SkillCollection", "Skill", "Occupation")
EVENTS = "Metadata"

# (on the collection, on its objects). Classes are dropped by `reset`, and when real data
# follow a sample; old leases by every run. No class is ever altered. Events are never changed
# or removed, and neither may their class be: a setting of it could make objects expire.
_ON_CLASSES = ("create", "read", "delete"), ("create", "read", "update")
_ON_LEASES = ("create", "read", "delete"), ("create", "read", "update")
_ON_EVENTS = ("create", "read"), ("create", "read")


def needed(prefix: str) -> list[Permission]:
    """Return the permissions that everything but `reset --journal` needs, one a class and action.

    Whoever may also count the nodes (`read_nodes`) gets as many copies as these allow; whoever
    may read the cluster (`read_cluster`) notices a server that was restarted in a load.
    """
    rights = {
        **{f"{prefix}{name}": _ON_CLASSES for name in CLASSES},
        f"VarityLease_{pipeline_of(prefix)}_*": _ON_LEASES,
        EVENTS: _ON_EVENTS,
    }
    granted: list[Permission] = []
    for collection, (on_collection, on_objects) in rights.items():
        granted += [
            {"action": f"{verb}_collections", "collections": {"collection": collection}}
            for verb in on_collection
        ]
        granted += [
            {
                "action": f"{verb}_data",
                "data": {"collection": collection, "tenant": "*", "object": "*"},
            }
            for verb in on_objects
        ]
    return [
        *granted,
        {"action": "read_nodes", "nodes": {"verbosity": "minimal"}},
        {"action": "read_cluster"},
    ]


def pipeline_of(prefix: str) -> str:
    """Return the name of the pipeline that a prefix has."""
    return f"esco{prefix.lower()}"


def lacking(prefix: str, granted: Iterable[Permission]) -> list[str]:
    """Return what of `needed` is not granted, as "create_data on Skill"."""
    there = list(granted)
    return [
        f"{wanted['action']} on {_collection(wanted)}"
        for wanted in needed(prefix)
        if _collection(wanted) and not any(_covers(given, wanted) for given in there)
    ]


def _covers(given: Permission, wanted: Permission) -> bool:
    """Whether the one permission includes the other; a pattern has `*` for any text."""
    if given.get("action") != wanted["action"]:
        return False
    if not _fits(_collection(given), _collection(wanted)):
        return False
    data: Mapping[str, Any] = given.get("data") or {}
    return all(data.get(part, "*") == "*" for part in ("tenant", "object"))


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def _collection(permission: Permission) -> str:
    on = permission.get("collections") or permission.get("data") or {}
    return str(on.get("collection") or "")
