"""The server dies, a process freezes, somebody presses Ctrl-C: the load comes to its end."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.conftest import weaviate_place
from tests.acceptance.digest import Digest, differing, digest, invisible, objects
from tests.acceptance.hand_fold import counting
from tests.acceptance.place import Place
from tests.drills.proxy import Proxy
from tests.drills.trouble import Fault, Trouble
from tests.server import Weaviate, WeaviateServer

pytestmark = pytest.mark.esco

UNREACHABLE, LOST = 69, 75
REFUSED_SECONDS = 12.0  # longer than a look at a port takes
SHORT_LEASE = 4


@pytest.mark.weaviate
@pytest.mark.parametrize(("ttl_seconds", "outage_seconds"), [(60, 0), (SHORT_LEASE, 6)])
async def test_a_load_goes_on_by_itself_after_its_server_was_killed(
    ttl_seconds: float,
    outage_seconds: float,
    own_weaviate: WeaviateServer,
    small: Path,
    undisturbed: Digest,
) -> None:
    place = weaviate_place(own_weaviate, ttl_seconds=ttl_seconds)
    loading = place.start(
        "ingest", str(small), "--json", "--wait", "120", driven=("--at", "STOP:call:40")
    )
    loading.until_stopped()
    os.kill(own_weaviate.pid, signal.SIGKILL)  # with requests in flight
    loading.send_signal(signal.SIGCONT)
    own_weaviate.kill()
    time.sleep(outage_seconds)
    own_weaviate.start()

    done = loading.done()

    assert done.code == 0, done.told
    assert differing(await digest(place.settings), undisturbed) == []
    assert await invisible(place.settings, await objects(place.settings)) == []
    (run,) = place.ask("history")
    assert (run["status"], run["attempts"] > 1) == ("completed", outage_seconds > ttl_seconds)
    place.check_status_by_hand()


@pytest.mark.weaviate
@pytest.mark.parametrize(("options", "code"), [((), UNREACHABLE), (("--wait", "60"), 0)])
def test_a_load_that_waits_waits_for_the_second_port_too(
    clean_weaviate: Weaviate, small: Path, options: Sequence[str], code: int
) -> None:
    trouble = Trouble(fault=Fault.REFUSED, part=1, seconds=REFUSED_SECONDS)
    with Proxy(clean_weaviate.grpc_port, trouble) as proxy:
        server = Weaviate(clean_weaviate.url, proxy.port)
        done = Place(store=clean_weaviate.url, server=server).ingest(small, *options, code=code)
    assert proxy.has_begun
    assert f"its gRPC port {proxy.port} does not" in done.told


@pytest.mark.weaviate
async def test_a_completed_load_is_visible_whole_after_its_server_was_killed(
    own_weaviate: WeaviateServer, small: Path
) -> None:
    place = weaviate_place(own_weaviate)
    place.ingest(small)
    held = await objects(place.settings)

    own_weaviate.restart()  # kill -9

    assert await invisible(place.settings, held) == []
    assert len(held) == 1_584


@pytest.mark.parametrize("wakes", ["before the end", "after the end"])
async def test_a_process_that_froze_for_longer_than_its_lease_writes_nothing_more(
    wakes: str,
    place: Place,
    small: Path,
    undisturbed: Digest,
    record_testsuite_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    place = replace(place, ttl_seconds=SHORT_LEASE)
    moment = ("--at", "STOP:after:checkpoint:skills:2")
    frozen = place.start("ingest", str(small), "--json", driven=("--elsewhere", *moment))
    frozen.until_stopped()
    began_at = time.monotonic()
    successor = place.start(
        "ingest",
        str(small),
        "--json",
        "--wait",
        "120",
        driven=moment if wakes == "before the end" else (),
    )
    if wakes == "before the end":
        successor.until_stopped()
        frozen.send_signal(signal.SIGCONT)
        lost = frozen.done()
        successor.send_signal(signal.SIGCONT)
        done = successor.done()
    else:
        done = successor.done()
        seconds = time.monotonic() - began_at
        record_testsuite_property(f"seconds of {request.node.name}", f"{seconds:.1f}")
        frozen.send_signal(signal.SIGCONT)
        lost = frozen.done()

    assert (done.code, done.document.get("outcome")) == (0, "resumed"), done.told
    assert (lost.code, lost.document) == (LOST, {}), lost.told
    lines = place.events()
    assert [line["epoch"] for line in counting(lines) if line["event"] == "started"] == [1, 2]
    assert {line["epoch"] for line in lines} == {1, 2}
    assert differing(await digest(place.settings), undisturbed) == []
    assert await invisible(place.settings, await objects(place.settings)) == []
    assert place.check_status_by_hand()["status"] == "completed"


async def test_a_load_stopped_by_signals_says_so_and_is_resumed(
    place: Place, small: Path, undisturbed: Digest
) -> None:
    for name, code in (("INT", 130), ("TERM", 143)):
        place.ingest(small, at=f"{name}:after:checkpoint:skills:2", code=code)
        assert place.check_status_by_hand()["status"] == "interrupted"
        assert place.events()[-1]["details"] == {"signal": code - 128}

    assert place.ingest(small, "--resume").outcome == "resumed"

    assert differing(await digest(place.settings), undisturbed) == []
    (run,) = place.ask("history")
    assert (run["status"], run["attempts"]) == ("completed", 3)
