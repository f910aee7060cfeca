"""`contenders`: several processes are released at one instant; one loads, nobody is harmed."""

from tests.acceptance.hand_fold import counting
from tests.acceptance.place import KILLED, at_the_gate
from tests.drills.namespaces import own_pids
from tests.drills.rounds import WAIT, Round, expect

UNREACHABLE, HELD = 69, 75
STARTERS = (8, 2, 8, 16)
FOUND = ("empty server", "half a load", "classes only")
LEFT_BEHIND = {
    "half a load": "KILL:after:checkpoint:skills:1",
    "classes only": "KILL:after:step_completed:schema",
}


def contenders(played: Round) -> None:
    """Release 2, 8 or 16 starters, half of them in other pid namespaces, half of them waiting."""
    place = played.bench.place()
    chance = played.chance
    starters = STARTERS[played.number % len(STARTERS)]
    found = FOUND[played.number % len(FOUND)]
    if found in LEFT_BEHIND:
        before = played.ingest(place, driven=("--at", LEFT_BEHIND[found]))
        played.ended(before, KILLED, where="the load before")
    # In a namespace of its own every one of them is pid 1, as in containers.
    within = own_pids()
    is_apart = [number % 2 == 1 for number in range(starters)]
    chance.shuffle(is_apart)
    commands = [
        played.ingest(
            place,
            *(WAIT if chance.random() < 0.5 else ()),
            driven=("--gate",),
            within=within if apart else (),
        )
        for apart in is_apart
    ]
    at_the_gate(commands)
    where = f"{starters} starters, {found}"
    done = [played.ended(command, 0, HELD, UNREACHABLE, where=where) for command in commands]

    loaded = [one for one in done if one.document.get("outcome") in ("ran", "resumed")]
    expect(len(loaded) <= 1, f"{where}: {len(loaded)} say that they loaded")
    for one in done:
        if one.code == UNREACHABLE:  # so many at once may be more than the server can answer
            played.gave_up(one)
    if not loaded:
        played.figures.counts["resumed"] += 1
        played.finish(place)
    lines = played.judge(place)
    expect(len({line["run_id"] for line in lines}) == 1, f"{where}: more than one run was begun")
    ends = [line["event"] for line in counting(lines) if line["event"] in ("failed", "interrupted")]
    expect(not ends or not loaded, f"{where}: a run was ended by {ends}")
    left_with_75 = sum(one.code == HELD for one in done)
    played.figures.counts.update(starters=starters, left_with_75=left_with_75)
    played.figures.counts["in_pid_namespaces"] += sum(is_apart) if within else 0
