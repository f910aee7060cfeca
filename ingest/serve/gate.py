"""What every request passes: a URL of bounded length, a place among few, an end in time.

Knows HTTP as ASGI sees it and nothing of what is answered. Headers that a browser heeds are set
here, on every answer, errors too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.serve.errors import Overloaded, TooSlow

LONGEST_URL = 4096  # bytes of path and query
AT_ONCE = 8  # requests that ask the store at the same time
MOST_WAITING = 64
REQUEST_SECONDS = 10.0

SECURITY_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        b" img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Gate:
    """Wraps the application."""

    def __init__(self, application: ASGIApp) -> None:
        self.inner = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; its headers tell a browser what it may do with the answer."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *SECURITY_HEADERS]}
            await send(message)

        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_URL:
            sentence = f"the URL must be {LONGEST_URL} bytes or fewer"
            await _refuse(send_guarded, HTTPStatus.REQUEST_URI_TOO_LONG, sentence)
            return
        await self.inner(scope, receive, send_guarded)


class Turnstile:
    """Lets a few requests work at once, some wait, and none last."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        most_waiting: int = MOST_WAITING,
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._most_waiting = most_waiting
        self._seconds = seconds

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold a place until the work is done.

        Raises:
            Overloaded: too many wait already.
            TooSlow: the time was over, waiting included.
        """
        if self._limiter.statistics().tasks_waiting >= self._most_waiting:
            raise Overloaded("too many requests at once; ask again in a moment")
        try:
            with anyio.fail_after(self._seconds):
                async with self._limiter:
                    yield
        except TimeoutError as error:
            raise TooSlow(f"no answer within {self._seconds:g} seconds; ask again later") from error


async def _refuse(send: Send, status: HTTPStatus, sentence: str) -> None:
    body = orjson.dumps({"error": sentence})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
