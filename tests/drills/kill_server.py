"""`kill-server`: kill -9 of the server in the middle of a step.

The load runs on and goes on by itself, also after an outage longer than its lease; or it dies
with the server, and is resumed. What the kill tore is counted where nobody can mend it first.
"""

import os
import signal
import time

import anyio

from tests.acceptance import trace
from tests.acceptance.place import KILLED, Command
from tests.drills.bench import TTL_SECONDS
from tests.drills.inspection import torn
from tests.drills.rounds import WAIT, Round

VARIANTS = ("short outage", "both die", "long outage")
OUTAGE_SECONDS = {"short outage": 0.0, "both die": 0.0, "long outage": TTL_SECONDS + 2}
LOOK_SECONDS = 0.005
LONGEST_DELAY_SECONDS = 0.04


def kill_server(played: Round) -> None:
    """Kill the server, and perhaps the load; start the server again and see the load's end."""
    variant = VARIANTS[played.number % len(VARIANTS)]
    bench, chance, figures = played.bench, played.chance, played.figures
    place = bench.place()
    loading = played.ingest(place, *WAIT)
    written = chance.randint(1, max(1, bench.sendings * 2 // 3))
    if await_sendings(played, loading, times=written):
        time.sleep(chance.uniform(0, LONGEST_DELAY_SECONDS))
        played.disturbed(variant)
        figures.counts["kills"] += 1
    os.kill(bench.server.pid, signal.SIGKILL)
    if variant == "both die":
        loading.kill()
    bench.server.kill()  # returns when it is gone
    time.sleep(OUTAGE_SECONDS[variant])
    bench.server.start()

    where = f"{variant} after {written} sendings"
    if variant == "both die":
        played.ended(loading, 0, KILLED, where=where)
        figures.counts["torn_made"] += anyio.run(torn, place.settings)
        played.finish(place)
    else:
        played.ended(loading, 0, where=where)
        figures.counts["ended_by_themselves"] += 1
    lines = played.judge(place)
    attempts = sum(line["event"] == "started" for line in lines)
    figures.counts["attempts"] += attempts


def await_sendings(played: Round, loading: Command, *, times: int) -> bool:
    """Wait until the load has begun so many sendings; return False if it ended before."""
    while loading.poll() is None:
        if sum(act["did"] == trace.SENT for act in trace.read(played.trace)) >= times:
            return True
        time.sleep(LOOK_SECONDS)
    return False
