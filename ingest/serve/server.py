"""The server: one address, one process, an orderly end.

Knows uvicorn, and nothing of what is answered. A signal closes the door, lets answers on their
way finish, and then `serve` returns: the end that was asked for is no failure.
"""

import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp

from ingest.records import InputError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS = 15  # longer than a request may take
MOST_CONNECTIONS = 512
LARGEST_HEAD = 64 * 1024  # bytes; a URL too long for us is refused by us, in our own shape


class _Server(uvicorn.Server):
    """Leaves the signals alone: its own way ends the process by the signal, as if it had died."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    application: ASGIApp, *, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Answer at the address until SIGINT or SIGTERM; a second signal waits for nobody.

    `announce` is told the URL once requests are taken; port 0 takes any that is free.

    Raises:
        InputError: the address can not be had.
    """
    with listening(host, port) as listener, anyio.open_signal_receiver(*SIGNALS) as signals:
        async with anyio.create_task_group() as tasks:
            async with answering(application, listener) as server:
                announce(url_of(listener))
                await anext(signals)
                tasks.start_soon(_end_at_once, server, signals)
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def answering(application: ASGIApp, listener: socket.socket) -> AsyncIterator[uvicorn.Server]:
    """Answer what comes to the socket; at the end, finish the answers that are on their way."""
    server = _Server(_configuration(application))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listener])
        try:
            yield server
        finally:
            server.should_exit = True


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the address.

    Raises:
        InputError: it is taken, not ours, or no address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listener = socket.create_server(address, family=family, backlog=MOST_CONNECTIONS)
    except (OSError, UnicodeError, OverflowError) as error:
        raise InputError(
            f"can not listen on {host} port {port} ({_why(error)}); choose another with --host or"
            " --port"
        ) from error
    with listener:
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return where the socket can be asked."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _configuration(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,  # a line a request would keep what people searched for
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)  # its own text names the address once more
    return getattr(error, "strerror", None) or type(error).__name__


async def _end_at_once(server: uvicorn.Server, signals: AsyncIterator[signal.Signals]) -> None:
    await anext(signals)
    server.force_exit = True
