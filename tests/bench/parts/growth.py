"""From ten thousand to a million generated concepts: time per object and memory."""

from collections.abc import Sequence

from ingest.decision import RAN
from tests.bench.ground import Ground, program, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

SIDE = "tests.bench.sides.ours"
MOST = 1_000_000
SIZES = {"sqlite": (10_000, 100_000, MOST), "weaviate": (10_000, 50_000)}
QUICK_SIZES = {"sqlite": (2_000, 10_000), "weaviate": (2_000,)}
LONGEST_SECONDS = 3600


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    sizes = QUICK_SIZES if ground.is_quick else SIZES
    return [_of(store, concepts) for store, all_of in sizes.items() for concepts in all_of]


def _of(store: str, concepts: int) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        data = place.folder / "generated.zip"
        generate = program("sample", data, "--concepts", concepts)
        environ = {**place.settings, "VARITY_EMBEDDER": "hashing"}
        return [
            Act(name="generate", command=generate, is_measured=False, seconds=LONGEST_SECONDS),
            Act(
                name="load",
                command=python(SIDE, data),
                environ=environ,
                outcome=RAN,
                seconds=LONGEST_SECONDS,
            ),
        ]

    return Scenario(
        part=PART.name,
        name=_name(store, concepts),
        acts=acts,
        needs_server=store == "weaviate",
        once=True,
    )


def _name(store: str, concepts: int) -> str:
    return f"{concepts:,} concepts, {store}"


def _of_sqlite(concepts: int, figure: str) -> Series:
    return Series(scenario=_name("sqlite", concepts), act="load", figure=figure)


def _growth(concepts: int, *, limit: float) -> Goal:
    return Goal(
        name=f"time per object, {MOST:,} against {concepts:,}, SQLite",
        over=_of_sqlite(MOST, "milliseconds_per_object"),
        under=_of_sqlite(concepts, "milliseconds_per_object"),
        limit=limit,
    )


PART = Part(
    name="growth",
    says=(
        "Generated concepts in ESCO's layout through the whole load with hashed vectors, verify"
        " included; once each. What any load costs, however small, weighs most on 10,000 concepts"
        " and would hide a growth, so a million is held against 100,000 too."
    ),
    scenarios=_scenarios,
    figures=(
        *("objects", "references", "ingest_seconds"),
        *("objects_per_second", "milliseconds_per_object"),
    ),
    goals=(
        _growth(100_000, limit=1.25),
        _growth(10_000, limit=1.25),
        Goal(
            name=f"peak memory with {MOST:,} concepts",
            over=_of_sqlite(MOST, "peak_mb"),
            limit=700,
            unit="MB",
        ),
    ),
    charts=(
        Chart(
            name="growth-time",
            title="Milliseconds per object, by number of concepts",
            figure="milliseconds_per_object",
            unit="ms",
            bars=(("* concepts, sqlite", "load"), ("* concepts, weaviate", "load")),
            shows_all=True,
        ),
        Chart(
            name="growth-memory",
            title="Peak memory of our process, by number of concepts",
            figure="peak_mb",
            unit="MB",
            bars=(("* concepts, sqlite", "load"), ("* concepts, weaviate", "load")),
            shows_all=True,
        ),
    ),
)
