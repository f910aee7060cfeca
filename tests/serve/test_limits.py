"""What is refused, how it is said, and that nothing takes for ever."""

import logging

import anyio
import httpx
import pytest

from ingest.serve.endpoints import ENDPOINTS
from ingest.serve.gate import SECURITY_HEADERS, Turnstile
from ingest.settings import Settings
from ingest.wiring.serving import kept_open
from tests.serve.faults import disturbed_service
from tests.serve.running import asked, got, service

HALF = "/concepts/https%3A%2F%2Fx.example"


async def test_what_can_not_be_used_is_named(loaded: Settings) -> None:
    wrong = {
        "/search": "q is missing",
        "/search?q=": "q must not be empty",
        "/search?q=%20": "q must not be empty",
        "/search?q=" + 501 * "a": "q must be 500 characters or fewer, not 501",
        "/search?q=a&q=b": "q must be given once",
        "/search?q=a&limit=0": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=101": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=1.5": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=-1": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=1_0": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=%D9%A3": "limit must be a whole number from 1 to 100",
        "/search?q=a&limit=" + 5000 // 50 * "9": "limit must be a whole number from 1 to 100",
        "/search?q=a&mode=best": "mode must be one of: vector, keyword, hybrid",
        "/search?q=a&class=Person": "class must be one of: ISCOGroup, Occupation, Skill,"
        " SkillCollection, SkillGroup",
        "/search?q=a&clas=Skill": "there is no parameter clas; there are: q, class, limit, mode",
        "/status?verbose=1": "there is no parameter verbose here",
        "/history?offset=x": "offset must be a whole number from 0 to 999999",
        "/concepts/" + 1001 * "a": "uri must be 1000 characters or fewer, not 1001",
        "/history/" + 101 * "a": "run must be 100 characters or fewer, not 101",
    }
    async with service(loaded) as client:
        assert {path: await got(client, path) for path in wrong} == {
            path: (400, {"error": sentence}) for path, sentence in wrong.items()
        }


async def test_what_is_not_there_is_said_in_the_same_shape(loaded: Settings) -> None:
    async with service(loaded) as client:
        assert await got(client, "/nope") == (
            404,
            {"error": "there is no such path; /openapi.json lists them"},
        )
        assert (await got(client, "/search/"))[0] == 404  # no redirect to where the host says
        assert await got(client, HALF) == (404, {"error": "no concept has this URI"})
        assert await got(client, "/history/nope") == (
            404,
            {"error": "no run has this id; /history lists them"},
        )
        refused = await client.post("/search?q=a", json={"q": "b"})
        assert refused.status_code == 405
        assert refused.json() == {"error": "this service only answers GET"}
        assert refused.headers["allow"] == "GET, HEAD"


async def test_a_url_that_is_too_long_is_refused(loaded: Settings) -> None:
    async with service(loaded) as client:
        assert await got(client, "/search?q=" + 5000 * "a") == (
            414,
            {"error": "the URL must be 4096 bytes or fewer"},
        )
        assert await got(client, "/" + 5000 * "a") == (
            414,
            {"error": "the URL must be 4096 bytes or fewer"},
        )


async def test_every_answer_tells_browsers_what_they_may_do(empty: Settings) -> None:
    paths = ["/nope", "/search", "/search?q=a", "/" + 5000 * "a"]
    paths += [endpoint.path for endpoint in ENDPOINTS if "{" not in endpoint.path]
    async with service(empty) as client:
        for path in paths:
            answer = await client.get(path)
            for name, value in SECURITY_HEADERS:
                assert answer.headers[name.decode()] == value.decode(), path
            assert "server" not in answer.headers
            is_json = answer.headers["content-type"] == "application/json"
            assert is_json is (answer.headers["cache-control"] == "no-store"), path


async def test_an_answer_that_takes_too_long_is_given_up(loaded: Settings) -> None:
    turnstile = Turnstile(seconds=0.5)
    async with kept_open(loaded) as backing:
        application = disturbed_service(backing, anyio.sleep_forever, turnstile=turnstile)
        async with asked(application) as client:
            assert await got(client, "/search?q=a") == (
                504,
                {"error": "no answer within 0.5 seconds; ask again later"},
            )
            assert (await got(client, "/health"))[0] == 200


async def test_who_would_wait_behind_too_many_is_sent_away_and_the_others_are_answered(
    loaded: Settings,
) -> None:
    gate = anyio.Event()
    turnstile = Turnstile(at_once=1, most_waiting=2)
    statuses: list[int] = []
    async with kept_open(loaded) as backing:
        application = disturbed_service(backing, gate.wait, turnstile=turnstile)
        async with asked(application) as client, anyio.create_task_group() as tasks:

            async def ask() -> None:
                answer = await client.get("/search?q=a")
                statuses.append(answer.status_code)
                if answer.status_code == 503:
                    assert answer.json()["error"].startswith("too many requests at once")
                    assert answer.headers["retry-after"] == "2"
                    gate.set()

            for _ in range(4):
                tasks.start_soon(ask)
        assert sorted(statuses) == [200, 200, 200, 503]


async def test_a_fault_of_the_service_says_nothing_about_itself_but_in_its_log(
    loaded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise LookupError("an inner matter")

    async with kept_open(loaded) as backing, asked(disturbed_service(backing, fail)) as client:
        status, said = await got(client, "/search?q=canary")
        assert status == 500
        assert said == {"error": "this is a fault of the service; its log says more"}
        assert (await got(client, "/health"))[0] == 200
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == "/search failed"
    assert "an inner matter" in caplog.text
    assert "canary" not in caplog.text


async def test_half_a_request_does_not_keep_others_from_being_answered(loaded: Settings) -> None:
    async with service(loaded) as client:
        url = httpx.URL(str(client.base_url))
        async with await anyio.connect_tcp(url.host, url.port or 0) as slow:
            await slow.send(b"GET /health HTTP/1.1\r\nhost: x\r\n")
            assert (await got(client, "/search?q=a"))[0] == 200
