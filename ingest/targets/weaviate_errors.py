"""What the server's refusals mean, in words of ours.

Pure: texts and codes in, verdicts and errors out. The server's messages quote the record
("the given value is '2024'"), so none of them is passed on as it is. Every wording that
decides something was captured from a real server and stands in a test.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import orjson
from grpc import StatusCode  # type: ignore[import-untyped]

from ingest.target import REFERS_TO_NOTHING, Outcome, Reply, Verdict
from journal.errors import JournalError, StoreRefused, StoreUnavailable

T = TypeVar("T")

ACKNOWLEDGED = Outcome(verdict=Verdict.ACKNOWLEDGED)

# Wordings of `usecases/objects/validation` of the server and of its vector index, as patterns
# with our reason. What is not here is UNKNOWN: a retry and, in the end, a clear failure of the
# step cost less than a good record dropped because the server was short of something.
_REFUSALS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"invalid ([\w\[\] ]+) property '(\w+)'"), "property {2}: no valid {1}"),
    (
        re.compile(r"vector with length (\d+)\. Existing nodes have vectors with length (\d+)"),
        "a vector of {1} dimensions where the class holds {2}",
    ),
    (re.compile(r"vector lengths don't match"), "a vector of another dimension than the class's"),
    (re.compile(r"invalid UUID"), "no valid id"),
)
_MISSING_TARGET = re.compile(r"'cref' \w+:(\w+): no object with id")
_EXISTS = re.compile(r"^id '[0-9a-f-]{36}' already exists$")
_FORBIDDEN = re.compile(r"\brbac\b|forbidden|insufficient permissions", re.IGNORECASE)
_SHORTAGE = re.compile(
    r"read-?only|resource pressure|not enough memory|no space left|disk|limit exceeded"
    r"|context (deadline exceeded|canceled)|too many requests|overloaded",
    re.IGNORECASE,
)
_ABSENT_CLASS = re.compile(r"could not find class|class \S+ not (found|present) in schema")
_OTHER_DIMENSION = re.compile(r"vector lengths don't match|vector dimensions do not match")
_TOO_LARGE = re.compile(r"message larger than max|message length exceeds", re.IGNORECASE)
_NEVER_SENT = re.compile(r"failed to connect to all addresses|connections to all backends failing")
_RECORD_CONTENT = re.compile(
    r"(but the given value is|but got|got:).*|'[^']*'|\"[^\"]*\"|[\[{].*|[0-9a-f-]{36}", re.DOTALL
)
_LONGEST_REASON = 160
_LEFT_OUT = " … "
_ILLEGIBLE = (ValueError, LookupError, TypeError, AttributeError, StopIteration)
_LOSING = (StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE, StatusCode.CANCELLED)
_PUSHING = (StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED)


class Lost(Exception):
    """A request without an answer. Never leaves the adapter."""

    def __init__(self, *, may_have_arrived: bool, timed_out: bool) -> None:
        super().__init__("no answer")
        self.may_have_arrived = may_have_arrived
        self.timed_out = timed_out


class ClassAbsent(Exception):
    """A query named a class that is not there. Never leaves the adapter."""


@dataclass(frozen=True, slots=True)
class RestReply:
    """An HTTP status and its body."""

    status: int
    content: bytes

    @property
    def message(self) -> str:
        """The server's own words in an error, "" where it has none."""
        try:
            return str(orjson.loads(self.content)["error"][0]["message"])
        except (ValueError, KeyError, IndexError, TypeError):
            return ""

    def tells(self, name: str) -> bool:
        """Whether the body is a document with such a member: a proxy's own page has none."""
        try:
            document = orjson.loads(self.content)
        except ValueError:
            return False
        return isinstance(document, dict) and name in document


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one message of the server says of one object."""

    outcome: Outcome
    pushback: bool = False


def object_refusal(message: str, address: object) -> Refusal:
    """Return the meaning of the server's message about one object.

    Raises:
        StoreRefused: the rights do not suffice, for this object or any other.
    """
    if missing := _MISSING_TARGET.search(message):
        return Refusal(_unknown(f"{missing[1]} {REFERS_TO_NOTHING}"))
    words = without_content(message)  # a record may say "forbidden", too
    if _FORBIDDEN.search(words):
        raise forbidden(address)
    if _SHORTAGE.search(words):
        return Refusal(_unknown(words), pushback=True)
    for pattern, reason in _REFUSALS:
        if found := pattern.search(message):
            reason = reason.format(found[0], *found.groups())
            return Refusal(Outcome(verdict=Verdict.REFUSED, reason=reason))
    return Refusal(_unknown(words))


def answered(messages: Mapping[int, str], count: int, address: object) -> Reply:
    """Return the reply for `count` objects of which the server complains about some.

    Raises:
        StoreRefused: the rights do not suffice.
    """
    refusals = {index: object_refusal(words, address) for index, words in messages.items()}
    return Reply(
        outcomes=tuple(
            refusals[index].outcome if index in refusals else ACKNOWLEDGED for index in range(count)
        ),
        pushback=any(refusal.pushback for refusal in refusals.values()),
    )


def legible(read: Callable[[bytes], T], content: bytes, *, doing: str, address: object) -> T:
    """Return what `read` makes of the body of an answer.

    Raises:
        StoreRefused: it can make nothing of it: a proxy answered, say, and no Weaviate.
    """
    try:
        return read(content)
    except _ILLEGIBLE as error:
        raise StoreRefused(
            f"{address}: {doing}: the answer can not be read ({type(error).__name__}); is it a"
            " Weaviate server?"
        ) from error


def created(answer: RestReply, address: object) -> Reply:
    """Return the reply for a REST create: that the id exists is as good as written."""
    is_written = answer.tells("id") if answer.status == 200 else _EXISTS.search(answer.message)
    if is_written:
        return Reply(outcomes=(ACKNOWLEDGED,))
    refusal = object_refusal(answer.message or f"HTTP {answer.status}", address)
    pushback = refusal.pushback or answer.status in (429, 503)
    return Reply(outcomes=(refusal.outcome,), pushback=pushback)


def request_failed(code: StatusCode, details: str, count: int, address: object) -> Reply:
    """Return what a failed request of `count` objects tells of each of them.

    Raises:
        StoreRefused: the credentials or the rights do not suffice.
    """
    if code in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED):
        raise forbidden(address)
    if code is StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE.search(details):
        return too_large(count)
    words = without_content(details)
    never_sent = code is StatusCode.UNAVAILABLE and bool(_NEVER_SENT.search(details))
    return Reply(
        outcomes=(_unknown(f"{code.name}: {words}"),) * count,
        lost=code in _LOSING and not never_sent,
        pushback=code in _PUSHING or bool(_SHORTAGE.search(words)),
    )


def request_lost(lost: Lost, count: int) -> Reply:
    """Return the reply for a request that got no answer."""
    reason = "no answer in time" if lost.timed_out else "the connection was lost"
    return Reply(outcomes=(_unknown(reason),) * count, lost=lost.may_have_arrived, pushback=True)


def too_large(count: int) -> Reply:
    """Return the reply for a request that is larger than the server takes."""
    reason = "the request is larger than the server takes"
    outcome = Outcome(verdict=Verdict.REFUSED, reason=reason)
    return Reply(outcomes=(outcome,) * count, too_large=True)


def query_failed(code: StatusCode, details: str, address: object) -> Exception:
    """Return the error for a query that failed."""
    if code in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED):
        return forbidden(address)
    if _ABSENT_CLASS.search(details):
        return ClassAbsent(details)
    if _OTHER_DIMENSION.search(details):
        return StoreRefused(
            f"{address}: the class holds vectors of another dimension; "
            "was it filled by another embedder? `--force-reingest` re-embeds everything"
        )
    return StoreUnavailable(f"{address}: a query failed ({code.name}: {without_content(details)})")


def rest_refused(reply: RestReply, address: object) -> JournalError | None:
    """Return the error for an answer that no repetition changes, None for any other."""
    return forbidden(address) if reply.status in (401, 403) else None


def rest_failed(reply: RestReply, doing: str, address: object) -> JournalError:
    """Return the error for an answer that is not the one hoped for."""
    words = f"{address}: {doing}: HTTP {reply.status} {without_content(reply.message)}".rstrip()
    if reply.status >= 500 or reply.status == 429:
        return StoreUnavailable(words)
    return StoreRefused(words)


def forbidden(address: object) -> StoreRefused:
    """Return the error for missing credentials or rights."""
    return StoreRefused(
        f"{address} refuses the credentials or the rights: check WEAVIATE_API_KEY and the "
        "role of its user, which must create and change the pipeline's classes"
    )


def without_content(message: str) -> str:
    """Return the message without what may stem from a record: quotations, values, ids."""
    return _shortened(" ".join(_RECORD_CONTENT.sub("…", message).split()))


def _shortened(message: str) -> str:
    """Return the message; of a long one both ends, since a server names the cause last."""
    if len(message) <= _LONGEST_REASON:
        return message
    half = (_LONGEST_REASON - len(_LEFT_OUT)) // 2
    return f"{message[:half]}{_LEFT_OUT}{message[-half:]}"


def _unknown(reason: str) -> Outcome:
    return Outcome(verdict=Verdict.UNKNOWN, reason=reason)
