"""How much of the log Weaviate is asked for: enough at a time, and little past the end."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import orjson
import pytest

from journal import open_store
from journal.codec import event_id, to_row
from journal.events import Event, Recorded
from tests.journal.builders import COMPLETED, checkpoint, logged, started
from tests.journal.loopback import answering

PLACE = re.compile(r"GET /v1/objects/Metadata/([0-9a-f-]{36})\?consistency_level=QUORUM ")


def epoch_of(count: int, *, last: Event) -> list[Recorded]:
    """Return an epoch of `count` events."""
    between = [checkpoint("skills", settled) for settled in range(count - 2)]
    return logged(1, *[started(), *between, last][:count])


@pytest.mark.parametrize(
    ("count", "last", "asked"),
    [
        (0, COMPLETED, 8),
        (3, COMPLETED, 8),
        (8, COMPLETED, 9),  # past an end it is enough to know that nothing follows
        (8, checkpoint("skills", 9), 16),
        (29, COMPLETED, 36),
        (200, checkpoint("skills", 999), 209),
    ],
)
async def test_an_epoch_is_read_whole_and_little_more_is_asked_for(
    count: int, last: Event, asked: int
) -> None:
    written = epoch_of(count, last=last)
    rows: Mapping[str, Mapping[str, object]] = {
        str(event_id("esco", 1, event.seq)): to_row(event) for event in written
    }
    places: list[str] = []

    def answer(head: str) -> tuple[int, str]:
        if "/ready " in head:
            return 200, ""
        found = PLACE.match(head)
        assert found is not None, head
        places.append(found[1])
        if found[1] not in rows:
            return 404, ""
        return 200, orjson.dumps({"properties": rows[found[1]]}).decode()

    async with answering(answer) as url, open_store(url, request_seconds=60) as store:
        read: Sequence[Recorded] = await store.read_epoch("esco", 1)
    assert list(read) == written
    assert len(set(places)) == asked
    # What is absent is asked for once more, now that the server is known to be ready.
    assert Counter(places) == {place: 1 if place in rows else 2 for place in set(places)}
