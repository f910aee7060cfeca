"""One HTTP connection to a Weaviate server's REST side, with errors translated once.

Knows httpx and status codes; nothing of events or leases. No request outlives its time-out.
"""

import os
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import anyio
import httpx
import orjson

from journal.certificates import AUTHORITY_VARIABLE, WAY_OUT, distrust
from journal.errors import StoreRefused, StoreUnavailable
from journal.redaction import Redaction

CONNECTIONS = 16
MAX_ANSWER_BYTES = 128 * 1024 * 1024  # a page of events has a few
LONGEST_REASON = 200

T = TypeVar("T")


class Rest:
    """A JSON client that answers (status, body) and raises our errors only.

    Requests are shielded from cancellation: a cancelled httpx request leaks its place in the
    pool (seen with httpx 0.28.1) and a write may have landed all the same. The time-out
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
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._request_seconds = request_seconds
        self._client: httpx.AsyncClient | None = None

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
            StoreRefused: credentials, rights, or no Weaviate at this address.
        """
        response = await self._send(method, path, body)
        if response.status_code not in expected:
            raise _error(self._url, method, path, response, self._redaction)
        return response.status_code, self._decoded(response)

    def part(self, found: Any, name: str, kind: type[T]) -> T:
        """Return a member of an answer.

        Raises:
            StoreRefused: it is not there, or of another kind.
        """
        member = found.get(name) if isinstance(found, dict) else None
        if not isinstance(member, kind):
            raise StoreRefused(f"{self._url} answers without {name!r}; is it a Weaviate server?")
        return member

    async def server_seconds(self) -> float | None:
        """Return the server's own time in seconds since the epoch, from its `Date` header."""
        response = await self._send("GET", "/v1/.well-known/live", None)
        stated = response.headers.get("date")
        return parsedate_to_datetime(stated).timestamp() if stated else None

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            with anyio.move_on_after(1, shield=True):
                await client.aclose()

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        client = self._client = self._client or self._opened()
        content = None if body is None else orjson.dumps(body)
        try:
            with anyio.CancelScope(shield=True), anyio.fail_after(self._request_seconds):
                response = await self._received(client, method, path, content)
        except (TimeoutError, httpx.TimeoutException) as error:
            if self._client is client:
                await self.aclose()  # its pool may have lost a place
            raise StoreUnavailable(
                f"{self._url} did not answer within {self._request_seconds:g} s;"
                " is it a Weaviate server, and not overloaded?"
            ) from error
        except httpx.DecodingError as error:
            raise StoreRefused(
                f"{self._url} answers in no encoding that it names; is it a Weaviate server?"
            ) from error
        except httpx.TransportError as error:
            if reason := distrust(error):
                raise StoreRefused(
                    f"{self._url} shows a certificate that is not trusted ({reason}); {WAY_OUT}"
                ) from error
            raise StoreUnavailable(
                f"{self._url} can not be reached ({type(error).__name__}); is the server up?"
            ) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._no_address() from error
        return response

    def _opened(self) -> httpx.AsyncClient:
        try:
            return httpx.AsyncClient(
                base_url=self._url,
                headers={**self._headers, "content-type": "application/json"},
                timeout=self._request_seconds,
                limits=httpx.Limits(max_connections=CONNECTIONS),
                verify=self._authorities(),
                # No proxy, which over plain HTTP would see the key; no other password from a file.
                trust_env=False,
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._no_address() from error

    def _no_address(self) -> StoreRefused:
        return StoreRefused(f"{self._url} is no usable address; write http(s)://HOST:PORT")

    def _authorities(self) -> ssl.SSLContext | bool:
        """Return whom to trust: the usual ones, or those of SSL_CERT_FILE."""
        if not self._url.startswith("https:"):
            return False  # else 70 ms to load certificates for nothing
        try:
            return httpx.create_ssl_context()
        except OSError as error:
            raise StoreRefused(
                f"{AUTHORITY_VARIABLE}: {os.environ.get(AUTHORITY_VARIABLE)} can not be read as"
                " certificates; correct or unset it"
            ) from error

    async def _received(
        self, client: httpx.AsyncClient, method: str, path: str, content: bytes | None
    ) -> httpx.Response:
        """Return the whole answer, unless it has no end."""
        async with client.stream(method, path, content=content) as response:
            received = bytearray()
            async for part in response.aiter_bytes():
                received += part
                if len(received) > MAX_ANSWER_BYTES:
                    raise StoreRefused(
                        f"{self._url} answers with more than {MAX_ANSWER_BYTES:,} bytes;"
                        " is it a Weaviate server?"
                    )
            return httpx.Response(
                response.status_code,
                headers={"date": response.headers["date"]} if "date" in response.headers else {},
                content=bytes(received),
                extensions={"reason_phrase": response.reason_phrase.encode()},
            )

    def _decoded(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise StoreRefused(
                f"{self._url} does not answer in JSON; is it a Weaviate server?"
            ) from error


def _error(
    url: str, method: str, path: str, response: httpx.Response, redaction: Redaction
) -> Exception:
    where = f"{url} answered {response.status_code} to {method} {path.split('?')[0]}"
    said = redaction.text(_reason(response))[:LONGEST_REASON]
    match response.status_code:
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


def _reason(response: httpx.Response) -> str:
    """Return the server's own words."""
    try:
        found = orjson.loads(response.content)
        return str(found["error"][0]["message"])
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return response.reason_phrase
