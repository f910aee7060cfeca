"""The server's own limit: our objects as requests that were built before the clock starts."""

from collections.abc import Sequence

from tests.bench.ground import Ground, python
from tests.bench.part import Chart, Part, Series
from tests.bench.scenario import Act, Place, Scenario

GRID = ((128, 2), (128, 4), (256, 4), (256, 8), (512, 4), (1024, 4))  # wider than our own pace
QUICK_GRID = ((128, 2), (256, 4))
BEST = "floor *"


def floor_series(figure: str) -> Series:
    """Return a figure of the best of the grid."""
    return Series(scenario=BEST, act="load", figure=figure)


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, *pair) for pair in (QUICK_GRID if ground.is_quick else GRID)]


def _of(ground: Ground, batch: int, senders: int) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        assert place.server is not None
        address = (ground.records, place.server.url, place.server.grpc_port)
        options = ("--batch", batch, "--senders", senders)
        command = python("tests.bench.sides.floor", *address, *options)
        return [Act(name="load", command=command)]

    return Scenario(part=PART.name, name=f"floor {batch} x {senders}", acts=acts)


PART = Part(
    name="floor",
    group="cold",
    says=(
        "The server's limit: objects with vectors and references as prebuilt requests (batch x"
        " senders), in one pass, into our classes."
    ),
    scenarios=_scenarios,
    figures=(
        *("objects", "references", "schema_seconds", "load_seconds", "cold_seconds"),
        "objects_per_second",
    ),
    charts=(
        Chart(
            name="floor",
            title="Prebuilt requests: seconds to load",
            figure="load_seconds",
            unit="s",
            bars=((BEST, "load"),),
            shows_all=True,
        ),
    ),
)
