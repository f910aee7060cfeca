"""One answer, of the many of a command, is none of a Weaviate's; all the others are."""

from collections.abc import Iterator

import pytest

from tests.corpus.between import Between, between
from tests.corpus.checks import check_journal, check_output, sentences
from tests.corpus.conftest import OneWorld
from tests.corpus.data import folder
from tests.corpus.test_corpus import COUNTS, JOURNAL
from tests.server import Weaviate

pytestmark = pytest.mark.weaviate

LOAD = "ingest data --wait 20"
DONE, FAILED, REFUSED = 0, 1, 2
BODIES = (b"<!doctype html><title>TELLTALE</title>", b"[]", b"null", b"{}", b'{"classes":[{}]}')
HTML, LIST, NULL = BODIES[:3]

# What a load asks for, which of those requests, and how it may end: an event, a class or a lease
# whose answer is no answer is looked at again. What is only read can not be, but some of that is
# done ahead, and then once more.
WRITTEN, READ = (DONE,), (DONE, REFUSED)
OF_A_LOAD = (
    ("GET /v1/.well-known/ready", 0, HTML, WRITTEN),
    ("GET /v1/cluster/statistics", 1, HTML, WRITTEN),
    ("GET /v1/meta", 0, LIST, READ),
    ("GET /v1/nodes", 0, LIST, READ),
    ("GET /v1/nodes", 1, HTML, READ),
    ("GET /v1/objects/Metadata/ID", 0, LIST, READ),
    ("GET /v1/objects?class", 0, HTML, READ),
    ("GET /v1/objects?class", 5, LIST, READ),
    ("GET /v1/schema", 1, HTML, READ),
    ("GET /v1/schema", 2, LIST, READ),
    ("GET /v1/schema", 5, NULL, READ),
    ("GET /v1/schema/Metadata", 0, LIST, READ),
    ("POST /v1/objects", 1, HTML, WRITTEN),
    ("POST /v1/objects", 7, LIST, WRITTEN),
    ("POST /v1/schema", 1, HTML, WRITTEN),
    ("POST /v1/schema", 4, LIST, WRITTEN),
    ("PUT /v1/objects/VarityLease_esco_ID/ID", 0, HTML, READ),
)
# And what undoes what it did, where it did something.
OTHERS = {
    "status": "",
    "history": "",
    "rejected": "",
    "export": "",
    "validate --deep": "",
    "search saw": "",
    "doctor": "",
    "repair --wait 20": "",
    "reset --yes --wait 20": LOAD,
}


@pytest.fixture
def proxy(world: OneWorld, clean_weaviate: Weaviate) -> Iterator[Between]:
    """A clean server behind the proxy, to which every command of the world goes."""
    folder()(world)
    world.use(clean_weaviate)
    with between(clean_weaviate.host, clean_weaviate.port) as proxy:
        world.set("VARITY_STORE", proxy.url)
        world.set("VARITY_LEASE_TTL", "3")
        world.set("VARITY_EMBEDDER", "hashing")
        yield proxy


@pytest.mark.parametrize(("kind", "nth", "body", "codes"), OF_A_LOAD)
def test_a_load_says_so_in_one_sentence_and_the_next_goes_on(
    kind: str, nth: int, body: bytes, codes: tuple[int, ...], world: OneWorld, proxy: Between
) -> None:
    proxy.spoil(kind, nth=nth, body=body)
    said = world.run(LOAD)
    check_output(said, is_json=False)
    assert (proxy.spoilt, len(sentences(said))) == (1, int(said.code != DONE)), said
    assert said.code in codes
    status = world.run(LOAD, "--json").document
    assert (status["status"], status["counts"]) == ("completed", COUNTS)
    check_journal(JOURNAL)


def test_what_a_load_asks_for_stands_in_the_table(world: OneWorld, proxy: Between) -> None:
    world.varity(LOAD)
    assert set(proxy.seen) == {kind for kind, *_ in OF_A_LOAD}
    world.varity("validate")


@pytest.mark.parametrize(("command", "undo"), OTHERS.items(), ids=OTHERS.keys())
def test_another_command_says_so_in_one_sentence(
    command: str, undo: str, world: OneWorld, proxy: Between
) -> None:
    world.varity(LOAD)
    proxy.seen.clear()
    world.varity(command)
    asked = {kind: count for kind, count in proxy.seen.items() if not kind.startswith("DELETE")}
    assert asked
    for turn, kind in enumerate(sorted(asked)):
        if undo:
            world.varity(undo)
        proxy.spoil(kind, nth=turn % asked[kind], body=BODIES[turn % len(BODIES)])
        said = world.run(command)
        check_output(said, is_json=False)
        assert said.code in (DONE, FAILED if "doctor" in command else REFUSED), (kind, said)
    world.varity(command)
