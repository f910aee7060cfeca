"""The embedder behind HTTP: a client of the t2v-transformers container.

Knows its three addresses (`POST /vectors`, `GET /meta`, `GET /.well-known/ready`) and nothing
of the model in it. Requests are bounded in number and time, and repeated a few times.
"""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

import anyio
import httpx
import orjson
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential, wait_random

from ingest.embedders import Matrix
from ingest.embedders.check import checked
from ingest.records import InputError
from journal.errors import StepFailed, StoreRefused, StoreUnavailable, leading

_POOLING = "masked_mean"
_REQUEST_SECONDS = 30.0
_CONCURRENT_REQUESTS = 8
_ATTEMPTS = 5
_BACKOFF = wait_exponential(multiplier=0.2, max=5) + wait_random(0, 0.2)
# What JSON of another shape raises: a number past 64 bits a TypeError, lists without end the last.
_ILLEGIBLE = (ValueError, KeyError, TypeError, RecursionError)
_BUSY = HTTPStatus.TOO_MANY_REQUESTS

TaskType = Literal["passage", "query"]


class _TryAgainError(Exception):
    """The service was not reached, or can not answer now."""


async def connect_t2v(url: str, *, backoff: wait_base = _BACKOFF) -> "T2vEmbedder":
    """Return an embedder over the service at `url`, once that is ready.

    Raises:
        InputError: `url` is none.
        StoreUnavailable: nothing answers there.
        StoreRefused: what answers there is no such service.
    """
    try:
        address = httpx.URL(url)
        host = address.host
    except (httpx.InvalidURL, UnicodeError) as error:  # of xn-- and what encodes nothing
        raise InputError("the address of the t2v service is no URL; check its setting") from error
    if address.scheme not in ("http", "https") or not host:
        raise InputError("the address of the t2v service must begin with http:// or https://")
    embedder = T2vEmbedder(address, backoff=backoff)
    try:
        await embedder.connect()
    except BaseException:
        await embedder.aclose()
        raise
    return embedder


class T2vEmbedder:
    """One text a request, as the service takes them; opened by `connect_t2v`."""

    name = "t2v"

    def __init__(self, address: httpx.URL, *, backoff: wait_base) -> None:
        self.fingerprint = "t2v"
        self._shown = str(address.copy_with(userinfo=b""))
        self._backoff = backoff
        self._limiter = anyio.CapacityLimiter(_CONCURRENT_REQUESTS)
        self._dimension: int | None = None
        # No proxy: the service is a neighbour. The pool does not bound, the limiter does: a
        # cancelled request can keep its place in the pool for ever.
        self._client = httpx.AsyncClient(
            base_url=address,
            timeout=_REQUEST_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=_CONCURRENT_REQUESTS),
        )

    async def connect(self) -> None:
        """Wait until the service is ready; learn its model and its dimension."""
        await self._answer("GET", "/.well-known/ready")
        probe = checked(
            [await self._vector("probe", "passage")], embedder=self.name, count=1, dimension=None
        )
        self._dimension = probe.shape[1]
        self.fingerprint = f"t2v:{await self._model()}:{self._dimension}:{_POOLING}"

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Ask for each text, a few at a time."""
        vectors: list[Any] = [None] * len(texts)

        async def ask(position: int) -> None:
            async with self._limiter:
                vectors[position] = await self._vector(texts[position], "passage")

        try:
            async with anyio.create_task_group() as group:
                for position in range(len(texts)):
                    group.start_soon(ask, position)
        except ExceptionGroup as failures:
            raise leading(failures) from failures
        return self._checked(vectors)

    async def embed_query(self, text: str) -> Matrix:
        """Ask for the query's vector, as a query."""
        async with self._limiter:
            vector: Matrix = self._checked([await self._vector(text, "query")])[0]
            return vector

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _checked(self, vectors: list[Any]) -> Matrix:
        return checked(vectors, embedder=self.name, count=len(vectors), dimension=self._dimension)

    async def _vector(self, text: str, task_type: TaskType) -> Any:
        if not text.strip() and self._dimension is not None:
            return [0.0] * self._dimension  # the service refuses it
        # Half a surrogate pair is no text; the store refuses the record, with its key.
        text = text.encode("utf-8", "replace").decode()
        body = {"text": text, "config": {"pooling_strategy": _POOLING, "task_type": task_type}}
        response = await self._answer("POST", "/vectors", body)
        try:
            return response.json()["vector"]
        except _ILLEGIBLE as error:
            raise StepFailed(
                f"the t2v service at {self._shown} answered without a vector; check that its"
                " address is that of a t2v service, then resume"
            ) from error

    async def _model(self) -> str:
        """Return a digest of what the service says of its model, "unnamed" if nothing."""
        try:
            meta = (await self._answer("GET", "/meta")).json()
            said = orjson.dumps(meta, option=orjson.OPT_SORT_KEYS)
        except (StoreRefused, StepFailed, *_ILLEGIBLE):
            return "unnamed"
        return hashlib.sha256(said).hexdigest()[:16]

    async def _answer(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Return the first good answer of a few attempts."""
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(_TryAgainError),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=self._backoff,
            sleep=anyio.sleep,
            reraise=True,
        )
        try:
            return await attempts(self._ask_once, method, path, body)
        except _TryAgainError as error:
            raise StoreUnavailable(
                f"the t2v service at {self._shown} does not answer ({error}); start it and resume"
            ) from error

    async def _ask_once(self, method: str, path: str, body: object) -> httpx.Response:
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"}
        try:
            with anyio.fail_after(2 * _REQUEST_SECONDS):
                response = await self._client.request(
                    method, path, content=content, headers=headers
                )
        except (httpx.RequestError, TimeoutError) as error:
            raise _TryAgainError(type(error).__name__) from error
        if response.status_code == _BUSY or response.is_server_error:
            raise _TryAgainError(f"HTTP {response.status_code}")
        if response.status_code in (401, 403, 404, 405):
            raise StoreRefused(
                f"{self._shown} answers {path} with HTTP {response.status_code}; check that its "
                "address is that of a t2v service"
            )
        if not response.is_success:
            raise StepFailed(
                f"the t2v service at {self._shown} refused a text with HTTP"
                f" {response.status_code}; see its log, then resume"
            )
        return response
