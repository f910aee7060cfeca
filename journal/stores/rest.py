"""One HTTP connection to a Weaviate server's REST side, with errors translated once.

Knows httpx and status codes; nothing of events or leases. No request outlives its time-out.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import anyio
import httpx
import orjson

from journal.errors import StoreRefused, StoreUnavailable

CONNECTIONS = 16

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
            raise _error(self._url, method, path, response)
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
        client = self._client = self._client or httpx.AsyncClient(
            base_url=self._url,
            headers={**self._headers, "content-type": "application/json"},
            timeout=self._request_seconds,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            verify=self._url.startswith("https:"),  # else 70 ms to load certificates for nothing
        )
        content = None if body is None else orjson.dumps(body)
        try:
            with anyio.CancelScope(shield=True), anyio.fail_after(self._request_seconds):
                response = await client.request(method, path, content=content)
        except (TimeoutError, httpx.TimeoutException) as error:
            if self._client is client:
                await self.aclose()  # its pool may have lost a place
            raise StoreUnavailable(
                f"{self._url} did not answer within {self._request_seconds:g} s"
            ) from error
        except httpx.TransportError as error:
            raise StoreUnavailable(
                f"{self._url} can not be reached ({type(error).__name__}); is the server up?"
            ) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise StoreRefused(f"{self._url} is no usable address") from error
        return response

    def _decoded(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise StoreRefused(
                f"{self._url} does not answer in JSON; is it a Weaviate server?"
            ) from error


def _error(url: str, method: str, path: str, response: httpx.Response) -> Exception:
    where = f"{url} answered {response.status_code} to {method} {path.split('?')[0]}"
    said = _reason(response)
    match response.status_code:
        case 401:
            return StoreRefused(f"{where}; set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE")
        case 403:
            return StoreRefused(f"{where}: this key lacks the right ({said})")
        case 408 | 429:
            return StoreUnavailable(f"{where}; it is overloaded, resume later")
        case status if status >= 500:
            return StoreUnavailable(f"{where}: {said}")
        case _:
            return StoreRefused(f"{where}: {said}")


def _reason(response: httpx.Response) -> str:
    """Return the server's own words, short; they name classes and ids, never a key."""
    try:
        found = orjson.loads(response.content)
        return str(found["error"][0]["message"])[:200]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return response.reason_phrase
