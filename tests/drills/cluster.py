"""`cluster`: three nodes; one of them dies in a load, or in a claim, or was just restarted.

Loads go through nodes that live; the verdict is read through the first node, which stays.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import httpx

from tests.acceptance import trace
from tests.acceptance.place import Place, at_the_gate
from tests.drills.kill_server import await_sendings
from tests.drills.rounds import WAIT, Round, expect
from tests.server import Weaviate, WeaviateServer

HELD, UNREACHABLE = 75, 69
NODES = 3
TTL_SECONDS = 15.0  # elections take seconds
ANSWER_SECONDS = 30
STARTERS = 4
LONGEST_CLAIM_SECONDS = 0.6  # from the gate to the first that has won, about


def cluster(played: Round) -> None:
    """Play one of the variants."""
    variant = VARIANTS[played.number % len(VARIANTS)]
    played.figures.counts[variant.__name__.strip("_")] += 1
    variant(played)


def _a_node_dies_in_a_load(played: Round) -> None:
    """Kill a node while objects are sent; start it again before the load's end, or after it."""
    server = _wiped(played)
    place = _through(server, 0)
    victim = played.chance.choice((1, 2))
    loading = played.ingest(place, *WAIT)
    sent = played.chance.randint(1, max(1, played.bench.sendings // 2))
    if await_sendings(played, loading, times=sent):
        played.disturbed(f"node {victim}")
    server.kill(victim)
    time.sleep(played.chance.uniform(0.0, 4.0))
    server.start()
    where = f"node {victim} died after {sent} sendings"
    done = played.ended(loading, 0, UNREACHABLE, where=where)
    if done.code != 0:
        played.figures.counts["resumed"] += 1
        played.gave_up(done)
        played.finish(place)
    played.judge(place)


def _the_leader_dies_in_a_claim(played: Round) -> None:
    """Release starters and kill the leader of the schema's Raft while they claim."""
    server = _wiped(played)
    leader = _leader(server)
    living = [node for node in range(NODES) if node != leader]
    starters = [
        played.ingest(_through(server, living[number % 2]), *WAIT, driven=("--gate",))
        for number in range(STARTERS)
    ]
    at_the_gate(starters)
    time.sleep(played.chance.uniform(0.0, LONGEST_CLAIM_SECONDS))
    server.kill(leader)
    if not any(act["did"] == trace.WON for act in trace.read(played.trace)):
        played.disturbed(f"node {leader}")  # else somebody was through with it
    time.sleep(played.chance.uniform(0.0, 4.0))
    server.start()
    where = f"the leader, node {leader}, died in a claim"
    ends = [
        played.ended(starter, 0, UNREACHABLE, HELD, where=where).document.get("outcome")
        for starter in starters
    ]
    loaded = sum(outcome in ("ran", "resumed") for outcome in ends)
    expect(loaded <= 1, f"{where}: {loaded} say that they loaded")
    place = _through(server, living[0])
    if not loaded:
        played.figures.counts["resumed"] += 1
        played.finish(place)
    lines = played.judge(place)
    expect(len({line["run_id"] for line in lines}) == 1, f"{where}: more than one run")


def _the_journal_is_read_through_a_node_just_restarted(played: Round) -> None:
    """Hold what a node tells right after its start against what another one tells."""
    server = _wiped(played)
    place = _through(server, 0)
    restarted = played.chance.choice((1, 2))
    loading = played.ingest(place, *WAIT)
    if await_sendings(played, loading, times=max(1, played.bench.sendings // 2)):
        played.disturbed(f"node {restarted}")
    server.kill(restarted)  # what is written from here on it has never seen
    if played.ended(loading, 0, UNREACHABLE, where="a node died").code != 0:
        played.finish(place)
    server.start()
    early = _through(server, restarted).ask("status")
    said = {name: early[name] for name in ("status", "steps_done", "attempt", "counts")}
    late = place.ask("status")
    expect(said == {name: late[name] for name in said}, f"read through it: {said}")
    done = played.ended(played.ingest(_through(server, restarted)), 0, where="a start through it")
    expect(done.outcome == "already_completed", f"a start through it {done.outcome}")
    played.judge(place)


VARIANTS: tuple[Callable[[Round], None], ...] = (
    _a_node_dies_in_a_load,
    _the_leader_dies_in_a_claim,
    _the_journal_is_read_through_a_node_just_restarted,
)


def _wiped(played: Round) -> WeaviateServer:
    """Return the cluster, whole and without any class."""
    server = played.bench.cluster
    server.start()
    server.wipe()
    return server


def _through(server: WeaviateServer, node: int) -> Place:
    """Return the cluster as one reaches it through one of its nodes."""
    one = Weaviate(server.urls[node], server.grpc_ports[node])
    return replace(Place(store=one.url, server=one), ttl_seconds=TTL_SECONDS)


def _leader(server: WeaviateServer) -> int:
    """Return the number of the node that leads the schema's Raft."""
    address = f"{server.urls[0]}/v1/cluster/statistics"
    said = httpx.get(address, timeout=ANSWER_SECONDS).raise_for_status().json()
    names = {each["leaderId"] for each in said["statistics"]}
    expect(len(names) == 1, f"the nodes know {len(names)} leaders")
    return int(str(names.pop()).removeprefix("node"))
