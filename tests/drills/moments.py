"""The moments at which a process is stopped or killed, drawn from a round's chance.

In the driver's notation, see `tests/acceptance/driver.py`.
"""

import random
from collections import Counter
from collections.abc import Sequence

from ingest.esco_classes import CLASS_STEPS
from tests.acceptance.hand_fold import Line

LONGEST_DELAY_MILLISECONDS = 40
LONGEST_DROP_MILLISECONDS = 150
LOAD_MILLISECONDS = 6_000  # of a load of little data, from its start on


def boundaries(lines: Sequence[Line]) -> list[str]:
    """Return the moments before and after each event of a load."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for line in lines:
        event, step = line["event"], line["step"] or ""
        seen[event, step] += 1
        found += [f"{when}:{event}:{step}:{seen[event, step]}" for when in ("before", "after")]
    return found


def while_writing(chance: random.Random, *, sendings: int) -> str:
    """Return a moment of the first half of a load's writes, or shortly after."""
    delay = chance.randint(0, LONGEST_DELAY_MILLISECONDS)
    return f"write:{chance.randint(1, max(1, sendings // 2))}:{delay}"


def while_dropping(chance: random.Random) -> str:
    """Return a moment at which a load that drops the classes first does so, or shortly after."""
    delay = chance.randint(0, LONGEST_DROP_MILLISECONDS)
    return f"write:{chance.randint(1, len(CLASS_STEPS))}:{delay}"


def any_time(chance: random.Random, *, sendings: int) -> str:
    """Return a moment of a load's writes, of any of its calls, or simply of its time."""
    delay = chance.randint(0, LONGEST_DELAY_MILLISECONDS)
    match chance.randrange(3):
        case 0:
            return while_writing(chance, sendings=sendings)
        case 1:  # events are appended by calls as well, and `verify` reads by them
            return f"call:{chance.randint(1, 3 * sendings)}:{delay}"
        case _:
            return f"clock:{chance.randint(1, LOAD_MILLISECONDS)}"


def while_working(chance: random.Random, lines: Sequence[Line], *, sendings: int) -> str:
    """Return a moment that a new load surely comes to, at which it is not over."""
    if chance.random() < 0.5:
        return while_writing(chance, sendings=sendings)
    events = [moment.split(":") for moment in boundaries(lines)]
    return ":".join(
        chance.choice(
            [
                [when, event, step, number]
                for when, event, step, number in events
                # How many checkpoints a step has is a matter of time. Before an event is when the
                # lease has allowed it and nobody has seen it.
                if event in ("checkpoint", "step_started") and number == "1"
            ]
        )
    )


def while_resuming(chance: random.Random) -> str:
    """Return a moment that a resumed load surely comes to, wherever it goes on."""
    return chance.choice(("after:started", "after:step_started:verify", "before:completed"))
