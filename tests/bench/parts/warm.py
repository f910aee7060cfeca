"""What a second run costs: nothing to do, all of it again, and one percent of it changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tests.bench.ground import Ground, program
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

STORES = ("weaviate", "sqlite")
HASHING, LOCAL = "hashing", "local"  # `local` is the default
COLD, SKIP, AGAIN, CHANGED = "cold", "skip", "forced again, unchanged", "one percent changed"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [side for store in STORES for side in (_of(ground, store), _with_local(ground, store))]


def _of(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        ingest = partial(_ingest, place, HASHING)
        return [
            ingest(COLD, "ran", ground.data),
            ingest(SKIP, "already_completed", ground.data),
            ingest(AGAIN, "ran", ground.data, "--force-reingest"),
            ingest(CHANGED, "ran", ground.changed, "--force-reingest"),
        ]

    return _scenario(f"warm, {store}", store, acts)


def _with_local(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        ingest = partial(_ingest, place, LOCAL)
        return [
            replace(ingest(COLD, "ran", ground.data), is_measured=False),
            ingest(SKIP, "already_completed", ground.data),
        ]

    return _scenario(_local_name(store), store, acts)


def _local_name(store: str) -> str:
    return f"skip with local embeddings, {store}"


def _scenario(name: str, store: str, acts: Callable[[Place], Sequence[Act]]) -> Scenario:
    return Scenario(part=PART.name, name=name, acts=acts, needs_server=store == "weaviate")


def _ingest(place: Place, embedder: str, name: str, outcome: str, *arguments: object) -> Act:
    return Act(
        name=name,
        command=program("ingest", *arguments, "--json"),
        environ={**place.settings, "VARITY_EMBEDDER": embedder},
        outcome=outcome,
    )


def _goals() -> list[Goal]:
    goals = []
    for store in STORES:
        cold, skip, again, changed = (
            Series(scenario=f"warm, {store}", act=act) for act in (COLD, SKIP, AGAIN, CHANGED)
        )
        local = Series(scenario=_local_name(store), act=SKIP)
        goals += [
            Goal(name=f"skip, {store}", over=skip, limit=0.5, unit="s"),
            Goal(name=_local_name(store), over=local, limit=0.5, unit="s"),
            Goal(
                name=f"cold against forced again, {store}",
                over=cold,
                under=again,
                limit=5,
                is_at_most=False,
            ),
            Goal(
                name=f"one percent changed against unchanged, {store}",
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
        " again, one percent changed. All of that with hashed vectors, and the skip also with"
        " `local`, the default embedder."
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
                bar
                for store in STORES
                for bar in (
                    (_local_name(store), SKIP),
                    *((f"warm, {store}", act) for act in (SKIP, AGAIN, CHANGED)),
                )
            ),
            compares=tuple(
                ((f"warm, {store}", COLD), (f"warm, {store}", AGAIN)) for store in STORES
            ),
        ),
    ),
)
