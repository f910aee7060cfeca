"""A proxy before a real server that gives one answer, of many, as no Weaviate gives it."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler

from tests.serving import serving

NUMBERS = re.compile(r"[0-9a-f-]{36}|(?<=_)\d+\b")
SECONDS = 60


class Between:
    """Passes everything on, and the answers back: all but the n-th of one kind of request.

    A kind is a method and a path, "ID" for what differs in it. What was asked for is done in
    any case; only the answer is lost.
    """

    def __init__(self) -> None:
        self.url = ""
        self.seen: Counter[str] = Counter()
        self.spoilt = 0
        self._kind, self._nth, self._body = "", -1, b""

    def spoil(self, kind: str, *, nth: int, body: bytes) -> None:
        """Answer the n-th request of the kind, from now and from 0, with 200 and this body."""
        self._kind, self._nth, self._body = kind, nth, body
        self.seen.clear()
        self.spoilt = 0

    def answer(self, kind: str, status: int, content: bytes) -> tuple[int, bytes]:
        """Return what the asker gets."""
        position = self.seen[kind]
        self.seen[kind] += 1
        if (kind, position) != (self._kind, self._nth):
            return status, content
        self.spoilt += 1
        return 200, self._body


def kind_of(method: str, path: str) -> str:
    """Return what a request asks for, as "GET /v1/objects/Metadata/ID"."""
    path, _, query = path.partition("?")
    return f"{method} {NUMBERS.sub('ID', path)}{'?class' if 'class=' in query else ''}"


@contextmanager
def between(host: str, port: int) -> Iterator[Between]:
    """Listen before the server, whose REST port is given."""
    proxy = Between()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            behind = HTTPConnection(host, port, timeout=SECONDS)
            try:
                behind.request(self.command, self.path, body, {"Content-Type": "application/json"})
                found = behind.getresponse()
                status, content = found.status, found.read()
            finally:
                behind.close()
            status, content = proxy.answer(kind_of(self.command, self.path), status, content)
            with suppress(ConnectionError):
                self.send_response(status)
                if status != 204:  # which has no body, and says no length
                    self.send_header("Content-Length", str(len(content)))
                    self.send_header("Content-Type", "application/json")
                self.end_headers()
                if status != 204:
                    self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815 - http.server names them

    with serving(Handler) as proxy.url:
        yield proxy
