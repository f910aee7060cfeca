"""One HTTP connection to a Weaviate server's REST side, with errors translated once.

Knows httpcore and status codes; nothing of events or leases. No request outlives its time-out.
httpcore, and not httpx on top of it: importing that costs a start with nothing to do as much
as all the rest of it (docs/decisions/0010-a-quick-start.md).
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import anyio
import httpcore
import orjson

from journal.certificates import AUTHORITY_VARIABLE, WAY_OUT, distrust
from journal.errors import StoreRefused, StoreUnavailable
from journal.redaction import Redaction
from journal.small_files import bytes_in

CONNECTIONS = 16
MAX_ANSWER_BYTES = 128 * 1024 * 1024  # a page of events has a few
LONGEST_REASON = 200
AUTHORITY_FOLDER_VARIABLE = "SSL_CERT_DIR"
PATH_CHARACTERS = "/%:@!$&'()*+,;="  # RFC 3986; what is quoted already stays as it is
IDLE_SECONDS = 5.0  # less than servers and proxies keep an idle connection

T = TypeVar("T")


class Unreadable(StoreRefused):
    """An answer that no Weaviate gives, but a proxy may: what was asked for may be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said, whole. `date` is its own clock's, as HTTP writes it, "" if none."""

    status: int
    reason: str
    date: str
    content: bytes
    is_encoded: bool  # though nobody asked for that


