"""Every path of the service, declared once: for the router, the parser and OpenAPI.

Pure data. `answers` maps a status to what it says and to the schema of its body, None for a
page. Only GET (and HEAD) exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.esco_classes import CLASS_STEPS
from ingest.serve.library import MODES, VECTOR
from ingest.serve.parameters import Parameter, Text, Whole

CLASSES = tuple(sorted(name for _, name in CLASS_STEPS))
LONGEST_QUERY = 500
LONGEST_URI = 1000
MOST_RESULTS = 100
MOST_EVENTS = 500

Answers = Mapping[int, tuple[str, str | None]]

_BAD: Answers = {400: ("A parameter can not be used; the sentence names it", "Error")}
_BUSY: Answers = {
    503: ("The store does not answer, or too many requests wait", "Error"),
    504: ("No answer in time", "Error"),
}
_UNREADY: Answers = {
    503: ("Nothing whole is there to be searched, or the store does not answer", "Error"),
    504: ("No answer in time", "Error"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One path. `path` is the router's; `in_path` describes the part of it in braces."""

    name: str
    path: str
    summary: str
    answers: Answers
    parameters: Sequence[Parameter] = ()
    in_path: Text | None = None
    media_type: str = "application/json"
    tags: Sequence[str] = field(default=("journal",))


ENDPOINTS = (
    Endpoint(
        name="search",
        path="/search",
        summary="The concepts of one class that match best, best first",
        parameters=(
            Text(name="q", about="What to look for, in words", longest=LONGEST_QUERY),
            Text(name="class", about="Which class", default="Skill", choices=CLASSES),
            Whole(name="limit", about="How many at most", default=10, least=1, most=MOST_RESULTS),
            Text(
                name="mode",
                about="By meaning, by words, or by both rankings together",
                default=VECTOR,
                choices=MODES,
            ),
        ),
        answers={200: ("The results", "Found"), **_BAD, **_UNREADY},
        tags=("concepts",),
    ),
    Endpoint(
        name="concept",
        path="/concepts/{uri:path}",
        summary="One concept, its properties, and its relations in both directions",
        in_path=Text(name="uri", about="Its conceptUri, percent-encoded", longest=LONGEST_URI),
        answers={
            200: ("The concept", "Concept"),
            **_BAD,
            404: ("No concept has this URI", "Error"),
            **_UNREADY,
        },
        tags=("concepts",),
    ),
    Endpoint(
        name="health",
        path="/health",
        summary="Whether this process answers; says nothing of the store",
        answers={200: ("It does", "Health"), **_BAD},
        tags=("operation",),
    ),
    Endpoint(
        name="ready",
        path="/ready",
        summary="Whether a run has completed and its classes stand",
        answers={
            200: ("They stand; searches are answered", "Ready"),
            **_BAD,
            503: ("They do not; the newest run's status is inside", "Unready"),
            504: ("No answer in time", "Error"),
        },
        tags=("operation",),
    ),
    Endpoint(
        name="status",
        path="/status",
        summary="The newest run: where it stands and who works on it",
        answers={
            200: ("The status", "Status"),
            **_BAD,
            503: ("The store does not answer: the status is unknown", "Status"),
            504: ("No answer in time", "Error"),
        },
    ),
    Endpoint(
        name="history",
        path="/history",
        summary="The runs, newest first",
        parameters=(
            Whole(name="limit", about="How many at most", default=20, least=1, most=MOST_RESULTS),
            Whole(name="offset", about="How many to leave out", default=0, least=0, most=999_999),
        ),
        answers={200: ("The runs", "History"), **_BAD, **_BUSY},
    ),
    Endpoint(
        name="events",
        path="/history/{run}",
        summary="The events of one run, oldest first",
        in_path=Text(name="run", about="A run's id, or its beginning", longest=100),
        parameters=(
            Whole(name="limit", about="How many at most", default=200, least=1, most=MOST_EVENTS),
            Whole(name="offset", about="How many to leave out", default=0, least=0, most=999_999),
        ),
        answers={
            200: ("The events", "Events"),
            **_BAD,
            404: ("No run has this id", "Error"),
            **_BUSY,
        },
    ),
    Endpoint(
        name="openapi",
        path="/openapi.json",
        summary="This description",
        answers={200: ("OpenAPI 3.1", "Description"), **_BAD},
        tags=("operation",),
    ),
    Endpoint(
        name="page",
        path="/",
        summary="The page for people; what it shows is in its own query",
        answers={200: ("The page", None)},
        media_type="text/html",
        tags=("page",),
    ),
    Endpoint(
        name="style",
        path="/page/style.css",
        summary="Its style",
        answers={200: ("The style", None)},
        media_type="text/css",
        tags=("page",),
    ),
    Endpoint(
        name="script",
        path="/page/script.js",
        summary="Its script",
        answers={200: ("The script", None)},
        media_type="text/javascript",
        tags=("page",),
    ),
)
