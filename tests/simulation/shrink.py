"""A failing seed cut down to the faults that it needs."""

from collections.abc import Iterator

from tests.simulation.dice import Fault
from tests.simulation.outcome import Outcome
from tests.simulation.world import simulate

TRIES_PER_KIND = 8


def shortest(seed: int) -> Outcome:
    """Return the seed's failure with as few kinds of faults, firing as seldom, as possible.

    Switches kinds off one by one, then bounds how often each fires, while something is
    still found wrong; what is found may be another thing than at first.
    """
    off: frozenset[Fault] = frozenset()
    caps: dict[Fault, int] = {}
    failing = simulate(seed)
    for kind in sorted(failing.fired, key=lambda kind: failing.fired[kind]):
        tried = simulate(seed, off=off | {kind})
        if tried.wrong:
            off |= {kind}
            failing = tried
    for kind in sorted(failing.fired):
        for most in _fewer(failing.fired[kind]):
            tried = simulate(seed, off=off, caps={**caps, kind: most})
            if tried.wrong:
                caps[kind] = most
                break
    return simulate(seed, off=off, caps=caps, keeps_trace=True)


def _fewer(fired: int) -> Iterator[int]:
    """Yield bounds below `fired`, lowest first."""
    yield from sorted({fired * part // TRIES_PER_KIND for part in range(1, TRIES_PER_KIND)} - {0})
