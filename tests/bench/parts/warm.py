"""What a second run costs: nothing to do, all of it again, and one percent of it changed."""

from collections.abc import Sequence
from functools import partial
from itertools import product

from tests.bench.ground import Ground, program
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

STORES = ("weaviate", "sqlite")
EMBEDDERS = ("hashing", "local")  # `local` is the default
COLD, SKIP, AGAIN, CHANGED = "cold", "skip", "forced again, unchanged", "one percent changed"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, store, embedder) for store in STORES for embedder in EMBEDDERS]


def _of(ground: Ground, store: str, embedder: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        ingest = partial(_ingest, place, embedder)
        return [
            ingest(COLD, "ran", ground.data),
            ingest(SKIP, "already_completed", ground.data),
            ingest(AGAIN, "ran", ground.data, "--force-reingest"),
            ingest(CHANGED, "ran", ground.changed, "--force-reingest"),
        ]

    needs_server = store == "weaviate"
    return Scenario(
        part=PART.name, name=_name(store, embedder), acts=acts, needs_server=needs_server
    )


def _name(store: str, embedder: str) -> str:
    return f"warm, {embedder}, {store}"


def _ingest(place: Place, embedder: str, name: str, outcome: str, *arguments: object) -> Act:
    return Act(
        name=name,
        command=program("ingest", *arguments, "--json"),
        environ={**place.settings, "VARITY_EMBEDDER": embedder},
        outcome=outcome,
    )


def _goals() -> list[Goal]:
    goals = []
    for store, embedder in product(STORES, EMBEDDERS):
        which = f"{embedder}, {store}"
        cold, skip, again, changed = (
            Series(scenario=_name(store, embedder), act=act) for act in (COLD, SKIP, AGAIN, CHANGED)
        )
        goals += [
            Goal(name=f"skip, {which}", over=skip, limit=0.5, unit="s"),
            Goal(
                name=f"cold against forced again, {which}",
                over=cold,
                under=again,
                limit=5,
                is_at_most=False,
            ),
            Goal(
                name=f"one percent changed against unchanged, {which}",
                over=changed,
                under=again,
                limit=1.3,
            ),
        ]
    return goals


PART = Part(
    name="warm",
    says=(
        "The whole command from a cold interpreter on data that were loaded before: skip, forced"
        " again, one percent changed; with hashed vectors and with `local`, the default embedder."
    ),
    scenarios=_scenarios,
    goals=_goals(),
    charts=(
        Chart(
            name="warm",
            title="The command again, on data that are there",
            figure="wall_seconds",
            unit="s",
            bars=tuple(
                (_name(store, embedder), act)
                for store, embedder in product(STORES, EMBEDDERS)
                for act in (SKIP, AGAIN, CHANGED)
            ),
            compares=tuple(
                ((_name(store, "local"), COLD), (_name(store, "local"), AGAIN)) for store in STORES
            ),
        ),
    ),
)
