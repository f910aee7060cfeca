"""What importing the Weaviate client does to the process around it: nothing."""

import subprocess
import sys

OPENS = """
import sys, warnings
from contextlib import suppress
import anyio
from ingest.settings import Settings
from ingest.wiring.opening import opened_target
from journal import StoreUnavailable

async def opened():
    with suppress(StoreUnavailable):  # nobody listens there
        async with opened_target(Settings(store="http://127.0.0.1:1")):
            pass

before = list(warnings.filters)
anyio.run(opened)
assert "weaviate" in sys.modules
assert list(warnings.filters) == before, warnings.filters
"""


def test_opening_the_target_shows_no_warnings_to_people() -> None:
    """The client turns them all on; a load that gave up then ended in a page about sockets."""
    isolated = [sys.executable, "-I", "-c", OPENS]  # without a setting of this test run
    done = subprocess.run(isolated, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
