"""Our cold load beside the floor: what reading, hashing, the journal and embedding add."""

from collections.abc import Sequence

from ingest.decision import RAN
from tests.bench.ground import Ground, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.parts.floor import floor_series
from tests.bench.scenario import Act, Place, Scenario

LOAD = "tests.bench.sides.ours"
PRECOMPUTED, UNJOURNALED = "ours, precomputed vectors", "ours, journal in memory"
HASHING, LOCAL = "ours, hashing", "ours, local"


def _series(scenario: str, figure: str) -> Series:
    return Series(scenario=scenario, act="load", figure=figure)


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    vectors = ("--vectors", ground.records)
    return [
        _of(ground, PRECOMPUTED, *vectors),
        _of(ground, UNJOURNALED, *vectors, "--journal", "memory"),
        _of(ground, HASHING, embedder="hashing"),
        _of(ground, LOCAL, embedder="local"),
    ]


def _of(ground: Ground, name: str, *options: object, embedder: str = "hashing") -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        environ = {**place.settings, "VARITY_EMBEDDER": embedder}
        command = python(LOAD, ground.data, *options)
        return [Act(name="load", command=command, environ=environ, outcome=RAN)]

    return Scenario(part=PART.name, name=name, acts=acts)


PART = Part(
    name="ours",
    group="cold",
    says=(
        "Our cold load: `cold` is all from opening the input to the last object's"
        " acknowledgement. `until started` is connecting, winning the lease and creating the"
        " classes, and reading beside that; `load` is the part after the classes stand; `verify`"
        " comes on top."
    ),
    scenarios=_scenarios,
    figures=(
        *("until_started_seconds", "load_seconds", "verify_seconds", "cold_seconds"),
        *("objects", "references", "cpu_per_1000_objects_seconds"),
    ),
    goals=(
        Goal(
            name="cold with precomputed vectors, reading included, against the floor",
            over=_series(PRECOMPUTED, "cold_seconds"),
            under=floor_series("cold_seconds"),
            limit=1.15,
        ),
        Goal(
            name="the same without reading and classes",
            over=_series(PRECOMPUTED, "load_seconds"),
            under=floor_series("load_seconds"),
        ),
        Goal(
            name="verify, as a share of the cold load",
            over=_series(PRECOMPUTED, "verify_seconds"),
            under=_series(PRECOMPUTED, "cold_seconds"),
            limit=0.15,
        ),
        Goal(
            name="cold with local embeddings against the floor",
            over=_series(LOCAL, "cold_seconds"),
            under=floor_series("cold_seconds"),
            limit=1.4,
        ),
        Goal(
            name="with the journal against a journal in memory",
            over=_series(PRECOMPUTED, "ingest_seconds"),
            under=_series(UNJOURNALED, "ingest_seconds"),
            limit=1.03,
        ),
        Goal(
            name="peak memory with hashing",
            over=_series(HASHING, "peak_mb"),
            limit=250,
            unit="MB",
        ),
    ),
    charts=(
        Chart(
            name="cold",
            title="Cold load, without verify: the floor and ours",
            figure="cold_seconds",
            unit="s",
            bars=(
                ("floor *", "load"),
                *((name, "load") for name in (PRECOMPUTED, UNJOURNALED, HASHING, LOCAL)),
            ),
            compares=tuple(
                ((name, "load"), ("floor *", "load")) for name in (PRECOMPUTED, HASHING, LOCAL)
            ),
        ),
    ),
)
