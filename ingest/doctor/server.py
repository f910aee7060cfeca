"""Checks of a Weaviate server as a whole: who answers, in which version, to whom, and when.

Asks by REST only, and only what changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import anyio

from ingest.diagnosis import Finding, ok, problem, warning
from journal.errors import StoreRefused
from journal.stores.rest import Rest

OLDEST_SERVER = (1, 30)
NEEDED = ".".join(map(str, OLDEST_SERVER))
HEALTHY = "HEALTHY"
# The header tells whole seconds, and the answer takes its time.
TOLERATED_SECONDS = 5.0
CONNECT_SECONDS = 5.0


async def rest_answers(rest: Rest) -> Finding:
    """Look whether anything answers at the REST address; needs no key."""
    await rest.server_seconds()
    return ok("REST", "answers")


async def grpc_port_listens(host: str, port: int) -> Finding:
    """Look whether something listens there: for where REST does not answer either."""
    try:
        with anyio.fail_after(CONNECT_SECONDS):
            stream = await anyio.connect_tcp(host, port)
            await stream.aclose()
    except (OSError, TimeoutError):
        return problem(
            "gRPC",
            f"nothing listens at port {port} of {host}",
            "start the server, or name the right port (WEAVIATE_GRPC_PORT)",
            is_outage=True,
        )
    return ok("gRPC", f"something listens at port {port} of {host}")


async def version(rest: Rest) -> Finding:
    """Look whether the server is new enough."""
    _, meta = await rest.request("GET", "/v1/meta", expected=(200, 401, 403))
    text = str(meta.get("version", "")) if isinstance(meta, dict) else ""
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
    if len(numbers) < 2:
        return warning("server", "does not tell its version", "see `access`")
    if numbers < OLDEST_SERVER:
        return problem("server", f"Weaviate {text}", f"upgrade it: {NEEDED} or newer is needed")
    return ok("server", f"Weaviate {text} ({NEEDED} or newer is needed)")


async def access(rest: Rest, anonymous: Rest, *, has_key: bool, is_near: bool) -> Finding:
    """Look whether the credentials are taken, and whether none are needed.

    `is_near`: the address is one that strangers do not reach.
    """
    status, _ = await rest.request("GET", "/v1/meta", expected=(200, 401, 403))
    if status != 200:
        advice = "correct WEAVIATE_API_KEY, or unset it if the server has no keys"
        if not has_key:
            advice = "set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"
        seen = "the API key is refused" if has_key else "the server wants an API key, none is set"
        return problem("access", seen, advice)
    if not has_key:
        if is_near:
            return ok("access", "anonymous")
        return warning(
            "access",
            "anonymous: whoever reaches the server can change the data",
            "switch keys on in the server and set WEAVIATE_API_KEY",
        )
    status, _ = await anonymous.request("GET", "/v1/meta", expected=(200, 401, 403))
    if status == 200:
        return warning(
            "access",
            "the API key is taken, and so is no key at all",
            "set AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=false in the server",
        )
    return ok("access", f"the API key is taken{await _as_whom(rest)}")


async def nodes(rest: Rest) -> Finding:
    """Look at the nodes of the cluster."""
    status, answer = await rest.request("GET", "/v1/nodes", expected=(200, 403))
    if status == 403:
        return ok(
            "nodes",
            "this key may not look at them; classes get one copy",
            "grant read_nodes for copies on a cluster",
        )
    found: list[dict[str, Any]] = rest.part(answer, "nodes", list)
    ill = [f"{node.get('name')} is {node.get('status')}" for node in found if _is_ill(node)]
    if ill:
        return problem("nodes", ", ".join(ill), "look at the log of that node, or restart it")
    versions = {str(node.get("version")) for node in found}
    if len(versions) > 1:
        return warning(
            "nodes", f"versions differ: {', '.join(sorted(versions))}", "finish the upgrade"
        )
    counted = "1 node" if len(found) == 1 else f"{len(found)} nodes"
    return ok("nodes", f"{counted}, healthy")


async def clock(rest: Rest, now: Callable[[], datetime]) -> Finding:
    """Compare the server's clock with ours. Order never hangs on it; what people read does."""
    theirs = await rest.server_seconds()
    if theirs is None:
        return ok("clock", "the server does not tell the time")
    apart = theirs - now().timestamp()
    if abs(apart) <= TOLERATED_SECONDS:
        return ok("clock", f"as the server's, within {TOLERATED_SECONDS:g} s")
    side = "ahead of" if apart > 0 else "behind"
    return warning(
        "clock",
        f"the server's is {abs(apart):,.0f} s {side} ours",
        "let both follow a time server; times shown will mislead until then",
    )


async def _as_whom(rest: Rest) -> str:
    """Return " as user NAME", "" where the server does not tell."""
    try:
        status, who = await rest.request("GET", "/v1/users/own-info", expected=(200, 401, 403, 404))
    except StoreRefused:
        return ""
    name = who.get("username") if status == 200 and isinstance(who, dict) else None
    return f" as user {name}" if name else ""


def _is_ill(node: dict[str, Any]) -> bool:
    return node.get("status") != HEALTHY
