"""What a long journal costs: its fold in memory, and `status` and all runs through each store."""

from collections.abc import Sequence

from tests.bench.ground import Ground, program, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

SIZES = ((1_000, 5), (10_000, 50), (100_000, 500))  # events, runs
QUICK_SIZES = SIZES[:2]
STORES = ("sqlite", "weaviate")
SIDE = "tests.bench.sides.events"
MOST = SIZES[-1][0]


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    sizes = QUICK_SIZES if ground.is_quick else SIZES
    pure = [_pure(events, runs) for events, runs in sizes]
    return pure + [_stored(events, runs, store) for events, runs in sizes for store in STORES]


def _pure(events: int, runs: int) -> Scenario:
    command = python(SIDE, "fold", "--events", events, "--runs", runs)
    return Scenario(
        part=PART.name,
        name=f"{events:,} events, in memory",
        acts=lambda place: [Act(name="fold", command=command)],
        needs_server=False,
    )


def _stored(events: int, runs: int, store: str) -> Scenario:
    size = ("--events", events, "--runs", runs)

    def acts(place: Place) -> Sequence[Act]:
        environ = place.settings
        fill = python(SIDE, "fill", *size)
        return [
            Act(name="fill", command=fill, environ=environ, is_measured=False),
            Act(name="status", command=program("status", "--json"), environ=environ),
            Act(name="all runs", command=python(SIDE, "read", *size), environ=environ),
        ]

    return Scenario(
        part=PART.name,
        name=f"{events:,} events, {store}",
        acts=acts,
        needs_server=store == "weaviate",
    )


PART = Part(
    name="fold",
    says=(
        "A journal of many runs of 200 events each: the fold in memory, the command `status` from"
        " a cold interpreter, and all runs read and folded through the store."
    ),
    scenarios=_scenarios,
    figures=("fold_seconds", "read_seconds"),
    goals=(
        Goal(
            name="fold of 100,000 events",
            over=Series(scenario=f"{MOST:,} events, in memory", act="fold", figure="fold_seconds"),
            limit=0.3,
            unit="s",
        ),
        *(
            Goal(
                name=f"status with 100,000 events of 500 runs, {store}",
                over=Series(scenario=f"{MOST:,} events, {store}", act="status"),
                limit=1,
                unit="s",
            )
            for store in STORES
        ),
    ),
    charts=(
        Chart(
            name="status",
            title="`status` from a cold interpreter, by events in the journal",
            figure="wall_seconds",
            unit="s",
            bars=tuple(
                (f"{events:,} events, {store}", "status") for store in STORES for events, _ in SIZES
            ),
        ),
    ),
)
