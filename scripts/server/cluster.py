"""The servers of one data folder: their addresses, settings and processes, kept in a file.

Knows nothing of how a process is started or ended.
"""

import json
import os
import random
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "cluster.json"
FIRST_PORT, LAST_PORT = 15_000, 32_000  # below the range that the kernel hands out by itself
PORTS = ("rest", "grpc", "gossip", "data", "raft", "rpc")
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG")


@dataclass(kw_only=True)
class Node:
    """One server. `pid` and what identifies it are None until it is first started."""

    name: str
    url: str
    grpc_port: int
    pid: int | None = None
    start_time: int | None = None
    container: str | None = None
    data: str
    log: str
    ports: dict[str, int]


@dataclass(kw_only=True)
class Cluster:
    """All servers of a folder, and the settings that the caller gave them."""

    nodes: list[Node]
    env: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the document that `start` prints and the file holds."""
        return json.dumps(asdict(self), indent=1)


def read(folder: Path) -> Cluster | None:
    """Return what is kept of the folder's servers, None if none was ever started."""
    try:
        kept = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    return Cluster(nodes=[Node(**node) for node in kept["nodes"]], env=kept["env"])


def write(folder: Path, cluster: Cluster) -> None:
    """Keep the cluster in its folder."""
    fresh = folder / f"{FILE}.new"
    fresh.write_text(cluster.to_json())
    fresh.replace(folder / FILE)


def new(folder: Path, count: int) -> Cluster:
    """Return a cluster of so many nodes on free ports, not started yet."""
    return Cluster(
        nodes=[
            Node(
                name=f"node{number}",
                url=f"http://127.0.0.1:{ports['rest']}",
                grpc_port=ports["grpc"],
                data=str(folder / f"node{number}"),
                log=str(folder / f"node{number}.log"),
                ports=ports,
            )
            for number, ports in enumerate(_free_ports(count))
        ]
    )


def settings(cluster: Cluster, node: Node) -> dict[str, str]:
    """Return the node's whole environment: what stands here, and what the caller gave.

    REST, gossip and Raft listen on 127.0.0.1. The server offers no setting for the address of
    its gRPC and cluster-data ports: it listens for those on every interface.
    """
    joined = [other for other in cluster.nodes if other is not node]
    env = {
        **{key: os.environ[key] for key in PASSED_ON if key in os.environ},
        "PERSISTENCE_DATA_PATH": node.data,
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
        "DEFAULT_VECTORIZER_MODULE": "none",
        "DISABLE_TELEMETRY": "true",
        "GO_PROFILING_DISABLE": "true",
        "PROMETHEUS_MONITORING_ENABLED": "false",
        "LOG_LEVEL": "error",
        "GRPC_PORT": str(node.ports["grpc"]),
        "CLUSTER_HOSTNAME": node.name,
        "CLUSTER_IN_LOCALHOST": "true",
        "CLUSTER_BIND_ADDR": "127.0.0.1",
        "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
        "CLUSTER_GOSSIP_BIND_PORT": str(node.ports["gossip"]),
        "CLUSTER_DATA_BIND_PORT": str(node.ports["data"]),
        "CLUSTER_JOIN": ",".join(f"127.0.0.1:{other.ports['gossip']}" for other in joined),
        "RAFT_PORT": str(node.ports["raft"]),
        "RAFT_INTERNAL_RPC_PORT": str(node.ports["rpc"]),
        "RAFT_JOIN": ",".join(f"{one.name}:{one.ports['raft']}" for one in cluster.nodes),
        "RAFT_BOOTSTRAP_EXPECT": str(len(cluster.nodes)),
    }
    if not joined:
        env["RAFT_TIMEOUTS_MULTIPLIER"] = "1"  # nobody to elect: ready in 3 s instead of 8
    return {**env, **cluster.env}


def _free_ports(nodes: int) -> list[dict[str, int]]:
    """Return ports in a row (nodes on one host look for data at gossip + 1, for RPC at raft + 1).

    Drawn at random, so that two starts at once hardly ever draw the same.
    """
    while True:
        first = random.randrange(FIRST_PORT, LAST_PORT - nodes * len(PORTS))
        row = range(first, first + nodes * len(PORTS))
        if all(_is_free(port) for port in row):
            firsts = row[:: len(PORTS)]
            return [{name: port + n for n, name in enumerate(PORTS)} for port in firsts]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
