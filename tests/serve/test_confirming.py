"""Between the look at the journal and the answer anything can happen; it is noticed."""

from dataclasses import replace

import anyio
import pytest

from ingest import wiring
from ingest.settings import Settings
from ingest.wiring.serving import kept_open
from journal import StopSwitch
from journal.events import StepStarted
from tests.cli.builders import started
from tests.ingest.esco_builder import SKILL_1
from tests.serve.faults import disturbed_service
from tests.serve.running import PATIENCE_SECONDS, append, asked, got, load, service, until

DROPPING = replace(started(), steps=("skills",), attributes={"drops_first": True})
IN_PLACE = replace(started(), steps=("skills",))
PATHS = ("/search?q=repair", "/search?q=repair&mode=hybrid", "/concepts/https%3A%2F%2Fx.example")


@pytest.mark.parametrize("path", PATHS)
async def test_what_was_read_before_the_classes_were_dropped_is_not_answered(
    loaded: Settings, path: str
) -> None:
    is_armed = False

    async def drop() -> None:
        if is_armed:
            await append(loaded, 2, "dropping", DROPPING, StepStarted(step="skills"))

    async with kept_open(loaded) as backing, asked(disturbed_service(backing, drop)) as client:
        assert (await got(client, "/ready"))[0] == 200
        is_armed = True
        assert (await got(client, path))[0] == 503


async def test_what_was_read_while_an_update_began_in_place_is_answered(loaded: Settings) -> None:
    is_armed = False

    async def update() -> None:
        nonlocal is_armed
        if is_armed:
            is_armed = False
            await append(loaded, 2, "later", IN_PLACE, StepStarted(step="skills"))

    async with kept_open(loaded) as backing, asked(disturbed_service(backing, update)) as client:
        assert (await got(client, "/ready"))[0] == 200
        is_armed = True
        assert (await got(client, "/search?q=repair"))[0] == 200


async def test_a_claim_without_an_event_may_become_a_drop_and_is_looked_at_again(
    loaded: Settings,
) -> None:
    claimed = False

    async def drop() -> None:
        nonlocal claimed
        if claimed:
            claimed = False
            await append(loaded, 2, "dropping", DROPPING)

    await append(loaded, 2, "dropping")  # a lease, and nothing yet
    async with kept_open(loaded) as backing, asked(disturbed_service(backing, drop)) as client:
        assert (await got(client, "/search?q=repair"))[0] == 200
        claimed = True
        assert (await got(client, "/search?q=repair"))[0] == 503


async def test_an_answer_is_of_the_sample_or_of_the_real_data_and_never_of_a_half(
    loaded: Settings, data: str
) -> None:
    """One process replaces the sample while another is asked, as fast as it answers."""
    is_over = anyio.Event()
    answers: list[tuple[int, frozenset[str]]] = []

    async with service(loaded) as client, anyio.create_task_group() as tasks:

        async def ask() -> None:
            while not is_over.is_set():
                status, found = await got(client, "/search", q="glue", limit=100)
                uris = (result["concept_uri"] for result in found.get("results", ()))
                answers.append((status, frozenset(uris)))

        for _ in range(3):
            tasks.start_soon(ask)
        await load(loaded, data)
        with anyio.fail_after(PATIENCE_SECONDS):
            while not any(SKILL_1 in uris for _, uris in answers):
                await anyio.sleep(0.02)
        is_over.set()
    whole = {uris for status, uris in answers if status == 200}
    assert {len(uris) for uris in whole} <= {100, 3}


async def test_a_stop_in_the_middle_of_a_replacement_leaves_nothing_to_search(
    loaded: Settings, data: str
) -> None:
    stop = StopSwitch()
    options = wiring.IngestOptions(data=data)
    async with service(loaded) as client:
        assert (await got(client, "/ready"))[0] == 200

        def stop_once_skills_begin(recorded: object, state: object) -> None:
            if getattr(state, "step", "") == "skills":
                stop.set(15)

        with pytest.raises(BaseException) as stopped:
            await wiring.ingest(loaded, options, stop=stop, listener=stop_once_skills_begin)
        assert "signal 15" in repr(stopped.value)
        assert (await got(client, "/search?q=glue"))[0] == 503
        await load(loaded, data)
        await until(client, "/ready", 200)
        assert (await got(client, "/search?q=glue"))[0] == 200
