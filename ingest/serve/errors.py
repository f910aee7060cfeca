"""What the service says no with: one class a status, one shape for all."""

from http import HTTPStatus

from journal.errors import JournalError


class Refusal(Exception):
    """A request that is answered with `status` and one sentence."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class BadRequest(Refusal):
    """A parameter can not be used; the sentence names it."""

    status = HTTPStatus.BAD_REQUEST


class NotThere(Refusal):
    """What was asked for does not exist."""

    status = HTTPStatus.NOT_FOUND


class NotReady(Refusal):
    """Nothing whole can be searched now; asking again later may help."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class Overloaded(Refusal):
    """Too many requests wait already."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class TooSlow(Refusal):
    """The answer took longer than a request may."""

    status = HTTPStatus.GATEWAY_TIMEOUT


def refusal_for(error: JournalError) -> Refusal:
    """Return how a failure of the store or of the embedder's service is told."""
    return NotReady(str(error))
