"""Classes that stand in a real server under the names of ours."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

from typing import Any

import httpx

from tests.corpus.case import LOAD, After, Arrange, Case, World
from tests.corpus.data import folder

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


def there(name: str, bad: str, arrange: Arrange, *, says: str, after: After) -> Case:
    return Case(name=f"class-{name}", bad=bad, code=2, says=says, arrange=arrange, after=after,
                command=LOAD + " --store {URL}", needs_server=True)  # fmt: skip


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
)  # fmt: skip
