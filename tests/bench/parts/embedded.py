"""Our SQLite target against plain SQLite, and against what one would take instead."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.ground import Ground, python
from tests.bench.part import Chart, Goal, Part, Series
from tests.bench.scenario import Act, Place, Scenario

Command = Callable[[str, Path], tuple[str, ...]]

PEERS = "tests.bench.peers"
OURS, PLAIN = "ours, SQLite", "plain executemany"
OTHERS = {
    "Chroma": "chroma_local",
    "LanceDB": "lance_local",
    "Qdrant, local mode": "qdrant_local",
    "sqlite-vec": "sqlite_vec_local",
}
LOAD, AGAIN, QUERY = "load", "load again", "500 queries"


def _scenarios(ground: Ground) -> Sequence[Scenario]:
    side = "tests.bench.sides.embedded_"

    def ours(what: str, place: Path) -> tuple[str, ...]:
        return python(f"{side}ours", what, ground.records, place / "ours.db")

    def plain(what: str, place: Path) -> tuple[str, ...]:
        return python(f"{side}plain", ground.records, place / "plain.db")

    found = [_of(OURS, ours), _of(PLAIN, plain, asks=False)]
    for name, script in OTHERS.items():
        start = (str(ground.peers), "-m", f"{PEERS}.{script}")

        def other(what: str, place: Path, start: tuple[str, ...] = start) -> tuple[str, ...]:
            return (*start, what, str(ground.records), str(place / "other"))

        found.append(_of(name, other))
    return found


def _of(name: str, command: Command, *, asks: bool = True) -> Scenario:
    def acts(place: Place) -> Sequence[Act]:
        loads = [Act(name=act, command=command("load", place.folder)) for act in (LOAD, AGAIN)]
        asked = [Act(name=QUERY, command=command("query", place.folder))] if asks else []
        return [*loads, *asked]

    return Scenario(part=PART.name, name=name, acts=acts, needs_server=False)


def _series(scenario: str, act: str, figure: str) -> Series:
    return Series(scenario=scenario, act=act, figure=figure)


def _against_others(name: str, act: str, figure: str) -> Iterator[Goal]:
    """Yield a goal for each of the others; of LanceDB nothing is asked."""
    for other in OTHERS:
        yield Goal(
            name=name.format(other),
            over=_series(OURS, act, figure),
            under=_series(other, act, figure),
            limit=None if other == "LanceDB" else 1,
        )


PART = Part(
    name="sqlite",
    says=(
        "Embedded stores on the same records and vectors: load, the same again, and the top 10 of"
        " the skills for 500 queries, one after the other, without a filter (our search has none)."
        " Ours and plain SQLite also keep the references, found from both ends, and end with their"
        " look-up tables; plain SQLite is the least that our tables cost: the same batches and"
        " durability, rows made ready beforehand, nothing looked up or checked."
    ),
    scenarios=_scenarios,
    figures=("load_seconds", "p50_ms", "p99_ms", "first_ms"),
    goals=(
        Goal(
            name="load into SQLite against plain executemany",
            over=_series(OURS, LOAD, "load_seconds"),
            under=_series(PLAIN, LOAD, "load_seconds"),
            limit=1.5,
        ),
        *_against_others("load into SQLite against {}", LOAD, "load_seconds"),
        *_against_others("top-10 query against {}, median", QUERY, "p50_ms"),
        Goal(
            name="top-10 query, median",
            over=_series(OURS, QUERY, "p50_ms"),
            limit=2,
            unit="ms",
        ),
    ),
    charts=(
        Chart(
            name="sqlite-load",
            title="Embedded stores: seconds to load",
            figure="load_seconds",
            unit="s",
            bars=tuple((name, LOAD) for name in (OURS, PLAIN, *OTHERS)),
            compares=tuple(((name, LOAD), (OURS, LOAD)) for name in (PLAIN, *OTHERS)),
        ),
        Chart(
            name="sqlite-query",
            title="Embedded stores: median of a top-10 query",
            figure="p50_ms",
            unit="ms",
            bars=tuple((name, QUERY) for name in (OURS, *OTHERS)),
            compares=tuple(((name, QUERY), (OURS, QUERY)) for name in OTHERS),
        ),
    ),
)
