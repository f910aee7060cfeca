"""What the server's wordings mean: each was captured from a server of version 1.38.11.

Those that a server can be brought to say are asked of the real one, word for word.
"""

import pytest
from weaviate.proto.v1 import batch_pb2

from ingest.target import Outcome, TargetObject, Verdict
from ingest.targets.weaviate import WeaviateTarget, open_weaviate_target
from ingest.targets.weaviate_errors import (
    RestReply,
    created,
    object_refusal,
    rest_failed,
    without_content,
)
from ingest.targets.weaviate_requests import batch_request
from journal.errors import StoreRefused, StoreUnavailable
from tests.contract.target_builders import SCHEMAS, direction, id_of, skill
from tests.server import Weaviate

NO_ID = id_of("nowhere")

REFUSED = {
    "invalid date property 'modifiedDate' on class 'Skill': requires a string with a RFC3339 "
    "formatted date, but the given value is '2024'": "property modifiedDate: no valid date",
    "invalid text property 'code' on class 'T': not a string, but []interface {}": (
        "property code: no valid text"
    ),
    "invalid text array property 'alts' on class 'T': not a text array, but string": (
        "property alts: no valid text array"
    ),
    "Validate vector index for 00000000-0000-0000-0000-000000000016: new node has a vector with "
    "length 2. Existing nodes have vectors with length 3: vector dimensions do not match the "
    "index dimensions": "a vector of 2 dimensions where the class holds 3",
    "invalid UUID length: 2": "no valid id",
}
UNKNOWN = {
    "invalid cref: 'cref' T:member: no object with id 00000000-0000-0000-0000-000000000063 "
    "found": "member refers to an object that is not there",
    "could not find index for class Skill. It might have been deleted in the meantime": (
        "could not find index for class Skill. It might have been deleted in the meantime"
    ),
    "begin batch: something new": "begin batch: something new",
    "put 'a label' at \"another\": got: all of it": "put … at …: …",
}
SHORT = (
    "store is read-only due to: resource pressure",
    "put local object: shard 'x': store is read-only",
    "cannot process batch: not enough memory",
    "write wal: no space left on device",
    "end store object 4 of batch: context deadline exceeded",
    "insert to vector index: context canceled",
)


@pytest.mark.parametrize("message", REFUSED)
def test_a_validation_refuses_the_object_in_words_of_ours(message: str) -> None:
    refusal = object_refusal(message, "the server")
    assert refusal.outcome.verdict is Verdict.REFUSED
    assert refusal.outcome.reason == REFUSED[message]
    assert not refusal.pushback


@pytest.mark.parametrize("message", UNKNOWN)
def test_anything_else_is_unknown(message: str) -> None:
    refusal = object_refusal(message, "the server")
    assert refusal.outcome.verdict is Verdict.UNKNOWN
    assert refusal.outcome.reason == UNKNOWN[message]
    assert not refusal.pushback


@pytest.mark.parametrize("message", SHORT)
def test_a_server_in_need_is_unknown_and_asks_for_less(message: str) -> None:
    refusal = object_refusal(message, "the server")
    assert refusal.outcome.verdict is Verdict.UNKNOWN
    assert refusal.pushback


def test_missing_rights_stop_the_load() -> None:
    with pytest.raises(StoreRefused, match="role of its user"):
        object_refusal("rbac: authorization, forbidden action: user 'u' has ...", "the server")


@pytest.mark.parametrize("word", ["forbidden", "disk read-only", "rbac"])
def test_a_word_of_the_record_decides_nothing(word: str) -> None:
    message = (
        "invalid date property 'modifiedDate' on class 'Skill': requires a string with a RFC3339 "
        f"formatted date, but the given value is '{word}'"
    )
    refusal = object_refusal(message, "the server")
    assert refusal.outcome.verdict is Verdict.REFUSED
    assert not refusal.pushback


def test_a_message_loses_what_may_be_content() -> None:
    message = "value 'it''s \"mine\"' of 016f2b2e-0000-0000-0000-000000000016 at [1, 2]"
    assert without_content(message) == "value …… of … at …"


