"""Where the time of our process goes in a cold load: samples of all its threads."""

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.decision import RAN
from tests.bench.ground import Ground, python
from tests.bench.measurement import Measurement
from tests.bench.part import Part
from tests.bench.scenario import Act, Place, Scenario

SIDE = "tests.bench.sides.ours"
PROFILE = "profile"
STORES = ("weaviate", "sqlite")


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, store) for store in STORES]


def _of(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        environ = {**place.settings, "VARITY_EMBEDDER": "hashing"}
        command = python(SIDE, ground.data, "--profile")
        act = Act(name="load", command=command, environ=environ, keeps=(PROFILE,), outcome=RAN)
        return [act]

    return Scenario(
        part=PART.name,
        name=f"profile, {store}",
        acts=acts,
        needs_server=store == "weaviate",
        once=True,
    )


def _found(measured: Sequence[Measurement]) -> Mapping[str, Any]:
    """Return, by scenario, the tables of the profile."""
    tables: dict[str, Any] = {}
    for one in measured:
        profile = one.said[PROFILE]
        tables[f"{one.scenario}: in whose behalf"] = profile["ours"]
        tables[f"{one.scenario}: innermost function"] = profile["leaves"]
    return tables


PART = Part(
    name=PROFILE,
    says=(
        "A cold load with hashed vectors, looked at every 4 ms: the share of the samples of threads"
        " that do not wait, by our innermost function and by the innermost of all. Who takes the"
        " samples waits for the interpreter, and so meets oftener than it should what lets go of it"
        " (unpacking, sending)."
    ),
    scenarios=_scenarios,
    figures=("ingest_seconds", "cpu_per_1000_objects_seconds"),
    finds=_found,
    takes_at_length=(PROFILE,),
)
