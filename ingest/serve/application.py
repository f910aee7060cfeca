"""The application: each declared endpoint with the function that answers it.

Knows HTTP and the library. Every answer that is no page is JSON, and every refusal has the
shape {"error": "one sentence"}.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.report import Document, status_document
from ingest.serve.documents import (
    concept_document,
    events_document,
    found_document,
    history_document,
    ready_document,
)
from ingest.serve.endpoints import ENDPOINTS, Endpoint
from ingest.serve.errors import NotReady, Overloaded, Refusal, refusal_for
from ingest.serve.gate import Gate, Turnstile
from ingest.serve.library import Library
from ingest.serve.openapi import openapi_document
from ingest.serve.page_files import page_files
from ingest.serve.parameters import Value, parsed
from journal.errors import JournalError, leading
from journal.state import Status

log = logging.getLogger(__name__)

RETRY_SECONDS = 2

Values = dict[str, Value]
Answer = tuple[int, Document]
Answering = Callable[[Values], Awaitable[Answer]]


def application(library: Library, *, version: str, turnstile: Turnstile | None = None) -> Gate:
    """Return the service over `library`; `turnstile` bounds the requests that ask the store."""
    answers = Answers(library, version, turnstile or Turnstile())
    pages = page_files()
    routes = [
        Route(
            endpoint.path,
            pages[endpoint.name].answer
            if endpoint.name in pages
            else _json_route(endpoint, getattr(answers, endpoint.name)),
            name=endpoint.name,
        )
        for endpoint in ENDPOINTS
    ]
    routed = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
    routed.router.redirect_slashes = False  # it would send a browser where the Host header says
    return Gate(routed)


class Answers:
    """One method an endpoint, of its name: checked values in, status and document out."""

    def __init__(self, library: Library, version: str, turnstile: Turnstile) -> None:
        self._library = library
        self._version = version
        self._turnstile = turnstile
        self._description = openapi_document(version)

    async def search(self, values: Values) -> Answer:
        """Answer `/search`."""
        query, class_name, mode = (str(values[name]) for name in ("q", "class", "mode"))
        async with self._turnstile.turn():
            hits = await self._library.search(
                query, class_name, mode=mode, limit=int(values["limit"])
            )
        return 200, found_document(query, class_name, mode, hits)

    async def concept(self, values: Values) -> Answer:
        """Answer `/concepts/{uri}`."""
        async with self._turnstile.turn():
            return 200, concept_document(await self._library.concept(str(values["uri"])))

    async def health(self, values: Values) -> Answer:
        """Answer `/health`, whatever else waits."""
        return 200, {"healthy": True, "version": self._version}

    async def ready(self, values: Values) -> Answer:
        """Answer `/ready`."""
        async with self._turnstile.turn():
            readiness = await self._library.readiness()
            document = ready_document(readiness, await self._library.status())
        return (200 if readiness.is_ready else 503), document

    async def status(self, values: Values) -> Answer:
        """Answer `/status`."""
        async with self._turnstile.turn():
            report = await self._library.status()
        return (503 if report.error else 200), status_document(report)

    async def history(self, values: Values) -> Answer:
        """Answer `/history`."""
        async with self._turnstile.turn():
            runs = await self._library.runs()
            held: bool | None = None
            if runs and runs[0].status is Status.IN_PROGRESS:
                held = (await self._library.status()).lease.held
        limit, offset = int(values["limit"]), int(values["offset"])
        return 200, history_document(runs, is_held=held, limit=limit, offset=offset)

    async def events(self, values: Values) -> Answer:
        """Answer `/history/{run}`."""
        async with self._turnstile.turn():
            events, run_id = await self._library.events(str(values["run"]))
        limit, offset = int(values["limit"]), int(values["offset"])
        return 200, events_document(run_id, events, limit=limit, offset=offset)

    async def openapi(self, values: Values) -> Answer:
        """Answer `/openapi.json`."""
        return 200, self._description


def _json_route(endpoint: Endpoint, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    async def route(request: Request) -> Response:
        try:
            values = parsed(request.query_params.multi_items(), endpoint.parameters)
            if endpoint.in_path is not None:
                name = endpoint.in_path.name
                values[name] = endpoint.in_path.parsed(request.path_params[name])
            status, document = await answer(values)
        except Exception as error:
            return _refused(error, endpoint)
        return _json(status, document)

    return route


def _refused(caught: Exception, endpoint: Endpoint) -> Response:
    """Return the answer to what could not be done.

    What nobody foresaw is a fault of ours: its traceback goes to the log, without the query.
    """
    error = leading(caught)
    if isinstance(error, JournalError):
        error = refusal_for(error)
    if not isinstance(error, Refusal):
        log.error("%s failed", endpoint.path, exc_info=caught)
        return _json(500, {"error": "this is a fault of the service; its log says more"})
    return _json(
        error.status, {"error": str(error)}, retry=isinstance(error, NotReady | Overloaded)
    )


async def _no_such_route(request: Request, error: Exception) -> Response:
    """Say in the service's own shape what the router refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentences = {
        404: "there is no such path; /openapi.json lists them",
        405: "this service only answers GET",
    }
    response = _json(status, {"error": sentences.get(status, HTTPStatus(status).phrase)})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["allow"] = "GET, HEAD"
    return response


def _json(status: int, document: Document, *, retry: bool = False) -> Response:
    headers = {"cache-control": "no-store"}
    if retry or status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_SECONDS)
    return Response(
        orjson.dumps(document),
        status_code=int(status),
        headers=headers,
        media_type="application/json",
    )
