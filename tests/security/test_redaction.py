"""A secret leaves the process by no way: events, errors, log lines, tracebacks, output."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from grpc import StatusCode  # type: ignore[import-untyped]

from ingest.targets.weaviate import open_weaviate_target
from ingest.targets.weaviate_opening import Server
from journal import StoreRefused, StoreUnavailable, execute, open_store
from journal.errors import JournalError, StepFailed
from journal.events import Failed
from journal.plan import Pipeline, Step
from journal.redaction import Redaction
from journal.step import StepRun
from journal.stores.rest import Rest
from tests.cli.conftest import environment
from tests.contract.target_builders import SCHEMAS, skill
from tests.journal.builders import recorded
from tests.serving import serving
from tests.targets.stand_in import aborted, stand_in

KEY = "canary-0f9e'\"\\/key"
PLAIN = "canary-0f9e"  # what every spelling of it has


class Echo(BaseHTTPRequestHandler):
    """A proxy with a talkative error page: it repeats the headers that it was sent."""

    def do_GET(self) -> None:
        if self.path.endswith("/meta"):
            status, said = 200, '{"version": "1.38.11"}'
        else:
            status = 400 if "schema" in self.path else 502
            message = f"bad request: {self.headers.get('authorization')}"
            said = json.dumps({"error": [{"message": message}]})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said.encode())


@pytest.fixture
def echo() -> Iterator[str]:
    with serving(Echo) as url:
        yield url


# --- by value -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {KEY}",
        json.dumps({"key": KEY}),
        repr({"key": KEY}),
        "https://host/?key=canary-0f9e%27%22%5C%2Fkey",
    ],
)
def test_a_secret_is_found_in_every_spelling(text: str) -> None:
    redaction = Redaction(KEY)
    assert PLAIN not in redaction.text(text)
    assert "[redacted]" in redaction.text(text)
    assert PLAIN.encode() not in redaction.raw(text.encode())


def test_a_longer_secret_is_not_left_half_by_one_that_is_part_of_it() -> None:
    assert Redaction("secret-1", "secret-1-and-more").text("secret-1-and-more") == "[redacted]"


@pytest.mark.parametrize("secret", [None, "", "esco", "1234567"])
def test_what_is_too_short_to_tell_from_a_word_is_left_alone(secret: str | None) -> None:
    redaction = Redaction(secret)
    assert not redaction
    assert redaction.text("esco 1234567") == "esco 1234567"


def test_a_fact_is_redacted_to_its_depths_and_keeps_its_type() -> None:
    before = recorded(1, 1, Failed(step="s", error="StepFailed", message=f"with {KEY}"))
    after = recorded(1, 1, Failed(step="s", error="StepFailed", message="with [redacted]"))
    assert Redaction(KEY).fact(before) == after


# --- events and errors --------------------------------------------------------------------------


async def test_an_event_is_written_without_the_key(tmp_path: Path) -> None:
    async def fail(run: StepRun) -> None:
        raise StepFailed(f"the server said: Bearer {KEY}")

    pipeline = Pipeline(name="p", fingerprint="f", steps=(Step("only", fail),))
    async with open_store(f"sqlite:///{tmp_path}/j.db", api_key=KEY) as store:
        with pytest.raises(StepFailed):
            await execute(pipeline, store)
        [failed] = [r.event for r in await store.read_epoch("p", 1) if isinstance(r.event, Failed)]
    assert failed.message == "the server said: Bearer [redacted]"
    assert all(PLAIN.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize(("path", "kind"), [("/v1/schema", StoreRefused), ("/x", StoreUnavailable)])
async def test_an_error_page_that_repeats_the_headers_gives_nothing_away(
    path: str, kind: type[JournalError], echo: str
) -> None:
    rest = Rest(echo, api_key=KEY, request_seconds=10)
    with pytest.raises(kind) as raised:
        await rest.request("GET", path)
    await rest.aclose()
    assert "[redacted]" in str(raised.value)
    assert PLAIN not in str(raised.value)


async def test_neither_does_one_that_the_target_is_shown(echo: str) -> None:
    async with stand_in() as grpc_side:
        opened = open_weaviate_target(
            echo, grpc_port=grpc_side.grpc_port, api_key=KEY, pipeline="esco", schemas=SCHEMAS
        )
        async with opened as target:
            with pytest.raises(StoreRefused) as raised:
                await target.existing_classes()
    assert PLAIN not in str(raised.value)


async def test_neither_does_a_grpc_status_that_repeats_the_metadata() -> None:
    batch = aborted(StatusCode.UNAVAILABLE, f"upstream said no to Bearer {KEY}")
    async with stand_in(batch=batch) as server:
        opened = open_weaviate_target(
            server.url,
            grpc_port=server.grpc_port,
            api_key=KEY,
            pipeline="esco",
            schemas=SCHEMAS,
        )
        async with opened as target:
            reply = await target.upsert([skill(1)], timeout_seconds=10)
    assert "upstream said no" in reply.outcomes[0].reason
    assert PLAIN not in reply.outcomes[0].reason


def test_no_representation_holds_the_key() -> None:
    assert PLAIN not in repr(Server("http://127.0.0.1:1", 2, KEY))
    assert PLAIN not in repr(Redaction(KEY))
    assert PLAIN not in repr(Rest("http://127.0.0.1:1", api_key=KEY, request_seconds=1))


# --- a process's output -------------------------------------------------------------------------

BUG = """
import logging, sys, warnings
from ingest import wiring
from ingest.cli import main

async def read_status(settings):
    key = settings.api_key
    logging.getLogger("some.library").error("sent Bearer %s", key)
    logging.getLogger("weaviate-client").error("whole objects")
    logging.getLogger("httpx").critical("requests")
    warnings.warn(f"Bearer {key}")
    sys.stdout.write(f"out {key}\\n")
    try:
        raise ValueError(f"inner {key}")
    except ValueError as error:
        raise RuntimeError(key) from error

wiring.read_status = read_status
main()
"""


def test_a_bug_s_traceback_log_lines_and_warnings_come_without_the_key(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BUG, "status"],
        env=environment(WEAVIATE_API_KEY=KEY),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert PLAIN not in ended.stdout + ended.stderr
    assert ended.stdout == "out [redacted]\n"
    assert "sent Bearer [redacted]" in ended.stderr
    assert "UserWarning: Bearer [redacted]" in ended.stderr
    assert "ValueError: inner [redacted]" in ended.stderr
    assert ended.stderr.rstrip().endswith("RuntimeError: [redacted]")
    assert "whole objects" not in ended.stderr  # the client's own logger is silent
    assert "requests" not in ended.stderr


def test_a_key_from_a_file_is_kept_in_just_as_well(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    ended = subprocess.run(
        [sys.executable, "-c", BUG, "status"],
        env=environment(WEAVIATE_API_KEY_FILE=str(tmp_path / "key")),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "RuntimeError: [redacted]" in ended.stderr
    assert PLAIN not in ended.stdout + ended.stderr
