"""`network`: between client and server lies a proxy, and one of its two ports gets into trouble.

The journal goes by REST, the objects by gRPC: each is disturbed by itself.
"""

from contextlib import ExitStack
from dataclasses import replace
from itertools import product

from tests.drills.bench import TTL_SECONDS
from tests.drills.proxy import Proxy
from tests.drills.rounds import WAIT, Round
from tests.drills.trouble import Fault, Trouble
from tests.server import Weaviate

UNREACHABLE = 69
CHANNELS = ("grpc", "rest")
COMBINATIONS = tuple(product(Fault, CHANNELS))
LONGEST_SECONDS = 2 * TTL_SECONDS  # longer than a lease lives
PARTS = {"grpc": 30, "rest": 150}  # a load of little data has about so many


def network(played: Round) -> None:
    """Load through the trouble; by itself to the end or, after a clear word, by a resume."""
    fault, channel = COMBINATIONS[played.number % len(COMBINATIONS)]
    chance, figures = played.chance, played.figures
    trouble = Trouble(
        fault=fault,
        part=chance.randint(1, PARTS[channel]),
        seconds=chance.uniform(0.5, LONGEST_SECONDS),
    )
    direct = played.bench.place()
    server = played.bench.server
    with ExitStack() as stack:
        ports = {"rest": server.port, "grpc": server.grpc_port}
        proxies = {
            name: stack.enter_context(Proxy(port, trouble if name == channel else None))
            for name, port in ports.items()
        }
        url = f"http://127.0.0.1:{proxies['rest'].port}"
        troubled = replace(direct, store=url, server=Weaviate(url, proxies["grpc"].port))
        where = f"{fault.value} of {channel} at part {trouble.part} for {trouble.seconds:.1f} s"
        done = played.ended(played.ingest(troubled, *WAIT), 0, UNREACHABLE, where=where)
        if proxies[channel].has_begun:
            played.disturbed(where)
            figures.counts["troubles"] += 1
    if done.code == 0:
        figures.counts["ended_by_themselves"] += 1
    else:
        figures.counts["resumed"] += 1
        played.gave_up(done)
        played.finish(direct)
    lines = played.judge(direct)
    figures.counts["attempts"] += sum(line["event"] == "started" for line in lines)
