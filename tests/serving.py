"""HTTP servers of one test: a handler, a port of its own, a thread."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class _Server(ThreadingHTTPServer):
    """Says nothing of a client that is gone: it would stand in the stderr of who is tested."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve by the handler, which logs nothing, and yield the URL; of port 0 any that is free."""
    silent = type(handler.__name__, (handler,), {"log_message": _say_nothing})
    with _Server((host, port), silent) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _say_nothing(*_: object) -> None:
    """In the place of a line on stderr for each request."""
