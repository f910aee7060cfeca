"""`disk-full`: the disk below the server fills up in the middle of a load.

Either the load pauses and goes on when space comes back, or it says clearly that it failed and
a resume completes. The server is one of the drill's own, on a small disk.
"""

import os
import time
from contextlib import ExitStack

from tests.drills.bench import SERVER
from tests.drills.kill_server import await_sendings
from tests.drills.namespaces import MEGABYTE, filled, small_disk
from tests.drills.rounds import WAIT, Round, expect

UNREACHABLE = 69
# One of these stands in the sentence with which a load gives up: the cause, or where it stands.
REASONS = ("no space", "read-only", "see its log")
DISK_MEGABYTES = 400
# The server makes itself read-only above 90 %; a disk that is really full refuses each write.
VARIANTS = (("full", "for a while"), ("read-only", "for a while"), ("full", "for long"))
LEFT_BYTES = {"full": 0, "read-only": DISK_MEGABYTES * MEGABYTE * 6 // 100}
LONGEST_SECONDS = 12.0


def disk_full(played: Round) -> None:
    """Fill the disk while a load runs, make space after a while or after its end."""
    kind, length = VARIANTS[played.number % len(VARIANTS)]
    chance, figures, bench = played.chance, played.figures, played.bench
    disk = bench.folder / SERVER
    if not os.path.ismount(disk):
        bench.keep(small_disk(disk, megabytes=DISK_MEGABYTES))
    place = bench.place()
    loading = played.ingest(place, *(WAIT if length == "for a while" else ()))
    sent = chance.randint(1, max(1, bench.sendings // 2))
    where = f"{kind} {length} after {sent} sendings"
    with ExitStack() as fullness:
        if await_sendings(played, loading, times=sent):
            played.disturbed(where)
            figures.counts[f"{kind}_disks".replace("-", "_")] += 1
        fullness.enter_context(filled(disk, left_bytes=LEFT_BYTES[kind]))
        if length == "for a while":
            time.sleep(chance.uniform(1.0, LONGEST_SECONDS))
            fullness.close()
        done = played.ended(loading, 0, UNREACHABLE, where=where)
    if done.code == 0:
        figures.counts["ended_by_themselves"] += 1
    else:
        figures.counts["resumed"] += 1
        played.gave_up(done)
        named = any(reason in done.told for reason in REASONS)
        expect(named, f"{where}: what is full is not named: {done.told}")
        # Its index logs do not recover from a failed write, though there is space again; what a
        # load says of that names the remedy's reason, and the remedy is a restart.
        again = played.ended(played.ingest(place), 0, UNREACHABLE, where=f"{where}, resumed")
        if again.code != 0:
            played.gave_up(again)
            figures.counts["server_restarts"] += 1
            bench.server.restart()
            played.finish(place)
    played.judge(place)
