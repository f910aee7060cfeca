"""The parts by name, in the order in which they run and stand on the page."""

from tests.bench.part import Part
from tests.bench.parts import (
    crash,
    embedded,
    floor,
    fold,
    growth,
    importing,
    ours,
    peers,
    profiled,
    schema,
    warm,
)

PARTS: dict[str, Part] = {
    one.PART.name: one.PART
    for one in (
        *(floor, ours, peers, warm, importing, crash, growth),
        *(embedded, fold, profiled, schema),
    )
}
