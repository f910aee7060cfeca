"""What a second run costs: nothing to do, all of it again, and one percent of it changed."""

from collections.abc import Sequence

from tests.bench.ground import Ground, program
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

STORES = ("weaviate", "sqlite")
COLD, SKIP, AGAIN, CHANGED = "cold", "skip", "forced again, unchanged", "one percent changed"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, store) for store in STORES]


def _of(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        environ = {**place.settings, "VARITY_EMBEDDER": "hashing"}

        def ingest(name: str, outcome: str, *arguments: object) -> Act:
            command = program("ingest", *arguments, "--json")
            return Act(name=name, command=command, environ=environ, outcome=outcome)

        return [
            ingest(COLD, "ran", ground.data),
            ingest(SKIP, "already_completed", ground.data),
            ingest(AGAIN, "ran", ground.data, "--force-reingest"),
            ingest(CHANGED, "ran", ground.changed, "--force-reingest"),
        ]

    name, needs_server = f"warm, {store}", store == "weaviate"
    return Scenario(part=PART.name, name=name, acts=acts, needs_server=needs_server)


def _goals() -> list[Goal]:
    goals = []
    for store in STORES:
        cold, skip, again, changed = (
            Series(scenario=f"warm, {store}", act=act) for act in (COLD, SKIP, AGAIN, CHANGED)
        )
        goals += [
            Goal(name=f"skip, {store}", over=skip, limit=0.5, unit="s"),
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
        " again, one percent changed."
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
                (f"warm, {store}", act) for store in STORES for act in (SKIP, AGAIN, CHANGED)
            ),
            compares=tuple(
                ((f"warm, {store}", COLD), (f"warm, {store}", AGAIN)) for store in STORES
            ),
        ),
    ),
)
