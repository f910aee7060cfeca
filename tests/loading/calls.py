"""Calls of `ingest` on a real file, and looks at what they left there."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.settings import Settings
from ingest.wiring import (
    IngestOptions,
    IngestResult,
    ingest,
)
from ingest.wiring.opening import opened_target
from journal import (
    Recorded,
    RunState,
    Stopped,
    StopSwitch,
)
from journal.events import StepCompleted
from tests.ingest.esco_builder import FILES, tiny, write_folder

LABEL = "glue"
TINY = {"ISCOGroup": 2, "SkillGroup": 2, "SkillCollection": 2, "Skill": 3, "Occupation": 2}
SAMPLE = {"ISCOGroup": 30, "SkillGroup": 30, "SkillCollection": 6, "Skill": 180, "Occupation": 54}


def relabelled(tmp_path: Path, label: str = "paste") -> str:
    """The tiny input with one label changed."""
    text = str(FILES["skills"]).replace(",glue,", f",{label},")
    assert text != FILES["skills"]
    return str(write_folder(tmp_path / f"changed-{label}", tiny(skills=text)).resolve())


async def load(settings: Settings, data: str | None = None, **options: object) -> IngestResult:
    """Call `ingest` with these options."""
    return await ingest(settings, IngestOptions(data=data, **options))  # type: ignore[arg-type]


async def counts(settings: Settings) -> Mapping[str, int]:
    """Return the number of objects of each class that is there."""
    async with opened_target(settings) as target:
        return {name: await target.count(name) for name in await target.existing_classes()}


async def labels(settings: Settings) -> set[str]:
    """Return the labels of all skills."""
    async with opened_target(settings) as target:
        return {
            str(stored.properties["preferredLabel"])
            async for stored in target.objects("Skill", vectors=False)
        }


async def stopped(settings: Settings, data: str | None, *, after: str, **options: object) -> None:
    """Load, and be asked to stop once a step is completed."""
    stop = StopSwitch()

    def listener(recorded: Recorded, state: RunState) -> None:
        if isinstance(recorded.event, StepCompleted) and recorded.event.step == after:
            stop.set(15)

    with pytest.raises(Stopped):
        await ingest(
            settings,
            IngestOptions(data=data, **options),  # type: ignore[arg-type]
            stop=stop,
            listener=listener,
        )
