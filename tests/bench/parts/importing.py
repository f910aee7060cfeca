"""What a start that finds nothing to do imports."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.ground import Ground, program, python
from tests.bench.measurement import Measurement
from tests.bench.part import Part
from tests.bench.scenario import Act, Place, Scenario

SIDE = "tests.bench.sides.imports"
PACKAGES = "packages"
STORES = ("weaviate", "sqlite")


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, store) for store in STORES]


def _of(ground: Ground, store: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        environ = {**place.settings, "VARITY_EMBEDDER": "hashing"}
        ingest = program("ingest", ground.data, "--json")
        return [
            Act(name="cold", command=ingest, environ=environ, is_measured=False, outcome="ran"),
            Act(
                name="skip, traced",
                command=python(SIDE, *ingest),
                environ=environ,
                keeps=(PACKAGES,),
                outcome="already_completed",
            ),
        ]

    return Scenario(
        part=PART.name,
        name=f"imports, {store}",
        acts=acts,
        needs_server=store == "weaviate",
        once=True,
    )


def _found(measured: Sequence[Measurement]) -> Mapping[str, Any]:
    """Return, by scenario, the shares of the packages."""
    return {f"{one.scenario}: share by package": one.said[PACKAGES] for one in measured}


PART = Part(
    name="import",
    says=(
        "The skip of a completed load under `python -X importtime`: milliseconds in imports, by"
        " package. Tracing makes imports slower than they are; `warm` has the real wall time."
    ),
    scenarios=_scenarios,
    figures=("imports_ms", "modules"),
    finds=_found,
    takes_at_length=(PACKAGES,),
)
