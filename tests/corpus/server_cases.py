"""Servers that are not the Weaviate that was meant: stand-ins on loopback."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import time
from collections.abc import Iterator

from tests.corpus.case import LOAD, Arrange, Case, World
from tests.corpus.data import folder
from tests.corpus.server import EMPTY_WEAVIATE, Answer, answering
from tests.targets.stand_in import closed_port

COMMAND = LOAD + " --store {URL}"
REFUSED, UNREACHABLE = 2, 69
HTML = b"<!doctype html><title>TELLTALE</title>"


def server(answers: dict[str, Answer], *, ttl: str = "30") -> Arrange:
    """Run an empty Weaviate that answers these paths, or all ("") otherwise; gRPC is closed."""

    def arrange(world: World) -> None:
        folder()(world)
        behind = world.open(answering(answers if "" in answers else {**EMPTY_WEAVIATE, **answers}))
        world.names["URL"] = behind.url
        world.names["GRPC"] = str(closed_port())
        world.set("WEAVIATE_GRPC_PORT", world.names["GRPC"])
        world.set("VARITY_LEASE_TTL", ttl)
        world.recorded = lambda: list(behind.writes)

    return arrange


def absent(world: World) -> None:
    folder()(world)
    world.names["URL"] = f"http://127.0.0.1:{closed_port()}"


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65536


def dripping() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)
        yield b" "


def large(world: World) -> None:
    server({"": Answer(200, endless)})(world)
    world.change("journal.stores.rest.MAX_ANSWER_BYTES", 1_000_000)


def silent() -> Iterator[bytes]:
    time.sleep(3)
    yield b""


def bad(name: str, what: str, answers: dict[str, Answer], says: str = "", *,
        code: int = REFUSED, ttl: str = "30") -> Case:  # fmt: skip
    return Case(name=f"server-{name}", bad=what, code=code, says=says, command=COMMAND,
                arrange=server(answers, ttl=ttl))  # fmt: skip


def every(status: int, body: bytes = b"{}", **headers: str) -> dict[str, Answer]:
    return {"": Answer(status, body, headers)}


def version(number: str) -> dict[str, Answer]:
    return {"/v1/meta": Answer(200, b'{"version":"' + number.encode() + b'"}')}


CASES: tuple[Case, ...] = (
    Case(name="server-absent", bad="a port where nobody listens", code=UNREACHABLE,
         arrange=absent, command=COMMAND, says="{URL} can not be reached (ConnectError); is the server up?"),
    bad("no-grpc", "REST without gRPC", {}, code=UNREACHABLE,
         says="Weaviate at {URL} answers, but its gRPC port {GRPC} does not: open it, or name the right one (WEAVIATE_GRPC_PORT)"),
    bad("old", "a server older than supported", version("1.29.9"),
         says="Weaviate at {URL} is version 1.29.9; 1.30 or newer is needed"),
    bad("very-old", "a server much older than supported", version("1.12.0"),
         says="Weaviate at {URL} is version 1.12.0; 1.30 or newer is needed"),
    bad("no-version", "a server that does not say its version", {"/v1/meta": Answer(200, b"{}")},
         says="Weaviate at {URL} does not answer as a Weaviate does: check the address"),
    bad("odd-version", "a version that is none", version("TELLTALE"),
         says="Weaviate at {URL} does not answer as a Weaviate does: check the address"),
    bad("401", "a key that is not known", every(401),
         says="{URL} answered 401 to GET /v1/schema; set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"),
    bad("403", "a key without rights", every(403, b'{"error":[{"message":"rbac: no"}]}'),
         says="{URL} answered 403 to GET /v1/schema: this key lacks the right (rbac: no)"),
    bad("404", "a web server without these pages", every(404, HTML),
         says="{URL} answered 404 to GET /v1/schema: Not Found; is it a Weaviate server?"),
    bad("html", "an HTML page for everything", every(200, HTML),
         says="{URL} does not answer in JSON; is it a Weaviate server?"),
    bad("html-503", "an HTML error page of a proxy", every(503, HTML), code=UNREACHABLE,
         says="{URL} answered 503 to GET /v1/schema: Service Unavailable; see its log, then resume"),
    bad("429", "a server that is overloaded", every(429), code=UNREACHABLE,
         says="{URL} answered 429 to GET /v1/schema; it is overloaded, resume later"),
    bad("500-control", "an error that would move the cursor",
        every(500, b'{"error":[{"message":"\\u001b[2J\\u202eno"}]}'), code=UNREACHABLE,
         says="{URL} answered 500 to GET /v1/schema: \\x1b[2J\\u202eno; see its log, then resume"),
    bad("list", "a list where an object is expected", every(200, b"[]"),
         says="{URL} answers without 'classes'; is it a Weaviate server?"),
    bad("null", "null for everything", every(200, b"null"),
         says="{URL} answers without 'classes'; is it a Weaviate server?"),
    bad("cut", "JSON that breaks off", every(200, b'{"classes": ['),
         says="{URL} does not answer in JSON; is it a Weaviate server?"),
    bad("classes", "classes that have no name", {"/v1/schema": Answer(200, b'{"classes":[{}]}')},
         says="{URL} answers without 'class'; is it a Weaviate server?"),
    bad("classes-text", "classes that are text",
        {"/v1/schema": Answer(200, b'{"classes":["TELLTALE"]}')},
         says="{URL} answers without 'class'; is it a Weaviate server?"),
    bad("events", "events that are none", {"/v1/objects": Answer(200, b'{"objects":[7]}')},
        says="{URL} answers without 'properties'; is it a Weaviate server?"),
    bad("event-text", "an event that is text", {"/v1/objects": Answer(
        200, b'{"objects":[{"properties":"TELLTALE"}]}')},
        says="{URL} answers without 'properties'; is it a Weaviate server?"),
    bad("redirect", "a redirect to another machine",
        every(302, b"", location="http://weaviate.example/"),
         says="{URL} answered 302 to GET /v1/schema, a redirect; name the address that it leads to"),
    bad("redirect-loop", "a redirect to itself", every(301, b"", location="/v1/schema"),
         says="{URL} answered 301 to GET /v1/schema, a redirect; name the address that it leads to"),
    bad("encoding", "an answer that is packed wrongly",
        every(200, b"TELLTALE", **{"content-encoding": "gzip"}),
         says="{URL} answers in an encoding nobody asked for; is it a Weaviate server?"),
    bad("encoding-503", "a gateway's error that is packed",
        every(503, b"TELLTALE", **{"content-encoding": "gzip"}), code=UNREACHABLE,
         says="{URL} answered 503 to GET /v1/schema: Service Unavailable; see its log, then resume"),
    bad("dripping", "an answer that never ends, byte by byte",
        {"": Answer(200, dripping)}, ttl="1", code=UNREACHABLE,
         says="{URL} did not answer within 0.5 s; is it a Weaviate server, and not overloaded?"),
    Case(name="server-endless", bad="an answer without end, as fast as it goes", code=REFUSED,
         arrange=large, command=COMMAND, says="{URL} answers with more than 1,000,000 bytes; is it a Weaviate server?"),
    bad("silent", "a server that takes requests and is silent",
        {"": Answer(200, silent)}, ttl="1", code=UNREACHABLE,
         says="{URL} did not answer within 0.5 s; is it a Weaviate server, and not overloaded?"),
)  # fmt: skip
