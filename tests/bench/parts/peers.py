"""What one would write instead, into the same server: the client's own modes, two frameworks."""

from collections.abc import Sequence

from tests.bench.ground import Ground, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.parts.ours import PRECOMPUTED
from tests.bench.scenario import Act, Place, Scenario

MODES = {
    "weaviate-client, fixed size": "fixed_size",
    "weaviate-client, stream": "stream",
    "weaviate-client, insert_many": "insert_many",
}
DLT, LLAMA = "dlt, without vectors and references", "LlamaIndex, without references"
ALL = (*MODES, DLT, LLAMA)


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    interpreter = str(ground.peers)

    def start(script: str) -> tuple[str, ...]:
        return (interpreter, "-m", f"tests.bench.peers.{script}")

    def mode(name: str) -> Scenario:
        def acts(place: Place) -> Sequence[Act]:
            assert place.server is not None
            classes = python("tests.bench.sides.classes", place.server.url, place.server.grpc_port)
            load = (*start("weaviate_modes"), MODES[name], str(ground.records), *_ports(place))
            return [
                Act(name="classes", command=classes, is_measured=False),
                Act(name="load", command=load),
            ]

        return Scenario(part=PART.name, name=name, acts=acts)

    def framework(name: str, script: str) -> Scenario:
        def acts(place: Place) -> Sequence[Act]:
            command = (*start(script), str(ground.records), *_ports(place), str(place.folder))
            return [Act(name="load", command=command)]

        return Scenario(part=PART.name, name=name, acts=acts)

    return [
        *map(mode, MODES),
        framework(DLT, "dlt_weaviate"),
        framework(LLAMA, "llama_weaviate"),
    ]


def _ports(place: Place) -> tuple[str, str]:
    assert place.server is not None
    return str(place.server.port), str(place.server.grpc_port)


PART = Part(
    name="peers",
    group="cold",
    says=(
        "The same records and vectors by what one would use instead, as its documentation says."
        " The client's modes write into our classes, objects first and references after them; the"
        " frameworks make classes of their own. The load of ours is `cold` here, with reading and"
        " classes; the frameworks' has their classes in it, that of the client's modes neither."
    ),
    scenarios=_scenarios,
    figures=(
        *("objects", "references", "objects_seconds", "references_seconds", "load_seconds"),
        *("objects_per_second", "cpu_per_1000_objects_seconds"),
    ),
    goals=tuple(
        Goal(
            name=f"cold load of ours, precomputed vectors, against {name}",
            over=Series(scenario=PRECOMPUTED, act="load", figure="cold_seconds"),
            under=Series(scenario=name, act="load", figure="load_seconds"),
        )
        for name in ALL
    ),
    charts=(
        Chart(
            name="peers",
            title="Seconds to load: ours, reading included, and what one would use instead",
            figure="whole_load_seconds",
            unit="s",
            bars=(
                ("floor *", "load"),
                (PRECOMPUTED, "load"),
                *((name, "load") for name in ALL),
            ),
            compares=tuple(((name, "load"), (PRECOMPUTED, "load")) for name in ALL),
        ),
    ),
)
