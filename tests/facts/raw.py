"""REST requests by hand: single ones, and races whose last bytes leave together.

Clients hide races: each opens a connection and sends when it gets to it. Here every request of
a race is sent but for its last byte, and then all the last bytes at once.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPResponse
from typing import Any

import httpx

from tests.server import Weaviate

Json = Mapping[str, Any]
ANSWER_SECONDS = 30

THING: Json = {
    "class": "Thing",
    "vectorizer": "none",
    "properties": [
        {"name": "text", "dataType": ["text"], "tokenization": "field"},
        {"name": "number", "dataType": ["int"]},
        {"name": "date", "dataType": ["date"]},
    ],
}


def rest(server: Weaviate) -> httpx.Client:
    """Return a client for single requests."""
    return httpx.Client(base_url=server.url, timeout=ANSWER_SECONDS)


def create_class(client: httpx.Client, schema: Json) -> None:
    """Create a class."""
    client.post("/v1/schema", json=schema).raise_for_status()


def race(server: Weaviate, path: str, bodies: Sequence[Json]) -> list[tuple[int, str]]:
    """POST all bodies at the same moment; return each one's status and answer."""
    with ExitStack() as connections:
        sockets = [
            connections.enter_context(
                socket.create_connection((server.host, server.port), timeout=ANSWER_SECONDS)
            )
            for _ in bodies
        ]
        requests = [_post(path, body) for body in bodies]
        for connection, request in zip(sockets, requests, strict=True):
            connection.sendall(request[:-1])
        for connection, request in zip(sockets, requests, strict=True):
            connection.sendall(request[-1:])
        return [_answer(connection) for connection in sockets]


def winners(answers: Sequence[tuple[int, str]]) -> int:
    """Return how many requests were told that they succeeded."""
    return sum(status == 200 for status, _ in answers)


def _post(path: str, body: Json) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _answer(connection: socket.socket) -> tuple[int, str]:
    with HTTPResponse(connection, method="POST") as response:
        response.begin()
        return response.status, response.read().decode()
