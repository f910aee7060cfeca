"""A server that answers exactly as the t2v-transformers container does, with faults on order.

Real HTTP on a loopback port; only the model is missing: eight numbers made from the text.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from zlib import crc32

from tests.serving import serving

Answer = tuple[int, bytes]
Fault = Callable[[dict[str, Any]], Answer | None]


def no_fault(request: dict[str, Any]) -> Answer | None:
    """Let the request through."""
    return None


class StandIn:
    """What the server was asked, and what it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.vector_requests: list[dict[str, Any]] = []
        self.others: list[str] = []
        self.fault: Fault = no_fault
        self.headers: dict[str, str] = {}
        self.meta: Answer = (200, json.dumps({"model": "stand-in"}).encode())
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def vectors(self, request: dict[str, Any]) -> Answer:
        """Answer `POST /vectors`."""
        with self._lock:
            self.vector_requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.fault(request)
        finally:
            with self._lock:
                self.at_once -= 1
        if answer is not None:
            return answer
        vector = numbers(request["text"], request["config"]["task_type"])
        body = {"text": request["text"], "vector": vector, "dim": len(vector)}
        return 200, json.dumps(body).encode()

    def get(self, path: str) -> Answer:
        """Answer any `GET`."""
        self.others.append(path)
        match path:
            case "/.well-known/ready":
                return 204, b""
            case "/meta":
                return self.meta
            case _:
                return 404, b"{}"


def numbers(text: str, task_type: str) -> list[float]:
    """Return the eight numbers of a text, not of unit length."""
    seed = crc32(f"{task_type}:{text}".encode())
    return [float(seed >> shift & 15) + 1.0 for shift in range(0, 32, 4)]


@contextmanager
def stand_in(*, host: str = "127.0.0.1", port: int = 0) -> Iterator[StandIn]:
    """Run the server for a while; port 0 is any that is free."""
    behind = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(behind.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == "/vectors"
            self._send(behind.vectors(json.loads(body)) if known else (404, b"{}"))

        def _send(self, answer: Answer) -> None:
            status, body = answer
            self.send_response(status)
            for name, value in behind.headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler, host=host, port=port) as behind.url:
        yield behind
