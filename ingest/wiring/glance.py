"""A look at a server without its client, whose import takes half a second: does all seem well?

Says so, or nothing: whatever looks odd is left to who opens the server and has the words for it.
"""

from urllib.parse import urlsplit

import anyio

from ingest.diagnosis import Verdict
from ingest.doctor.server import version
from ingest.esco_classes import esco_schemas
from ingest.settings import Settings
from ingest.targets.weaviate_schema import collection_name
from journal.errors import JournalError
from journal.stores.rest import Rest

GLANCE_SECONDS = 2.0

# RFC 9113: what a client says first, ended by an empty SETTINGS frame. A server says its own
# SETTINGS before anything else.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_FRAME_HEADER_BYTES = 9
_TYPE_AT = 3
_SETTINGS = 4


async def glance(settings: Settings) -> frozenset[str] | None:
    """Return which of our classes are there, whosever they are; None where not all seems well.

    It does where a Weaviate answers that is new enough, and something speaks HTTP/2 at its gRPC
    port. Behind TLS only the client tells whether it trusts what that port shows.
    """
    if not settings.store.startswith("http:"):
        return None
    rest = Rest(settings.store, api_key=settings.api_key, request_seconds=GLANCE_SECONDS)
    try:
        with anyio.move_on_after(GLANCE_SECONDS):
            if (await version(rest)).verdict is Verdict.OK and await _speaks_http2(settings):
                return await _classes(rest, settings)
    except (JournalError, OSError, anyio.EndOfStream, anyio.BrokenResourceError):
        pass
    finally:
        await rest.aclose()
    return None


async def _speaks_http2(settings: Settings) -> bool:
    host = urlsplit(settings.store).hostname or ""
    async with await anyio.connect_tcp(host, settings.grpc_port) as stream:
        await stream.send(_PREFACE)
        header = b""
        while len(header) < _FRAME_HEADER_BYTES:
            header += await stream.receive(_FRAME_HEADER_BYTES - len(header))
    return header[_TYPE_AT] == _SETTINGS


async def _classes(rest: Rest, settings: Settings) -> frozenset[str]:
    _, found = await rest.request("GET", "/v1/schema")
    there = {rest.part(entry, "class", str) for entry in rest.part(found, "classes", list)}
    ours = (collection_name(settings.prefix, schema.name) for schema in esco_schemas())
    return frozenset(there.intersection(ours))
