"""What `doctor` reads from a server that is ill: each answer is one that Weaviate gives."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import anyio
import pytest

from ingest.diagnosis import Finding, Verdict
from ingest.doctor import collections, permissions, server
from ingest.doctor.checking import Check, findings
from ingest.esco_classes import esco_schemas
from ingest.rights import needed
from journal.stores.rest import Rest
from tests.serving import serving

Answers = dict[str, Any]


@pytest.fixture
def answers() -> Answers:
    """What the server answers, by path; anything else is 404."""
    return {}


@pytest.fixture
def url(answers: Answers) -> Iterator[str]:
    class Ill(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            self.wfile.write(body)

    with serving(Ill) as url:
        yield url


@asynccontextmanager
async def asked(url: str) -> AsyncIterator[Rest]:
    rest = Rest(url, api_key=None, request_seconds=10)
    try:
        yield rest
    finally:
        await rest.aclose()


def told(finding: Finding) -> tuple[str, str]:
    return finding.verdict.value, finding.seen


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.29.9", ("problem", "Weaviate 1.29.9")),
        ("1.30.0", ("ok", "Weaviate 1.30.0 (1.30 or newer is needed)")),
        ("2.0.1", ("ok", "Weaviate 2.0.1 (1.30 or newer is needed)")),
        ("soon", ("warning", "does not tell its version")),
    ],
)
async def test_a_server_that_is_too_old_is_a_problem(
    version: str, expected: tuple[str, str], url: str, answers: Answers
) -> None:
    answers["/v1/meta"] = {"version": version}
    async with asked(url) as rest:
        assert told(await server.version(rest)) == expected


async def test_a_node_that_is_not_healthy_is_named(url: str, answers: Answers) -> None:
    healthy = {"name": "a", "status": "HEALTHY", "version": "1.38.11"}
    answers["/v1/nodes"] = {"nodes": [healthy, {"name": "b", "status": "UNAVAILABLE"}]}
    async with asked(url) as rest:
        assert told(await server.nodes(rest)) == ("problem", "b is UNAVAILABLE")
        answers["/v1/nodes"] = {"nodes": [healthy, {**healthy, "name": "b", "version": "1.37.0"}]}
        assert told(await server.nodes(rest)) == ("warning", "versions differ: 1.37.0, 1.38.11")


async def test_a_read_only_shard_is_a_problem_with_a_way_out(url: str, answers: Answers) -> None:
    answers["/v1/schema"] = {"classes": [{"class": "Skill"}, {"class": "Metadata"}]}
    answers["/v1/schema/Skill/shards"] = [{"name": "x", "status": "READONLY"}]
    answers["/v1/schema/Metadata/shards"] = [{"name": "y", "status": "READY"}]
    async with asked(url) as rest:
        found = await collections.shards(rest, esco_schemas(), prefix="")
    assert told(found) == ("problem", "read-only: Skill")
    assert "disk" in found.advice


async def test_shards_that_may_not_be_looked_at_are_no_good_news(
    url: str, answers: Answers
) -> None:
    answers["/v1/schema"] = {"classes": [{"class": "Skill"}, {"class": "Metadata"}]}
    answers["/v1/schema/Metadata/shards"] = [{"name": "y", "status": "READY"}]
    async with asked(url) as rest:
        found = await collections.shards(rest, esco_schemas(), prefix="")
    assert told(found) == ("warning", "this key may not look at Skill")


async def test_a_class_of_another_pipeline_is_a_problem(url: str, answers: Answers) -> None:
    theirs = {"class": "Skill", "description": "A skill. [pipeline other]"}
    answers["/v1/schema"] = {"classes": [theirs]}
    async with asked(url) as rest:
        found = await collections.classes(rest, esco_schemas(), pipeline="esco", prefix="")
    assert told(found) == ("problem", "Skill belongs to pipeline other")


async def test_what_a_role_lacks_is_listed(url: str, answers: Answers) -> None:
    granted = [entry for entry in needed("") if entry["action"] != "update_data"]
    answers["/v1/users/own-info"] = {"roles": [{"name": "less", "permissions": granted}]}
    async with asked(url) as rest:
        found = await permissions.rights(rest, "")
    assert told(found) == (
        "problem",
        "lacks update_data on ISCOGroup, update_data on SkillGroup, update_data on SkillCollection,"
        " update_data on Skill and 2 more",
    )


@pytest.mark.parametrize(
    ("apart_seconds", "verdict"), [(0, "ok"), (3600, "warning"), (-3600, "warning")]
)
async def test_a_clock_that_is_apart_is_a_warning(
    apart_seconds: int, verdict: str, url: str, answers: Answers
) -> None:
    answers["/v1/.well-known/live"] = {}
    ours = datetime.now(UTC) + timedelta(seconds=apart_seconds)
    async with asked(url) as rest:
        assert (await server.clock(rest, lambda: ours)).verdict.value == verdict


async def test_an_answer_like_no_weaviate_s_is_a_finding_and_hides_no_other(
    url: str, answers: Answers
) -> None:
    answers["/v1/schema"] = {"classes": [["a proxy", "of sorts"]]}
    answers["/v1/meta"] = {"version": "1.38.11"}
    async with asked(url) as rest:
        shards, version = await findings(
            [
                Check("shards", lambda: collections.shards(rest, esco_schemas(), prefix="")),
                Check("server", lambda: server.version(rest)),
            ]
        )
    assert told(shards) == ("problem", "an answer that can not be read (TypeError)")
    assert version.verdict is Verdict.OK


async def test_a_check_that_hangs_ends_in_its_time_and_hides_no_other(
    url: str, answers: Answers
) -> None:
    async def hang() -> Finding:
        await anyio.sleep_forever()
        raise AssertionError

    answers["/v1/meta"] = {"version": "1.38.11"}
    async with asked(url) as rest:
        hung, version = await findings(
            [Check("hung", hang), Check("server", lambda: server.version(rest))],
            seconds=5,
        )
    assert told(hung) == ("problem", "no answer within 5 s")
    assert hung.is_outage
    assert version.verdict is Verdict.OK
