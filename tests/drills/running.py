"""Running a drill: its rounds one after another, each with chance of its own.

A round that fails is written down with its number, and the next one begins.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from subprocess import SubprocessError

from httpx import HTTPError

from journal import JournalError
from tests.drills.bench import Bench
from tests.drills.figures import Figures
from tests.drills.rounds import Round, RoundFailed

# What a round may end with that says nothing against the next one. A server that did not start
# is a `RuntimeError`, one that does not answer where nothing disturbs it a `JournalError`.
HARMLESS_TO_THE_NEXT = (
    RoundFailed,
    AssertionError,
    SubprocessError,
    RuntimeError,
    JournalError,
    HTTPError,
    OSError,
)

Drill = Callable[[Round], None]


def run(drill: Drill, bench: Bench, figures: Figures, *, rounds: Iterable[int]) -> None:
    """Play the rounds of these numbers and add to the figures, which are right at any time.

    Any round can be run again alone: its chance hangs on its number and the seed only.
    """
    began_at = time.monotonic()
    for number in rounds:
        chance = random.Random(f"{figures.drill} {figures.seed} {number}")
        _play(drill, Round(number=number, chance=chance, bench=bench, figures=figures))
        figures.took_seconds = time.monotonic() - began_at
        so_far = f"{len(figures.failures)} failed so far"
        print(f"{figures.drill}: round {number} is over, {so_far}", file=sys.stderr, flush=True)


def _play(drill: Drill, played: Round) -> None:
    figures = played.figures
    before = Counter(figures.harm)
    try:
        drill(played)
        figures.rounds += 1
        figures.idle += not played.disturbances
    except HARMLESS_TO_THE_NEXT as error:
        figures.rounds += 1
        figures.failures.append(f"round {played.number}: {type(error).__name__}: {error}")
    finally:
        played.close()
    harmed = dict(figures.harm - before)
    if harmed:
        figures.failures.append(f"round {played.number}: {harmed}")
