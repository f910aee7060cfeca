"""Fact: a server that was just started answers 404 for objects that it has, until it is ready.

So the absence of an object, read by id or in a listing, counts only from one that is ready.
"""

import time
from collections import Counter
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.facts.loading import CLASS, SCHEMA, create_class, number_to_id, number_to_vector
from tests.server import WeaviateServer

pytestmark = pytest.mark.weaviate

STARTS = 6
SECONDS_AFTER = 0.5
READY, OBJECT = "/v1/.well-known/ready", f"/v1/objects/{CLASS}/{number_to_id(1)}"
LISTED = f"/v1/objects?class={CLASS}&limit=2"
BODY: dict[str, Any] = {
    "class": CLASS,
    "id": str(number_to_id(1)),
    "properties": {"label": "there"},
    "vector": number_to_vector(1),
}


class Watch(Thread):
    """Asks whether the server is ready, and right after that for an object, again and again."""

    def __init__(self, server: WeaviateServer, method: str, path: str) -> None:
        super().__init__()
        self.seen: Counter[tuple[int, int]] = Counter()  # readiness before, 200 if found, else 404
        self.is_over = Event()
        self._url = server.url
        self._asked = (method, path, BODY if method == "PUT" else None)

    def run(self) -> None:
        """Watch until it is over."""
        method, path, body = self._asked
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self.is_over.is_set():
                try:
                    ready = client.get(READY).status_code
                    found = client.request(method, path, json=body)
                    is_there = found.status_code == 200 and str(number_to_id(1)) in found.text
                    self.seen[ready, 200 if is_there else 404] += 1
                except httpx.TransportError:  # it does not listen yet
                    time.sleep(0.01)


def test_what_a_server_has_is_absent_only_while_it_is_not_ready(
    own_weaviate: WeaviateServer, record_testsuite_property: Callable[[str, object], None]
) -> None:
    create_class(own_weaviate, SCHEMA)
    httpx.post(f"{own_weaviate.url}/v1/objects", json=BODY, timeout=30).raise_for_status()
    seen: Counter[tuple[str, int, int]] = Counter()
    for _ in range(STARTS):
        own_weaviate.kill()
        watches = [
            Watch(own_weaviate, method, path)
            for method, path in (("GET", OBJECT), ("GET", LISTED), ("PUT", OBJECT))
        ]
        for watch in watches:
            watch.start()
        own_weaviate.start()
        time.sleep(SECONDS_AFTER)
        for watch in watches:
            watch.is_over.set()
            watch.join()
            method, path, _ = watch._asked
            seen.update({(f"{method} {path[:12]}", *pair): n for pair, n in watch.seen.items()})

    assert {status for _, ready, status in seen if ready == 200} == {200}
    assert {ready for _, ready, status in seen if status == 404} <= {503}
    starting = sum(times for (_, _, status), times in seen.items() if status == 404)
    record_testsuite_property("absent while starting", f"{starting} of {seen.total()} answers")
