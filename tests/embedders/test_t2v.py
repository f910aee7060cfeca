"""The client of the t2v-transformers container, against a server that answers as that does."""

import json
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tenacity import wait_none

from ingest.embedders.t2v import T2vEmbedder, connect_t2v
from ingest.records import InputError
from journal.errors import StepFailed, StoreRefused, StoreUnavailable
from tests.embedders.t2v_stand_in import Answer, StandIn, numbers, stand_in


@pytest.fixture
async def connected(t2v: StandIn) -> AsyncIterator[T2vEmbedder]:
    embedder = await connect_t2v(t2v.url, backoff=wait_none())
    t2v.vector_requests.clear()
    yield embedder
    await embedder.aclose()


def answering(*answers: Answer) -> Any:
    """Return a fault that gives these answers, one a request, then none."""
    left = list(answers)
    return lambda request: left.pop(0) if left else None


def vector_answer(body: object) -> Answer:
    return 200, json.dumps(body).encode()


async def test_asks_with_the_pooling_and_the_task(t2v: StandIn, connected: T2vEmbedder) -> None:
    await connected.embed(["bread"])
    await connected.embed_query("flour")
    assert t2v.vector_requests == [
        {"text": "bread", "config": {"pooling_strategy": "masked_mean", "task_type": "passage"}},
        {"text": "flour", "config": {"pooling_strategy": "masked_mean", "task_type": "query"}},
    ]


async def test_rows_are_in_the_order_of_the_texts(connected: T2vEmbedder) -> None:
    texts = [f"text {number}" for number in range(40)]
    vectors = await connected.embed(texts)
    for text, vector in zip(texts, vectors, strict=True):
        raw = numbers(text, "passage")
        length = sum(number * number for number in raw) ** 0.5
        assert vector.tolist() == pytest.approx([number / length for number in raw], abs=1e-6)


async def test_asks_for_no_more_than_eight_at_once(t2v: StandIn, connected: T2vEmbedder) -> None:
    eight = threading.Barrier(8, timeout=10)  # opens when eight are there, so eight there must be

    def together(request: dict[str, Any]) -> None:
        eight.wait()
        time.sleep(0.05)  # time for a ninth to come

    t2v.fault = together
    await connected.embed([f"text {number}" for number in range(32)])
    assert t2v.most_at_once == 8


async def test_the_fingerprint_tells_the_model_and_not_the_address(t2v: StandIn) -> None:
    async def fingerprint(service: StandIn) -> str:
        embedder = await connect_t2v(service.url, backoff=wait_none())
        await embedder.aclose()
        return embedder.fingerprint

    with stand_in() as elsewhere:
        assert await fingerprint(t2v) == await fingerprint(elsewhere)
        elsewhere.meta = vector_answer({"model": "another"})
        assert await fingerprint(t2v) != await fingerprint(elsewhere)
        elsewhere.meta = (404, b"")
        assert await fingerprint(elsewhere) == "t2v:unnamed:8:masked_mean"


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_asks_again_when_the_service_can_not_answer_now(
    t2v: StandIn, connected: T2vEmbedder, status: int
) -> None:
    t2v.fault = answering((status, b""), (status, b""))
    assert (await connected.embed(["bread"])).shape == (1, 8)
    assert len(t2v.vector_requests) == 3


async def test_gives_up_after_five_attempts(t2v: StandIn, connected: T2vEmbedder) -> None:
    t2v.fault = lambda request: (503, b"")
    with pytest.raises(StoreUnavailable, match=f"{t2v.url}.*HTTP 503"):
        await connected.embed(["bread"])
    assert len(t2v.vector_requests) == 5


async def test_a_service_that_is_not_there_is_unavailable() -> None:
    with stand_in() as gone:
        pass
    with pytest.raises(StoreUnavailable, match=gone.url):
        await connect_t2v(gone.url, backoff=wait_none())


async def test_something_else_at_the_address_is_refused(t2v: StandIn) -> None:
    with pytest.raises(StoreRefused, match="HTTP 404"):
        await connect_t2v(f"{t2v.url}/elsewhere", backoff=wait_none())


@pytest.mark.parametrize(
    "url", ["localhost:8080", "ftp://localhost", "http://", "http://host:port"]
)
async def test_an_address_that_is_none_is_bad_input(url: str) -> None:
    with pytest.raises(InputError, match="address of the t2v service"):
        await connect_t2v(url)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ((200, b"no JSON"), "without a vector"),
        (vector_answer({"error": "no"}), "without a vector"),
        (vector_answer([1, 2]), "without a vector"),
        ((200, b"[" * 200_000), "without a vector"),
        (vector_answer({"vector": [float("nan")] * 8}), "not finite"),
        (vector_answer({"vector": [1.0] * 7}), "expected 8 dimensions, found 7"),
        (vector_answer({"vector": "text"}), "expected 1 vectors|something else"),
        (vector_answer({"vector": None}), "something else"),
        ((400, b"{}"), "HTTP 400"),
    ],
)
async def test_an_unusable_answer_fails_the_step(
    t2v: StandIn, connected: T2vEmbedder, answer: Answer, complaint: str
) -> None:
    t2v.fault = answering(answer)
    with pytest.raises(StepFailed, match=complaint):
        await connected.embed(["bread"])
    assert len(t2v.vector_requests) == 1


@pytest.mark.parametrize(
    "meta", [b"[" * 200_000, b'{"size": 99999999999999999999}', b"<html>", b"\xff"]
)
async def test_a_model_that_can_not_be_read_is_unnamed(t2v: StandIn, meta: bytes) -> None:
    t2v.meta = 200, meta
    embedder = await connect_t2v(t2v.url, backoff=wait_none())
    await embedder.aclose()
    assert embedder.fingerprint == "t2v:unnamed:8:masked_mean"


async def test_an_answer_that_is_packed_wrongly_is_none(
    t2v: StandIn, connected: T2vEmbedder
) -> None:
    t2v.headers["Content-Encoding"] = "gzip"
    with pytest.raises(StoreUnavailable, match="DecodingError"):
        await connected.embed(["bread"])


@pytest.mark.parametrize("host", ["xn--a.example", "xn--\u202e", "999.999.999.999", "[::1"])
async def test_a_host_that_can_not_be_is_no_address(host: str) -> None:
    with pytest.raises(InputError, match="no URL"):
        await connect_t2v(f"http://{host}:1")


async def test_one_bad_answer_among_many_fails_them_all(
    t2v: StandIn, connected: T2vEmbedder
) -> None:
    t2v.fault = lambda request: (
        vector_answer({"vector": [1.0] * 3}) if request["text"] == "text 5" else None
    )
    with pytest.raises(StepFailed, match="one dimension"):
        await connected.embed([f"text {number}" for number in range(20)])


async def test_no_text_and_no_password_is_in_an_error(t2v: StandIn) -> None:
    address = t2v.url.replace("http://", "http://user:secret@")
    embedder = await connect_t2v(address, backoff=wait_none())
    t2v.fault = lambda request: (503, b"")
    with pytest.raises(StoreUnavailable) as caught:
        await embedder.embed(["confidential"])
    await embedder.aclose()
    assert "confidential" not in str(caught.value)
    assert "secret" not in str(caught.value)
