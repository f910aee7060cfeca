"""An embedder that misbehaves: the t2v service, which is another process and may be any."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.corpus.case import After, Arrange, Case, World, loads
from tests.corpus.data import folder
from tests.embedders import t2v_stand_in
from tests.embedders.t2v_stand_in import Answer, no_fault

LOAD = "ingest data --embedder t2v"
ATTEMPTS = "ingest.embedders.t2v._ATTEMPTS"
REQUEST_SECONDS = "ingest.embedders.t2v._REQUEST_SECONDS"


def service(answer: Answer | None, *, probe_too: bool = False) -> Arrange:
    """Run a service that answers so, from its first answer on or after a good one."""

    def arrange(world: World) -> None:
        folder()(world)
        behind = world.open(t2v_stand_in.stand_in())
        point_at(world, behind.url)

        def fault(request: dict[str, object]) -> Answer | None:
            return answer if probe_too or request["text"] != "probe" else None

        behind.fault = fault
        world.mend = lambda: setattr(behind, "fault", no_fault)

    return arrange


def silent(world: World) -> None:
    """A service that takes requests and answers none, until it is mended."""
    folder()(world)
    behind = world.open(t2v_stand_in.stand_in())
    point_at(world, behind.url)
    world.change(REQUEST_SECONDS, 0.2)
    mended = world.open(released())

    def fault(request: dict[str, object]) -> Answer | None:
        if request["text"] != "probe":
            mended.wait()
        return None

    behind.fault = fault

    def mend() -> None:
        mended.set()
        world.change(REQUEST_SECONDS, 30.0)

    world.mend = mend


def changes_the_input(world: World) -> None:
    """A good service that writes to a file of the input once that was looked at."""
    folder()(world)
    behind = world.open(t2v_stand_in.stand_in())
    point_at(world, behind.url)

    def append(request: dict[str, object]) -> Answer | None:
        with (world.folder / "data" / "skills_en.csv").open("a") as opened:
            opened.write("\n")
        return None

    behind.fault = append


@contextmanager
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    try:
        yield event
    finally:
        event.set()


def nobody(world: World) -> None:
    folder()(world)
    world.change(ATTEMPTS, 1)
    world.set("VARITY_T2V_URL", "http://127.0.0.1:9")


def point_at(world: World, url: str) -> None:
    world.names["T2V"] = url
    world.set("VARITY_T2V_URL", url)
    world.change(ATTEMPTS, 2)


def vector(numbers: object) -> Answer:
    return 200, json.dumps({"vector": numbers}).encode()


def bad_vector(name: str, bad: str, answer: Answer, says: str = "", *, code: int = 1) -> Case:
    """A fault after the service was looked at: the run has begun, and is resumable."""
    return Case(name=f"vector-{name}", bad=bad, code=code, arrange=service(answer), says=says,
                command=LOAD, after=After.RESUMABLE)  # fmt: skip


def bad_service(name: str, bad: str, answer: Answer, says: str = "", *, code: int) -> Case:
    """A fault in the service's first answer: nothing has begun."""
    return Case(name=f"service-{name}", bad=bad, code=code, says=says, command=LOAD,
                arrange=service(answer, probe_too=True))  # fmt: skip


CASES: tuple[Case, ...] = (
    bad_vector("nan", "NaN in a vector", vector([float("nan")] + [1.0] * 7),
         says="embedder t2v returned a number that is not finite; mend its model or service and resume, or choose another embedder"),
    bad_vector("inf", "infinity in a vector", vector([float("inf")] + [1.0] * 7),
         says="embedder t2v returned a number that is not finite; mend its model or service and resume, or choose another embedder"),
    bad_vector("dimension", "a vector of another dimension", vector([1.0] * 7),
         says="embedder t2v: expected 8 dimensions, found 7; its model was changed while it was in use, restart the run"),
    bad_vector("nested", "two vectors for one text", vector([[1.0] * 8, [1.0] * 8]),
         says="embedder t2v: expected 1 vectors, found numbers of shape (1, 2, 8); mend its model or service and resume, or choose another embedder"),
    bad_vector("none", "an empty vector", vector([]),
         says="embedder t2v: expected 1 vectors, found numbers of shape (1, 0); mend its model or service and resume, or choose another embedder"),
    bad_vector("text", "text in a vector", vector(["TELLTALE"] * 8),
         says="embedder t2v returned something else than vectors of one dimension; mend its model or service and resume, or choose another embedder"),
    bad_vector("null", "null in place of a vector", vector(None),
         says="embedder t2v returned something else than vectors of one dimension; mend its model or service and resume, or choose another embedder"),
    bad_vector("huge-integer", "integers of 400 digits in a vector", vector([10**400] * 8),
         says="embedder t2v returned something else than vectors of one dimension; mend its model or service and resume, or choose another embedder"),
    bad_vector("missing", "an answer without a vector", (200, b'{"dim": 8}'),
         says="the t2v service at {T2V} answered without a vector; check that its address is that of a t2v service, then resume"),
    bad_vector("not-json", "an answer that is not JSON", (200, b"TELLTALE"),
         says="the t2v service at {T2V} answered without a vector; check that its address is that of a t2v service, then resume"),
    bad_vector("html", "an HTML page", (200, b"<html><body>TELLTALE</body></html>"),
         says="the t2v service at {T2V} answered without a vector; check that its address is that of a t2v service, then resume"),
    bad_vector("400", "HTTP 400 for a text", (400, b"TELLTALE"),
         says="the t2v service at {T2V} refused a text with HTTP 400; see its log, then resume"),
    bad_vector("403", "HTTP 403 for a text", (403, b""), code=2,
         says="{T2V} answers /vectors with HTTP 403; check that its address is that of a t2v service"),
    bad_vector("500", "HTTP 500 for a text", (500, b"TELLTALE"), code=69,
         says="the t2v service at {T2V} does not answer (HTTP 500); start it and resume"),
    bad_vector("redirect", "a redirect", (307, b""),
         says="the t2v service at {T2V} refused a text with HTTP 307; see its log, then resume"),
    Case(name="vector-silent", bad="a text that is never answered", code=69, arrange=silent,
         command=LOAD, after=After.RESUMABLE, says="the t2v service at {T2V} does not answer (ReadTimeout); start it and resume"),
    loads("vector-zero", "vectors of zeros (they get a fixed direction)",
          service(vector([0.0] * 8)), command=LOAD),
    bad_service("404", "a service that has no /vectors", (404, b""), code=2,
         says="{T2V} answers /vectors with HTTP 404; check that its address is that of a t2v service"),
    bad_service("html", "a service that is a web site", (200, b"<html></html>"), code=1,
         says="the t2v service at {T2V} answered without a vector; check that its address is that of a t2v service, then resume"),
    bad_service("500", "a service that is broken", (500, b""), code=69,
         says="the t2v service at {T2V} does not answer (HTTP 500); start it and resume"),
    Case(name="service-absent", bad="no service at its address", code=69, arrange=nobody,
         command=LOAD, says="the t2v service at http://127.0.0.1:9 does not answer (ConnectError); start it and resume"),
    Case(name="input-changed", bad="a file that changes while it is read", code=2,
         arrange=changes_the_input, command=LOAD,
         says="{FOLDER}/data/skills_en.csv changed while it was being read: start again"),
)  # fmt: skip
