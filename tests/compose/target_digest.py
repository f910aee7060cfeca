"""Print the digest of every object of the target that the environment names, as JSON."""

import json
import os
from pathlib import Path

import anyio

from ingest.settings import settings_from
from tests.acceptance.digest import digest

if __name__ == "__main__":
    settings = settings_from({}, os.environ, {}, read_text=Path.read_text)
    print(json.dumps(anyio.run(digest, settings)))
