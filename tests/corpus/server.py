"""An HTTP server in a thread that answers as a case wants; by default like an empty Weaviate."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.serving import serving

Body = bytes | Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, which may come in parts and never end, and further headers."""

    status: int
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)


EMPTY_WEAVIATE = {
    "/v1/meta": Answer(200, b'{"version":"1.38.11","grpcMaxMessageSize":104858000}'),
    "/v1/schema": Answer(200, b'{"classes":[]}'),
    "/v1/nodes": Answer(200, b'{"nodes":[{}]}'),
    "": Answer(404, b""),
}


@dataclass(slots=True)
class Behind:
    """Where the server is, and every request that would have changed something."""

    url: str = ""
    writes: list[str] = field(default_factory=list)


@contextmanager
def answering(answers: Mapping[str, Answer]) -> Iterator[Behind]:
    """Serve by path; the answer for "" is that for every other path."""
    behind = Behind()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            if self.command != "GET":
                behind.writes.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = answers.get(self.path.partition("?")[0], answers[""])
            with suppress(ConnectionError):
                self._send(found)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server names them

        def _send(self, found: Answer) -> None:
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if isinstance(found.body, bytes):
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)
                return
            self.close_connection = True
            self.end_headers()
            for part in found.body():
                self.wfile.write(part)

    with serving(Handler) as behind.url:
        yield behind
