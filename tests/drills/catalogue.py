"""The drills by name."""

from functools import partial

from tests.drills.cluster import cluster
from tests.drills.contenders import contenders
from tests.drills.disk_full import disk_full
from tests.drills.kill_ingester import kill_ingester
from tests.drills.kill_server import kill_server
from tests.drills.network import network
from tests.drills.running import Drill
from tests.drills.sqlite_file import sqlite_file
from tests.drills.zombie import zombie

DRILLS: dict[str, Drill] = {
    "cluster": cluster,
    "contenders": partial(contenders, starters=8),
    "contenders-2": partial(contenders, starters=2),
    "contenders-16": partial(contenders, starters=16),
    "disk-full": disk_full,
    "kill-ingester": kill_ingester,
    "kill-server": kill_server,
    "network": network,
    "sqlite": sqlite_file,
    "zombie": zombie,
}
NEED_MOUNTS = ("disk-full", "sqlite")