class Rest:
    """A JSON client that answers (status, body) and raises our errors only.

    Requests are shielded from cancellation: a cancelled request leaks its place in the
    pool (seen with httpcore 1.0.9) and a write may have landed all the same. The time-out
    bounds how long that holds a cancelled task up.
    """

    def __init__(self, url: str, *, api_key: str | None, request_seconds: float) -> None:
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise StoreRefused(
                "the API key holds a character that can not be sent; check WEAVIATE_API_KEY or"
                " the file that WEAVIATE_API_KEY_FILE names"
            )
        self._url = url.rstrip("/")
        self._redaction = Redaction(api_key)  # what answers may repeat our headers
        self._key_header = [(b"authorization", f"Bearer {api_key}".encode())] if api_key else []
        self._request_seconds = request_seconds
        self._opened: _Opened | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        expected: tuple[int, ...] = (200,),
    ) -> tuple[int, Any]:
        """Return the status, one of `expected`, and the JSON of the answer (None if empty).

        Raises:
            StoreUnavailable: no answer in time, or the server says that it is not able now.
            Unreadable: no Weaviate answers so.
            StoreRefused: credentials, rights, or no Weaviate at this address.
        """
        answer = await self._send(method, path, body)
        if answer.status not in expected:
            raise _error(self._url, method, path, answer, self._redaction)
        if answer.is_encoded:  # an error may be: of one the status says enough
            raise Unreadable(
                f"{self._url} answers in an encoding nobody asked for; is it a Weaviate server?"
            )
        return answer.status, self._decoded(answer)

    async def status(self, path: str) -> int:
        """Return the status of a GET, whatever it is and whatever else the answer says.

        Raises:
            StoreUnavailable: no answer in time.
        """
        return (await self._send("GET", path, None)).status

    def part(self, found: Any, name: str, kind: type[T]) -> T:
        """Return a member of an answer.

        Raises:
            Unreadable: it is not there, or of another kind.
        """
        member = found.get(name) if isinstance(found, dict) else None
        if not isinstance(member, kind):
            raise Unreadable(f"{self._url} answers without {name!r}; is it a Weaviate server?")
        return member

    async def server_seconds(self) -> float | None:
        """Return the server's own time in seconds since the epoch, from its `Date` header."""
        from email.utils import parsedate_to_datetime  # dear, and asked for by few

        answer = await self._send("GET", "/v1/.well-known/live", None)
        try:
            return parsedate_to_datetime(answer.date).timestamp() if answer.date else None
        except ValueError:
            return None

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        opened, self._opened = self._opened, None
        if opened is not None:
            with anyio.move_on_after(1, shield=True):
                await opened.pool.aclose()

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        opened = self._opened = self._opened or self._open()
        content = b"" if body is None else orjson.dumps(body)
        opened.in_flight += 1
        try:
            with anyio.CancelScope(shield=True), anyio.fail_after(self._request_seconds):
                answer = await self._received(opened, method, path, content)
        except (TimeoutError, httpcore.TimeoutException) as error:
            if self._opened is opened:
                await self.aclose()  # its pool may have lost a place
            raise StoreUnavailable(
                f"{self._url} did not answer within {self._request_seconds:g} s;"
                " is it a Weaviate server, and not overloaded?"
            ) from error
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, UnicodeError) as error:
            raise self._no_address() from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            if reason := distrust(error):
                raise StoreRefused(
                    f"{self._url} shows a certificate that is not trusted ({reason}); {WAY_OUT}"
                ) from error
            raise StoreUnavailable(
                f"{self._url} can not be reached ({type(error).__name__}); is the server up?"
            ) from error
        finally:
            opened.in_flight -= 1
            if self._opened is not opened and not opened.in_flight:
                # What still waited for a place when the pool was closed has opened it again.
                with anyio.move_on_after(1, shield=True):
                    await opened.pool.aclose()
        return answer

    def _open(self) -> "_Opened":
        """Return the pool and what every request says; nothing is sent yet.

        No proxy, which over plain HTTP would see the key, and no password from a file: httpcore
        looks for neither.
        """
        try:
            parts = urlsplit(self._url)
            # In ASCII: of a name in other letters two libraries may make two hosts.
            host = (parts.hostname or "").encode("ascii")
            port = parts.port
        except ValueError as error:  # UnicodeError is one
            raise self._no_address() from error
        named = b"[%b]" % host if b":" in host else host
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._authorities() if parts.scheme == "https" else None,
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
        )
        return _Opened(
            pool=pool,
            address=httpcore.URL(
                scheme=parts.scheme.encode(),
                host=host,
                port=port,
                target=quote(parts.path, safe=PATH_CHARACTERS).encode(),
            ),
            headers=[
                (b"host", named if port is None else b"%b:%d" % (named, port)),
                (b"accept", b"application/json"),
                (b"accept-encoding", b"identity"),
                (b"content-type", b"application/json"),
                *self._key_header,
            ],
        )

    def _no_address(self) -> StoreRefused:
        return StoreRefused(f"{self._url} is no usable address; write http(s)://HOST:PORT")

    def _authorities(self) -> ssl.SSLContext:
        """Return whom to trust: the usual ones, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
        import certifi

        file = os.environ.get(AUTHORITY_VARIABLE)
        folder = os.environ.get(AUTHORITY_FOLDER_VARIABLE)
        try:
            if folder and not file:
                return ssl.create_default_context(capath=folder)
            if file:
                bytes_in(Path(file))  # ssl reads on for ever where there is no end
            return ssl.create_default_context(cafile=file or certifi.where())
        except OSError as error:
            raise StoreRefused(
                f"{AUTHORITY_VARIABLE}: {file} can not be read as certificates; correct or unset it"
            ) from error

    async def _received(self, opened: "_Opened", method: str, path: str, content: bytes) -> Answer:
        """Return the whole answer, unless it has no end."""
        base, seconds = opened.address, self._request_seconds
        async with opened.pool.stream(
            method,
            httpcore.URL(
                scheme=base.scheme,
                host=base.host,
                port=base.port,
                target=base.target + path.encode("ascii"),
            ),
            headers=opened.headers,
            content=content,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        ) as response:
            headers = {name.lower(): value for name, value in response.headers}
            encoding = headers.get(b"content-encoding", b"").strip().lower()
            received = bytearray()
            async for part in response.aiter_stream():
                received += part
                if len(received) > MAX_ANSWER_BYTES:
                    raise Unreadable(
                        f"{self._url} answers with more than {MAX_ANSWER_BYTES:,} bytes;"
                        " is it a Weaviate server?"
                    )
            return Answer(
                status=response.status,
                reason=response.extensions.get("reason_phrase", b"").decode("latin-1"),
                date=headers.get(b"date", b"").decode("latin-1"),
                content=bytes(received),
                is_encoded=encoding not in (b"", b"identity"),
            )

    def _decoded(self, answer: Answer) -> Any:
        if not answer.content:
            return None
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise Unreadable(
                f"{self._url} does not answer in JSON; is it a Weaviate server?"
            ) from error


@dataclass(slots=True, kw_only=True, eq=False)
class _Opened:
    """Connections, where they lead, and what every request says."""

    pool: httpcore.AsyncConnectionPool
    address: httpcore.URL
    headers: list[tuple[bytes, bytes]]
    in_flight: int = 0


def _error(url: str, method: str, path: str, answer: Answer, redaction: Redaction) -> Exception:
    where = f"{url} answered {answer.status} to {method} {path.split('?')[0]}"
    said = redaction.text(_reason(answer))[:LONGEST_REASON]
    match answer.status:
        case 401:
            return StoreRefused(f"{where}; set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE")
        case 403:
            return StoreRefused(f"{where}: this key lacks the right ({said})")
        case 408 | 429:
            return StoreUnavailable(f"{where}; it is overloaded, resume later")
        case status if status >= 500:
            return StoreUnavailable(f"{where}: {said}; see its log, then resume")
        case status if status < 400:
            return StoreRefused(f"{where}, a redirect; name the address that it leads to")
        case 404 | 405:
            return StoreRefused(f"{where}: {said}; is it a Weaviate server?")
        case _:
            return StoreRefused(f"{where}: {said}")


def _reason(answer: Answer) -> str:
    """Return the server's own words."""
    try:
        found = orjson.loads(answer.content)
        return str(found["error"][0]["message"])
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return answer.reason
