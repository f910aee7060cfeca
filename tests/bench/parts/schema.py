"""Our classes against those that one writes without a thought: time to load, and what is found."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.ground import Ground, python
from tests.bench.measurement import Measurement
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

OURS, NAIVE = "our schema", "naive schema"
BATCH, SENDERS = 256, 4
HITS = "hits"
ASK = "500 queries"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    return [_of(ground, OURS), _of(ground, NAIVE, "--naive")]


def _of(ground: Ground, name: str, *options: str) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        server = place.server
        assert server is not None
        load = python(
            "tests.bench.sides.floor",
            *(ground.records, server.url, server.grpc_port),
            *("--batch", BATCH, "--senders", SENDERS),
            *options,
        )
        ask = python("tests.bench.sides.ask", ground.records, server.port, server.grpc_port)
        return [Act(name="load", command=load), Act(name=ASK, command=ask, keeps=(HITS,))]

    return Scenario(part=PART.name, name=name, acts=acts)


def _found(measured: Sequence[Measurement]) -> Mapping[str, Any]:
    """Return how much of the top 10 the two schemas have in common, in the first round."""
    hits = {one.scenario: one.said[HITS] for one in measured if HITS in one.said and not one.round}
    if len(hits) < 2:
        return {}
    shares = [[kind, _common(hits[OURS][kind], hits[NAIVE][kind])] for kind in hits[OURS]]
    return {"share of the naive schema's top 10 that ours finds too": shares}


def _common(ours: Sequence[Sequence[str]], naive: Sequence[Sequence[str]]) -> float:
    wanted = sum(len(found) for found in naive)
    common = sum(len({*a} & {*b}) for a, b in zip(ours, naive, strict=True))
    return round(common / wanted, 4) if wanted else 1.0


def _series(scenario: str, act: str, figure: str) -> Series:
    return Series(scenario=scenario, act=act, figure=figure)


PART = Part(
    name="schema",
    says=(
        "The same prebuilt requests into our classes and into classes in which every text can be"
        " filtered and searched by its words; then 500 real queries by vector, by words and by"
        " both. Recall is against exact search."
    ),
    scenarios=_scenarios,
    figures=(
        *("load_seconds", "objects_per_second", "recall_vector"),
        *("vector_p50_ms", "keyword_p50_ms", "hybrid_p50_ms"),
    ),
    goals=(
        Goal(
            name="load into the naive schema against ours",
            over=_series(NAIVE, "load", "load_seconds"),
            under=_series(OURS, "load", "load_seconds"),
            limit=2,
            is_at_most=False,
        ),
        Goal(
            name="recall@10 of our vector index",
            over=_series(OURS, ASK, "recall_vector"),
            limit=0.99,
            is_at_most=False,
            unit="",
        ),
    ),
    charts=(
        Chart(
            name="schema",
            title="Seconds to load into our schema and into the naive one",
            figure="load_seconds",
            unit="s",
            bars=((OURS, "load"), (NAIVE, "load")),
            compares=(((NAIVE, "load"), (OURS, "load")),),
        ),
    ),
    finds=_found,
    takes_at_length=(HITS,),
)
