"""What was set: the settings in effect, where they came from, and the programs that will run.

Asks nothing of the store. Says whether there is a key, never which.
"""

import sys
from collections.abc import Iterator, Mapping

from ingest.data_folder import is_there
from ingest.diagnosis import Finding, ok, problem, warning
from ingest.settings import Settings
from journal.redaction import SHORTEST, Redaction

CLIENT = "weaviate-client"
OLDEST_CLIENT = (4, 20)
HAVE_LINES_OF_THEIR_OWN = ("store", "data", "api_key")


def given(settings: Settings, origins: Mapping[str, str], *, ours: str) -> Iterator[Finding]:
    """Yield what is in effect and where it came from; `ours` is this program's version."""
    is_server = settings.store.startswith("http")
    yield ok("store", f"{settings.store} ({origins['store']})")
    others = [
        f"{name} {getattr(settings, name)} ({origin})"
        for name, origin in origins.items()
        if name not in HAVE_LINES_OF_THEIR_OWN and origin != "default"
    ]
    yield ok("settings", ", ".join(others) or "all others are the defaults")
    yield _key(settings, origins.get("api_key"), is_server=is_server)
    if settings.data:
        yield _input(settings.data, origins["data"])
    yield _programs(ours, is_server=is_server)


def _key(settings: Settings, origin: str | None, *, is_server: bool) -> Finding:
    if origin is None:
        return ok("API key", "none is set")
    seen = f"set ({origin})" + ("" if is_server else ", not used by this store")
    if not Redaction(settings.api_key):
        return warning(
            "API key",
            f"{seen}, too short to be cut out of what is written",
            f"give the server one of {SHORTEST} characters or more",
        )
    return ok("API key", seen)


def _input(data: str, origin: str) -> Finding:
    if is_there(data):
        return ok("input", f"{data} ({origin})")
    return warning("input", f"{data} ({origin}) is not there", "name another folder or zip")


def _programs(version_of_ours: str, *, is_server: bool) -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    ours = f"varity-journal {version_of_ours}, Python {python}"
    if not is_server:
        return ok("versions", ours)
    from importlib.metadata import version  # costs as much as all the rest of a start

    client = version(CLIENT)
    seen = f"{ours}, {CLIENT} {client}"
    if tuple(int(part) for part in client.split(".")[:2] if part.isdecimal()) < OLDEST_CLIENT:
        needed = ".".join(map(str, OLDEST_CLIENT))
        return problem("versions", seen, f"install {CLIENT} {needed} or newer")
    return ok("versions", seen)
