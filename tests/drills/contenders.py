"""`contenders`: several processes are released at one instant; one loads, nobody is harmed."""

from collections import Counter

from tests.acceptance.hand_fold import counting
from tests.acceptance.place import KILLED, at_the_gate
from tests.drills.namespaces import own_pids
from tests.drills.rounds import WAIT, Round, expect

UNREACHABLE, HELD = 69, 75
FOLLOWED = ("waited", "already_completed")  # found completed, after a wait for the owner or not
FOUND = ("empty server", "half a load", "classes only")
LEFT_BEHIND = {
    "half a load": "KILL:after:checkpoint:skills:1",
    "classes only": "KILL:after:step_completed:schema",
}


def contenders(played: Round, *, starters: int) -> None:
    """Release so many starters, half of them in other pid namespaces, half of them waiting."""
    place = played.bench.place()
    chance = played.chance
    found = FOUND[played.number % len(FOUND)]
    if found in LEFT_BEHIND:
        before = played.ingest(place, driven=("--at", LEFT_BEHIND[found]))
        played.ended(before, KILLED, where="the load before")
    # In a namespace of its own every one of them is pid 1, as in containers.
    within = own_pids()
    expect(bool(within), "no pid namespaces can be had here (unshare --pid needs root)")
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
    played.disturbed(where)
    done = [played.ended(command, 0, HELD, UNREACHABLE, where=where) for command in commands]

    for one in done:
        if one.code == UNREACHABLE:  # so many at once may be more than the server can answer
            played.gave_up(one)
    gave_up = any(one.code == UNREACHABLE for one in done)
    outcomes = Counter(one.document.get("outcome") for one in done if one.code == 0)
    expected = {"resumed"} if found in LEFT_BEHIND else {"ran"}
    if gave_up:  # and another one may have gone on with it
        expected.add("resumed")
    expect(outcomes.keys() <= {*expected, *FOLLOWED}, f"{where}: {dict(outcomes)}")
    loaded = sum(outcomes[name] for name in expected)
    # Unless somebody says that the server fell silent, one of them has to have done the work.
    expect(loaded == 1 or (loaded == 0 and gave_up), f"{where}: {loaded} say that they loaded")
    if not loaded:
        played.figures.counts["resumed"] += 1
        played.finish(place)
    lines = played.judge(place)
    expect(len({line["run_id"] for line in lines}) == 1, f"{where}: more than one run was begun")
    ends = [line["event"] for line in counting(lines) if line["event"] in ("failed", "interrupted")]
    expect(not ends or not loaded, f"{where}: a run was ended by {ends}")
    left_with_75 = sum(one.code == HELD for one in done)
    played.figures.counts.update(starters=starters, left_with_75=left_with_75)
    played.figures.counts["in_pid_namespaces"] += sum(is_apart)