def test_a_long_message_keeps_both_ends_since_the_cause_stands_last() -> None:
    message = "flushing WAL: write " + "a/long/path/" * 30 + "segment.wal: no space left on device"
    told = without_content(message)
    assert len(told) <= 160
    assert told.startswith("flushing WAL: write a/long")
    assert told.endswith("segment.wal: no space left on device")


def test_a_create_reads_its_answer() -> None:
    def reply(status: int, message: str = "") -> RestReply:
        return RestReply(status=status, content=b'{"error":[{"message":"%s"}]}' % message.encode())

    exists = "id '00000000-0000-0000-0000-00000000000b' already exists"
    written = RestReply(status=200, content=b'{"id":"00000000-0000-0000-0000-00000000000b"}')
    assert created(written, "s").outcomes[0].verdict is Verdict.ACKNOWLEDGED
    assert created(reply(422, exists), "s").outcomes[0].verdict is Verdict.ACKNOWLEDGED
    missing = "invalid object: invalid cref: 'cref' T:broader: no object with id 1 found"
    assert created(reply(422, missing), "s").outcomes[0].verdict is Verdict.UNKNOWN
    assert created(reply(503, ""), "s").pushback
    assert created(RestReply(status=500, content=b"<html>"), "s").outcomes[0].reason == "HTTP 500"


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"null", b'"id"', b'["id"]', b"{}"])
def test_a_create_that_is_answered_by_no_weaviate_is_unknown(body: bytes) -> None:
    assert created(RestReply(status=200, content=body), "s").outcomes == (
        Outcome(verdict=Verdict.UNKNOWN, reason="HTTP 200"),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, StoreUnavailable),
        (503, StoreUnavailable),
        (429, StoreUnavailable),
        (422, StoreRefused),
    ],
)
def test_a_rest_failure_is_passing_or_final(status: int, expected: type[Exception]) -> None:
    error = rest_failed(RestReply(status=status, content=b""), "listing Skill", "the server")
    assert type(error) is expected
    assert str(error) == f"the server: listing Skill: HTTP {status}"


# The real server's own words


@pytest.fixture
async def messages(clean_weaviate: Weaviate):  # type: ignore[no-untyped-def]
    """A function that upserts one object and returns the server's message about it."""
    async with open_weaviate_target(
        clean_weaviate.url,
        grpc_port=clean_weaviate.grpc_port,
        pipeline="esco",
        schemas=SCHEMAS,
    ) as target:
        await target.prepare()
        await target.upsert([skill(1, vector=direction(1, 0, 0))], timeout_seconds=15)

        async def message(wanted: TargetObject) -> str:
            return await _message(target, wanted)

        yield message


async def _message(target: WeaviateTarget, wanted: TargetObject) -> str:
    reply: batch_pb2.BatchObjectsReply = await target._connection.batch_objects(
        batch_request("Skill", [wanted]), timeout_seconds=15
    )
    return str(reply.errors[0].error)


@pytest.mark.weaviate
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            skill(2, references={"broaderSkill": (NO_ID,)}, vector=direction(1, 0, 0)),
            f"invalid cref: 'cref' Skill:broaderSkill: no object with id {NO_ID} found",
        ),
        (
            skill(2, modifiedDate="2024", vector=direction(1, 0, 0)),
            "invalid date property 'modifiedDate' on class 'Skill': requires a string with a "
            "RFC3339 formatted date, but the given value is '2024'",
        ),
        (
            skill(2, vector=direction(1, 0)),
            f"Validate vector index for {skill(2).id}: new node has a vector with length 2. "
            "Existing nodes have vectors with length 3: vector dimensions do not match the index "
            "dimensions",
        ),
        (
            skill(2, altLabels="text", vector=direction(1, 0, 0)),
            "invalid text array property 'altLabels' on class 'Skill': not a text array, "
            "but string",
        ),
    ],
    ids=["missing target", "date", "dimension", "type"],
)
async def test_the_server_still_says_it_in_these_words(  # type: ignore[no-untyped-def]
    messages, wanted: TargetObject, expected: str
) -> None:
    assert await messages(wanted) == expected
