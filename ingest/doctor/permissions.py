"""What of the rights that a load needs the key has not got; nothing is tried that lasts."""

from typing import Any
from uuid import UUID

from ingest.diagnosis import Finding, ok, problem
from ingest.rights import lacking, pipeline_of
from journal.errors import StoreRefused
from journal.stores.rest import Rest

SHOWN = 4
NOBODY = UUID(int=1)


async def rights(rest: Rest, prefix: str) -> Finding:
    """Compare the roles of our user with what is needed; then try one write that can not land."""
    status, who = await rest.request("GET", "/v1/users/own-info", expected=(200, 401, 403, 404))
    roles: list[dict[str, Any]] = (
        (who.get("roles") or []) if status == 200 and isinstance(who, dict) else []
    )
    if roles:
        granted = [entry for role in roles for entry in role.get("permissions") or ()]
        if missing := lacking(prefix, granted):
            return _missing(missing)
        return ok("rights", f"all that is needed, by role {', '.join(_names(roles))}")
    # Epochs begin at 1: this lease never exists, and replacing an object of it ends in 404.
    lease = f"VarityLease_{pipeline_of(prefix)}_0"
    try:
        await rest.request(
            "PUT",
            f"/v1/objects/{lease}/{NOBODY}",
            body={"class": lease, "id": str(NOBODY), "properties": {}},
            expected=(404, 422),
        )
    except StoreRefused:
        return _without("this user has no role that lets it write")
    return ok("rights", "may write; the server has no roles for this user")


def _missing(missing: list[str]) -> Finding:
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return _without(f"lacks {', '.join(missing[:SHOWN])}{more}")


def _without(seen: str) -> Finding:
    return problem("rights", seen, "let an administrator run scripts/weaviate-role URL --user NAME")


def _names(roles: list[dict[str, Any]]) -> list[str]:
    return [str(role.get("name")) for role in roles]
