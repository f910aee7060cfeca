"""`kill-ingester`: kill -9 at an event boundary and at random times, resume to the end.

The heir of each victim stands by, so that the time until it has taken over can be measured.
"""

from itertools import pairwise

import anyio

from tests.acceptance import trace
from tests.acceptance.place import KILLED, Command, Place, at_the_gate
from tests.drills.inspection import torn
from tests.drills.moments import any_time, boundaries, while_dropping
from tests.drills.rounds import WAIT, Round

MOST_RANDOM_KILLS = 2
STRIDE = 7  # from one round's boundary to the next one's, so that few rounds cover all steps
OVER_SAMPLE = 0.2  # of the rounds, in which the classes of a sample are dropped first
LOOKS_FOR_TORN = 3  # every so many rounds


def kill_ingester(played: Round) -> None:
    """Kill owner after owner; the last one completes."""
    is_over_sample = played.chance.random() < OVER_SAMPLE
    moments = _moments(played)
    if is_over_sample:
        moments = [while_dropping(played.chance), *moments]
    # Not by the number: of an even number of boundaries an odd one's are all of one kind.
    is_elsewhere = played.chance.random() < 0.5
    place = played.bench.place()
    if is_over_sample:
        played.over_sample(place)
    command = _standing_by(played, place, moments[0], is_elsewhere=is_elsewhere)
    at_the_gate([command])
    released: list[float] = []  # when each heir was let go; its victim was dead by then
    for moment, next_moment in pairwise([*moments, ""]):
        heir = _standing_by(played, place, next_moment, is_elsewhere=is_elsewhere)
        done = played.ended(command, 0, KILLED, where=moment)
        if done.code == KILLED:
            played.disturbed(moment)
            played.figures.counts["kills"] += 1
            if played.number % LOOKS_FOR_TORN == 0:
                played.figures.counts["torn_made"] += anyio.run(torn, place.settings)
        at_the_gate([heir])
        if done.code == KILLED:
            released.append(trace.instant())
        command = heir
    played.ended(command, 0, where=f"the last load after {moments}")
    played.judge(place)
    host = "other_host" if is_elsewhere else "same_host"
    won = [act["at"] for act in trace.read(played.trace) if act["did"] == trace.WON]
    for at in released:
        after = [later for later in won if later > at]
        if after:  # else there was nothing left to do
            played.figures.took(f"takeover_on_{host}", after[0] - at)


def _moments(played: Round) -> list[str]:
    """Return where to kill: first an event's boundary, then perhaps at any time."""
    bench, chance = played.bench, played.chance
    all_of_them = boundaries(bench.events)
    more = chance.randint(0, MOST_RANDOM_KILLS)
    return [
        all_of_them[played.number * STRIDE % len(all_of_them)],
        *(any_time(chance, sendings=bench.sendings) for _ in range(more)),
    ]


def _standing_by(played: Round, place: Place, at: str, *, is_elsewhere: bool) -> Command:
    driven = ["--gate"]
    if at:
        driven += ["--at", f"KILL:{at}"]
    if is_elsewhere:
        driven.append("--elsewhere")
    return played.ingest(place, *WAIT, driven=tuple(driven))
