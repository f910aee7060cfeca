"""HTTP servers of one test: a handler, a port of its own, a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve by the handler, which logs nothing, and yield the URL; of port 0 any that is free."""
    silent = type(handler.__name__, (handler,), {"log_message": _say_nothing})
    with ThreadingHTTPServer((host, port), silent) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _say_nothing(*_: object) -> None:
    """In the place of a line on stderr for each request."""
