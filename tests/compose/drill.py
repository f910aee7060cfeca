"""All scenes, one after another, and what came of them: a row each.

Knows no engine: that is handed in. What it started is gone when it returns.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from tests.compose.engine import Engine
from tests.compose.project import DrillFailed, Project
from tests.compose.scenes import NEEDS_OWN_ENGINE, SCENES, Scene, Stage

HELD, FAILED, NOT_TRIED = "held", "FAILED", "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scene as the table shows it. `wrong` says which claims did not hold."""

    scene: str
    containers: str
    journal: str
    target: str
    seconds: float
    result: str
    wrong: Sequence[str] = ()


def drill(
    engine: Engine, *, only: Sequence[str] = (), say: Callable[[str], None] = lambda _: None
) -> Iterator[Row]:
    """Yield a row for each scene, or for those of `only`; the first is always played."""
    with _stage(engine, say) as stage:
        for number, (name, scene) in enumerate(SCENES):
            if only and number and name not in only:
                continue
            if scene in NEEDS_OWN_ENGINE and not engine.is_made_here:
                yield Row(
                    scene=name,
                    containers="",
                    journal="",
                    target="",
                    seconds=0.0,
                    result=NOT_TRIED,
                    wrong=[f"{engine.name} is not restarted for a test"],
                )
                continue
            say(f"scene: {name}")
            yield _played(name, scene, stage)


def _played(name: str, play: Callable[[Stage, Scene], None], stage: Stage) -> Row:
    scene, began_at = Scene(), time.monotonic()
    try:
        play(stage, scene)
    except (DrillFailed, RuntimeError) as error:
        scene.wrong.append(str(error))
    return Row(
        scene=name,
        containers=scene.containers,
        journal=scene.journal,
        target=scene.target,
        seconds=time.monotonic() - began_at,
        result=FAILED if scene.wrong else HELD,
        wrong=scene.wrong,
    )


@contextmanager
def _stage(engine: Engine, say: Callable[[str], None]) -> Iterator[Stage]:
    folder = Path(mkdtemp(prefix="varity-drill-"))
    project = Project(engine, folder / "project", folder.name.lower().replace("_", "-"))
    try:
        say("building the image")
        project.build()
        yield Stage(project, folder)
    finally:
        say("clearing away")
        project.clear()
        shutil.rmtree(folder, ignore_errors=True)  # ./logs may belong to another user
