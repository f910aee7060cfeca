"""Classes under the names of ours, and changed journals, that stand in a real server."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import os
from collections.abc import Callable
from typing import Any

import anyio
import httpx

from ingest.esco_classes import esco_schemas
from ingest.targets.weaviate import open_weaviate_target
from journal.codec import event_id
from tests.corpus.case import LOAD, After, Arrange, Case, World
from tests.corpus.data import folder
from tests.corpus.journal_cases import MENDED

COMMAND = LOAD + " --store {URL}"
SECONDS = 60


def standing(name: str, **definition: Any) -> Arrange:
    """Create the class; to mend it is to drop it."""

    def arrange(world: World) -> None:
        folder()(world)
        classes = f"{world.names['URL']}/v1/schema"
        body = {"class": name, "vectorizer": "none", **definition}
        httpx.post(classes, json=body, timeout=SECONDS).raise_for_status()

        def mend() -> None:
            httpx.delete(f"{classes}/{name}", timeout=SECONDS).raise_for_status()

        world.mend = mend

    return arrange


def edited(change: Callable[[httpx.Client, str], None]) -> Arrange:
    """Load, then change the third event of the journal behind its back."""

    def arrange(world: World) -> None:
        folder()(world)
        world.varity(COMMAND)
        with httpx.Client(base_url=world.names["URL"], timeout=SECONDS) as client:
            change(client, f"/v1/objects/Metadata/{event_id('esco', 1, 3)}")
            world.recorded = lambda: events(world.names["URL"])

    return arrange


def removed(client: httpx.Client, path: str) -> None:
    client.delete(path).raise_for_status()


def renamed(client: httpx.Client, path: str) -> None:
    stored = client.get(path).raise_for_status().json()
    stored["properties"]["event"] = "renamed"
    client.put(path, json=stored).raise_for_status()


def events(url: str) -> list[str]:
    """Return what the journal holds, an event a line."""
    query: dict[str, str | int] = {"class": "Metadata", "limit": 1000}
    found = httpx.get(f"{url}/v1/objects", params=query, timeout=SECONDS).raise_for_status().json()
    return sorted(str(sorted(each["properties"].items())) for each in found["objects"])


def read_only(world: World) -> None:
    """Leave the classes of a load that sent nothing, and have Skill's shard take no writes."""
    folder()(world)
    url = world.names["URL"]
    world.change("ingest.sending.STALL_SECONDS", 1.0)
    anyio.run(classes_only, url, int(os.environ["WEAVIATE_GRPC_PORT"]))
    shards = f"{url}/v1/schema/Skill/shards"
    name = httpx.get(shards, timeout=SECONDS).raise_for_status().json()[0]["name"]

    def put(status: str) -> None:
        said = httpx.put(f"{shards}/{name}", json={"status": status}, timeout=SECONDS)
        said.raise_for_status()

    put("READONLY")
    world.mend = lambda: put("READY")


async def classes_only(url: str, grpc_port: int) -> None:
    opened = open_weaviate_target(url, grpc_port=grpc_port, pipeline="esco", schemas=esco_schemas())
    async with opened as target:
        await target.prepare()


def there(name: str, bad: str, arrange: Arrange, *, says: str, after: After, code: int = 2,
          command: str = COMMAND) -> Case:  # fmt: skip
    return Case(name=f"class-{name}", bad=bad, code=code, says=says, arrange=arrange, after=after,
                command=command, needs_server=True)  # fmt: skip


CASES: tuple[Case, ...] = (
    there("foreign", "a class Skill of somebody else's", standing("Skill", description="mine"),
          says="Weaviate at {URL}: the class Skill names no pipeline, expected 'esco': keep the two apart by `--prefix`, or drop that class",
          after=After.RESUMABLE),
    there("pipeline", "a class Skill of another pipeline",
          standing("Skill", description="mine [pipeline other]"),
          says="Weaviate at {URL}: the class Skill belongs to the pipeline 'other', expected 'esco': keep the two apart by `--prefix`, or drop that class",
          after=After.RESUMABLE),
    there("metadata", "a class Metadata of another shape",
          standing("Metadata", properties=[{"name": "epoch", "dataType": ["text"]}]),
          says="{URL} has a class Metadata whose epoch is text, not int; rename or drop that class",
          after=After.UNTOUCHED),
    there("read-only", "a class Skill whose shard takes no writes", read_only, code=69,
          says="step skills: the target acknowledged nothing for 1 s ({ANY}read-only{ANY}); resume when it does",
          after=After.RESUMABLE),
    there("gap", "a journal in a server that lacks an event", edited(removed), code=1,
          command="history",
          says=f"epoch 1 of esco: expected seq 3, found 4; {MENDED}", after=After.UNTOUCHED),
    there("event", "a journal in a server with an event of an unknown type", edited(renamed), code=1,
          says=f"event esco/1:3 can not be read ('renamed' is missing or unknown); {MENDED}",
          after=After.UNTOUCHED),
)  # fmt: skip
