"""The wire: sent once, ended in time, and a clear sentence for each way not to get through."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import numpy as np
import pytest
from grpc import StatusCode  # type: ignore[import-untyped]
from weaviate.proto.v1 import batch_pb2, search_get_pb2

import ingest.targets.weaviate_connection as connection
import ingest.targets.weaviate_opening as opening
from ingest.target import Outcome, Reply, Target, Verdict
from ingest.targets.weaviate import WeaviateTarget, open_weaviate_target
from ingest.targets.weaviate_opening import Server
from ingest.targets.weaviate_wire import Wire
from journal.errors import StoreRefused, StoreUnavailable
from tests.contract.target_builders import SCHEMAS, skill
from tests.server import Weaviate, WeaviateServer
from tests.targets.stand_in import (
    BatchAnswer,
    StandIn,
    aborted,
    acknowledged,
    closed_port,
    deaf_port,
    ended_without_a_message,
    illegible,
    silent,
    stand_in,
)

TOO_LONG = 30.0  # for a hang, never reached


@asynccontextmanager
async def opened(server: StandIn | Weaviate, **more: Any) -> AsyncIterator[WeaviateTarget]:
    with anyio.fail_after(TOO_LONG):
        async with open_weaviate_target(
            server.url, grpc_port=server.grpc_port, pipeline="esco", schemas=SCHEMAS, **more
        ) as target:
            yield target


async def refusal(server: StandIn, **more: Any) -> str:
    with pytest.raises(StoreRefused) as caught:
        async with opened(server, **more):
            pass
    return str(caught.value)


async def outage(url: str, grpc_port: int) -> str:
    with pytest.raises(StoreUnavailable) as caught, anyio.fail_after(TOO_LONG):
        async with open_weaviate_target(url, grpc_port=grpc_port, pipeline="esco", schemas=SCHEMAS):
            pass
    return str(caught.value)


async def sent(target: Target, count: int = 2, seconds: float = 5.0) -> Reply:
    return await target.upsert([skill(n) for n in range(count)], timeout_seconds=seconds)


def unknown(reason: str) -> Outcome:
    return Outcome(verdict=Verdict.UNKNOWN, reason=reason)


# The parts of weaviate-client below its public API


@pytest.mark.weaviate
async def test_the_client_has_the_parts_we_stand_on(clean_weaviate: Weaviate) -> None:
    client = Server(clean_weaviate.url, clean_weaviate.grpc_port)._client()
    await client.connect()
    try:
        wire = Wire(client)
        assert client._connection._grpc_max_msg_size == 104_858_000  # the channel's own limit
        assert wire.session is client._connection._client
        assert wire.url == f"{clean_weaviate.url}/v1"
        assert client._connection.server_version.startswith("1.")
        await wire.check_grpc(5.0)
    finally:
        await client.close()


async def test_the_key_travels_with_every_batch() -> None:
    async with stand_in() as server, opened(server, api_key="the-key") as target:
        await sent(target)
        assert ("authorization", "Bearer the-key") in server.metadata


# A request leaves once and ends in time


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        (
            StatusCode.UNAVAILABLE,
            "server is in maintenance mode",
            Reply(
                outcomes=(unknown("UNAVAILABLE: server is in maintenance mode"),) * 2,
                lost=True,
                pushback=True,
            ),
        ),
        (
            StatusCode.RESOURCE_EXHAUSTED,
            "usage limit exceeded: objects count limit of 9 reached",
            Reply(
                outcomes=(
                    unknown(
                        "RESOURCE_EXHAUSTED: usage limit exceeded: objects count limit of 9 reached"
                    ),
                )
                * 2,
                pushback=True,
            ),
        ),
        (
            StatusCode.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (9 vs. 8)",
            Reply(
                outcomes=(
                    Outcome(
                        verdict=Verdict.REFUSED,
                        reason="the request is larger than the server takes",
                    ),
                )
                * 2,
                too_large=True,
            ),
        ),
        (
            StatusCode.UNKNOWN,
            "batch objects: something 'secret' went wrong",
            Reply(outcomes=(unknown("UNKNOWN: batch objects: something … went wrong"),) * 2),
        ),
    ],
)
async def test_a_failed_request_is_sent_once_and_tells_what_is_known(
    code: StatusCode, details: str, expected: Reply
) -> None:
    async with stand_in(batch=aborted(code, details)) as server, opened(server) as target:
        assert await sent(target) == expected
        assert server.batches == 1


@pytest.mark.parametrize("code", [StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED])
async def test_a_request_without_rights_is_refused(code: StatusCode) -> None:
    async with stand_in(batch=aborted(code, "no")) as server, opened(server) as target:
        with pytest.raises(StoreRefused, match="WEAVIATE_API_KEY"):
            await sent(target)


async def test_what_the_server_says_of_one_object_is_said_of_that_one_alone() -> None:
    async def complain(_: Any) -> batch_pb2.BatchObjectsReply:
        invalid = "invalid text property 'label' on class 'Skill'"
        error = batch_pb2.BatchObjectsReply.BatchError(index=1, error=invalid)
        return batch_pb2.BatchObjectsReply(errors=[error])

    async with stand_in(batch=complain) as server, opened(server) as target:
        reply = await sent(target, count=3)
    refused = Outcome(verdict=Verdict.REFUSED, reason="property label: no valid text")
    written = Outcome(verdict=Verdict.ACKNOWLEDGED)
    assert reply == Reply(outcomes=(written, refused, written))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
async def test_a_vector_that_is_not_finite_is_refused_and_never_sent(number: float) -> None:
    """The server would take it silently, and no search would find the object again."""
    broken = replace(skill(1), vector=np.array([1.0, number], dtype=np.float32))
    async with stand_in() as server, opened(server) as target:
        reply = await target.upsert([broken], timeout_seconds=5.0)
        assert server.batches == 0
    reason = "the vector has a number that is not finite"
    assert reply == Reply(outcomes=(Outcome(verdict=Verdict.REFUSED, reason=reason),))


async def test_a_request_without_an_answer_ends_in_its_time_and_is_lost() -> None:
    async with stand_in(batch=silent) as server, opened(server) as target:
        reply = await sent(target, seconds=0.2)
        assert [outcome.verdict for outcome in reply.outcomes] == [Verdict.UNKNOWN] * 2
        assert (reply.lost, reply.pushback, reply.too_large) == (True, True, False)
        assert server.batches == 1


@pytest.mark.parametrize("answer", [ended_without_a_message, illegible])
async def test_a_batch_that_ends_well_without_a_message_is_lost(answer: BatchAnswer) -> None:
    async with stand_in(batch=answer) as server, opened(server) as target:
        lost = Reply(outcomes=(unknown("the connection was lost"),) * 2, lost=True, pushback=True)
        assert await sent(target) == lost
        assert server.batches == 1
        server.batch = acknowledged
        assert (await sent(target)).outcomes[0].verdict is Verdict.ACKNOWLEDGED


async def test_a_query_that_ends_well_without_a_message_got_no_answer() -> None:
    async with stand_in() as server, opened(server) as target:
        with pytest.raises(StoreUnavailable, match="a query got no answer"):
            await target._connection.count("Skill", timeout_seconds=5.0)
        with pytest.raises(StoreUnavailable, match="a query got no answer"):
            await target._connection.search(search_get_pb2.SearchRequest(), timeout_seconds=5.0)


async def test_a_wire_that_stays_silent_is_cut_and_another_one_opened() -> None:
    async with stand_in(batch=silent) as server, opened(server) as target:
        first = target._connection._wire
        await sent(target, seconds=0.2)
        assert target._connection._wire is first  # one may be a busy server
        await sent(target, seconds=0.2)
        server.batch = acknowledged
        assert (await sent(target)).outcomes[0].verdict is Verdict.ACKNOWLEDGED
        assert first is not None
        assert first.was_cut
        assert target._connection._wire is not first


async def test_requests_that_were_silent_at_once_are_silent_once() -> None:
    async with stand_in(batch=silent) as server, opened(server) as target:
        first = target._connection._wire
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(partial(sent, target, seconds=0.3))
        assert target._connection._wire is first
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(partial(sent, target, seconds=0.3))
        assert target._connection._wire is None
        await sent(target, seconds=0.3)  # of a new wire the first
        second = target._connection._wire
        assert second is not None
        assert not second.was_cut


async def test_an_answer_between_two_silences_keeps_the_wire() -> None:
    async with stand_in() as server, opened(server) as target:
        first = target._connection._wire
        for _ in range(3):
            server.batch = silent
            await sent(target, seconds=0.2)
            server.batch = acknowledged
            assert (await sent(target)).outcomes[0].verdict is Verdict.ACKNOWLEDGED
        assert target._connection._wire is first


async def test_a_write_that_can_open_no_wire_never_left() -> None:
    async with stand_in() as server, opened(server) as target:
        server.status = "503 Service Unavailable"
        await target.disconnect()
        never = Reply(outcomes=(unknown("the connection was lost"),) * 2, lost=False, pushback=True)
        assert await sent(target) == never
        made = await target.create(skill(1), timeout_seconds=5.0)
        assert (made.lost, made.outcomes[0].verdict) == (False, Verdict.UNKNOWN)
        assert (server.batches, server.creates) == (0, 0)
        server.status = "200 OK"
        assert (await sent(target)).outcomes[0].verdict is Verdict.ACKNOWLEDGED


async def test_a_request_that_found_no_server_is_not_lost() -> None:
    async with stand_in() as server, opened(server) as target:
        await sent(target)
        gone = StandIn(url=server.url, grpc_port=closed_port())
        target._connection._wire = await _wire_to_nowhere(gone, target)
        reply = await sent(target)
    assert [outcome.verdict for outcome in reply.outcomes] == [Verdict.UNKNOWN] * 2
    assert (reply.lost, reply.pushback) == (False, True)


async def _wire_to_nowhere(server: StandIn, target: WeaviateTarget) -> Wire:
    """Return a wire whose gRPC port is closed, as after the end of the server."""
    await target.disconnect()
    client = Server(server.url, server.grpc_port)._client()
    await client.connect()
    return Wire(client)


async def test_a_request_above_the_servers_limit_is_not_sent() -> None:
    meta = b'{"version":"1.38.11","grpcMaxMessageSize":1000}'
    async with stand_in(meta=meta) as server, opened(server) as target:
        reply = await sent(target, count=20)
        assert reply.too_large
        assert server.batches == 0


async def test_a_cancelled_request_is_cancelled_and_no_answer_is_invented() -> None:
    async with stand_in(batch=silent) as server, opened(server) as target:
        with anyio.move_on_after(0.2) as scope:
            await sent(target)
            pytest.fail("the request was to be cancelled")
        assert scope.cancelled_caught


async def test_cancelling_a_group_of_requests_ends_the_group_and_nothing_else() -> None:
    async with stand_in(batch=silent) as server, opened(server) as target:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(sent, target)
            while server.batches < 5:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        server.batch = acknowledged
        assert (await sent(target)).outcomes[0].verdict is Verdict.ACKNOWLEDGED


async def test_a_channel_that_ignores_its_deadline_is_bounded_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_GRACE_SECONDS", -4.8)
    async with stand_in(batch=silent) as server, opened(server) as target:
        reply = await sent(target, seconds=5.0)
    assert reply == Reply(outcomes=(unknown("no answer in time"),) * 2, lost=True, pushback=True)


async def test_disconnect_cuts_requests_off_and_tells_them_as_unknown() -> None:
    replies: list[Reply] = []
    async with stand_in(batch=silent) as server, opened(server) as target:

        async def send() -> None:
            replies.append(await sent(target, seconds=20.0))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(send)
            while server.batches < 3:
                await anyio.sleep(0.01)
            await target.disconnect()
    expected = Reply(outcomes=(unknown("the connection was lost"),) * 2, lost=True, pushback=True)
    assert replies == [expected] * 3


async def test_a_create_without_an_answer_ends_in_its_time_and_is_lost() -> None:
    async with stand_in(deaf_to_objects=True) as server, opened(server) as target:
        reply = await target.create(skill(1), timeout_seconds=0.3)
    assert reply == Reply(outcomes=(unknown("no answer in time"),), lost=True, pushback=True)
    assert server.creates == 1


async def test_a_create_that_found_no_server_is_not_lost() -> None:
    async with stand_in() as server, opened(server) as target:
        wire = await target._connection.open()
        wire.url = f"http://127.0.0.1:{closed_port()}/v1"
        reply = await target.create(skill(1), timeout_seconds=5.0)
    expected = Reply(outcomes=(unknown("the connection was lost"),), lost=False, pushback=True)
    assert reply == expected


async def test_a_cancelled_create_is_cancelled() -> None:
    async with stand_in(deaf_to_objects=True) as server, opened(server) as target:
        with anyio.move_on_after(0.2) as scope:
            await target.create(skill(1), timeout_seconds=20.0)
            pytest.fail("the request was to be cancelled")
        assert scope.cancelled_caught


async def test_disconnect_cuts_a_create_off() -> None:
    replies: list[Reply] = []
    async with stand_in(deaf_to_objects=True) as server, opened(server) as target:

        async def create() -> None:
            replies.append(await target.create(skill(1), timeout_seconds=20.0))

        async with anyio.create_task_group() as group:
            group.start_soon(create)
            while not server.creates:
                await anyio.sleep(0.01)
            await target.disconnect()
    assert replies == [
        Reply(outcomes=(unknown("the connection was lost"),), lost=True, pushback=True)
    ]


async def test_nothing_opens_again_after_the_release() -> None:
    async with stand_in() as server, opened(server) as target:
        await target.aclose()
        with pytest.raises(StoreUnavailable, match="closed for good"):
            await target.count("Skill")
        with pytest.raises(StoreUnavailable, match="closed for good"):
            await sent(target)


@pytest.mark.weaviate
async def test_the_channel_is_back_soon_after_an_outage(own_weaviate: WeaviateServer) -> None:
    async with opened(own_weaviate) as target:
        await target.prepare()
        first_start = await target.incarnation()
        own_weaviate.kill()
        with pytest.raises(StoreUnavailable, match="no answer"):
            await target.incarnation()
        for _ in range(12):  # long enough for the pause between attempts to grow
            reply = await sent(target, seconds=2.0)
            assert [outcome.verdict for outcome in reply.outcomes] == [Verdict.UNKNOWN] * 2
            with pytest.raises(StoreUnavailable):
                await target.read("Skill", skill(1).id)
            await anyio.sleep(0.25)
        await asyncio.to_thread(own_weaviate.start)
        for _ in range(20):
            reply = await sent(target, seconds=5.0)
            if reply.outcomes[0].verdict is Verdict.ACKNOWLEDGED:
                assert first_start != await target.incarnation() != ""
                return
            await anyio.sleep(0.25)
        pytest.fail(f"no way back to the server: {reply}")


# Opening


async def test_a_closed_grpc_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand_in() as server:
        port = closed_port()
        message = await outage(server.url, port)
    assert message == (
        f"Weaviate at {server.url} answers, but its gRPC port {port} does not: open it, or name "
        "the right one (WEAVIATE_GRPC_PORT)"
    )


async def test_a_grpc_port_without_a_word_on_its_health_is_named() -> None:
    async with stand_in(is_healthy=False) as server:
        assert "its gRPC port" in await outage(server.url, server.grpc_port)


async def test_a_deaf_grpc_port_is_named_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_SECONDS", 0.5)
    async with stand_in() as server, deaf_port() as port:
        assert f"its gRPC port {port} does not" in await outage(server.url, port)


async def test_a_deaf_server_is_unavailable_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_SECONDS", 0.5)
    async with deaf_port() as port:
        message = await outage(f"http://127.0.0.1:{port}", closed_port())
    assert "does not answer: is it running" in message


async def test_an_absent_server_is_unavailable() -> None:
    port = closed_port()
    message = await outage(f"http://127.0.0.1:{port}", closed_port())
    assert message.startswith(f"Weaviate at http://127.0.0.1:{port} does not answer")


async def test_a_server_that_starts_up_is_unavailable() -> None:
    async with stand_in(status="503 Service Unavailable") as server:
        assert "is not ready (HTTP 503)" in await outage(server.url, server.grpc_port)


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_wrong_credentials_are_refused_without_showing_them(status: str) -> None:
    async with stand_in(status=status) as server:
        message = await refusal(server, api_key="the-key")
    assert "WEAVIATE_API_KEY" in message
    assert "the-key" not in message


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"version":"about one"}',
        b'{"version":5}',
        b'{"version":"1.38.11","grpcMaxMessageSize":"x"}',
        b'{"version":"1.38.11","grpcMaxMessageSize":99999999999999999999}',
        b"[" * 200_000,
    ],
)
async def test_what_is_no_weaviate_is_refused(body: bytes) -> None:
    async with stand_in(meta=body) as server:
        assert "does not answer as a Weaviate does" in await refusal(server)


@pytest.mark.parametrize("version", ["1.29.9", "1.20.0"])
async def test_an_old_server_is_refused_with_the_version_needed(version: str) -> None:
    async with stand_in(meta=b'{"version":"%s"}' % version.encode()) as server:
        message = await refusal(server)
    assert message.endswith(f"is version {version}; 1.30 or newer is needed")


async def test_the_same_port_for_both_is_refused() -> None:
    async with stand_in() as server:
        same = StandIn(url=server.url, grpc_port=int(server.url.rpartition(":")[2]))
        assert "another port for gRPC" in await refusal(same)


def test_a_server_shows_no_secret() -> None:
    server = Server("https://user:password@example.org:8080", 50051, "the-key")
    assert str(server) == "Weaviate at https://example.org:8080"
    assert "the-key" not in repr(server)


@pytest.mark.weaviate
async def test_the_clients_own_logger_is_silent(clean_weaviate: Weaviate) -> None:
    async with opened(clean_weaviate):
        assert not logging.getLogger("weaviate-client").isEnabledFor(logging.CRITICAL)
