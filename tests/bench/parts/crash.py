"""A load that is killed at half and resumed, against one that nobody disturbs."""

from collections.abc import Callable, Sequence

from ingest.decision import RAN, RESUMED
from tests.bench.ground import Ground, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import KILLED, Act, Place, Scenario

SIDE = "tests.bench.sides.ours"
STORES = ("weaviate", "sqlite")
LOAD, HALF, RESUME = "load", "until the kill", "resume"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    found = []
    for store in STORES:
        found += [_undisturbed(ground, store), _killed(ground, store)]
    return found


def _undisturbed(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        return [_load(ground, place, LOAD, outcome=RAN)]

    return _scenario(f"undisturbed, {store}", store, acts)


def _killed(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        return [
            _load(ground, place, HALF, "--die-at-half", code=KILLED),
            _load(ground, place, RESUME, outcome=RESUMED),
        ]

    return _scenario(f"killed at half, {store}", store, acts)


def _load(
    ground: Ground, place: Place, name: str, *options: str, code: int = 0, outcome: str = ""
) -> Act:
    return Act(
        name=name,
        command=python(SIDE, ground.data, *options),
        environ={**place.settings, "VARITY_EMBEDDER": "hashing"},
        code=code,
        outcome=outcome,
    )


def _scenario(name: str, store: str, acts: Callable[[Place], Sequence[Act]]) -> Scenario:
    return Scenario(part=PART.name, name=name, acts=acts, needs_server=store == "weaviate")


PART = Part(
    name="crash",
    says=(
        "The whole process, killed by SIGKILL when half of the skills are settled, and started"
        " again on the same machine. The resume waits before it takes over, about two seconds;"
        " `takeover` is that wait as measured, reading the dead owner's log included, and"
        " `working` the wall time without it."
    ),
    scenarios=_scenarios,
    figures=("working_seconds", "takeover_seconds", "cold_seconds", "verify_seconds"),
    goals=tuple(
        Goal(
            name=f"killed and resumed against undisturbed, without the wait to take over, {store}",
            over=Series(
                scenario=f"killed at half, {store}",
                act=f"{HALF} + {RESUME}",
                figure="working_seconds",
            ),
            under=Series(scenario=f"undisturbed, {store}", act=LOAD),
            limit=1.1,
        )
        for store in STORES
    ),
    charts=(
        Chart(
            name="crash",
            title="Undisturbed, and killed at half and resumed (both processes)",
            figure="wall_seconds",
            unit="s",
            bars=tuple(
                bar
                for store in STORES
                for bar in (
                    (f"undisturbed, {store}", LOAD),
                    (f"killed at half, {store}", f"{HALF} + {RESUME}"),
                )
            ),
            compares=tuple(
                (
                    (f"killed at half, {store}", f"{HALF} + {RESUME}"),
                    (f"undisturbed, {store}", LOAD),
                )
                for store in STORES
            ),
        ),
    ),
)
