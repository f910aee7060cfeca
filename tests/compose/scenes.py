"""What is done to the project, scene by scene, and what must have come of it.

A scene begins with whatever the one before left; most clear that away first. Claims that do not
hold are collected, so that one scene tells all that is wrong.
"""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.sample import write_sample
from tests.acceptance.digest import Digest, differing
from tests.compose.project import DrillFailed, Project, until

CONCEPTS = 3000
SEED = 7
MIDDLE = "skills"
SAMPLE_OBJECTS = 300


@dataclass(slots=True)
class Scene:
    """One scene: what was seen for the table, and the claims that did not hold."""

    containers: str = ""
    journal: str = ""
    target: str = ""
    wrong: list[str] = field(default_factory=list)

    def claim(self, what: str, found: object, wanted: object) -> None:
        """Note that `found` must be `wanted`."""
        if found != wanted:
            self.wrong.append(f"{what}: expected {wanted!r}, found {found!r}")


class Stage:
    """The project, the input, and what an undisturbed load of it gives."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.input = folder / "input.zip"
        self.broken = folder / "broken.zip"
        self.undisturbed: Digest = {}
        write_sample(self.input, concepts=CONCEPTS, seed=SEED)
        _without_skills(self.input, self.broken)

    # --- moves --------------------------------------------------------------------------------

    def cold(self) -> None:
        """An empty machine, and the input in the data folder."""
        self.project.clear()
        self.project.put(self.input)

    def up(self, *options: str) -> int:
        """Bring it up, and wait for the search to be ready if it came so far."""
        code = self.project.compose("up", "--detach", *options, check=False).returncode
        if code == 0:
            self.await_ready()
        return code

    def await_ready(self) -> None:
        """Return when the engine itself calls the search service healthy."""
        until(
            lambda: [one.health for one in self.project.containers("varity-search")] == ["healthy"],
            "varity-search healthy",
        )

    @contextmanager
    def in_the_middle(self, scene: Scene, *options: str) -> Iterator[None]:
        """Bring it up, and give way in the middle of a step; return when `up` has ended."""
        bringing = self.project.begin("up", "--detach", *options)
        until(self._is_in_the_middle, f"a load in the middle of {MIDDLE}")
        scene.claim("the load while disturbed", self.project.states("varity-init"), ["running"])
        try:
            yield
        finally:
            bringing.communicate(timeout=600)

    def _is_in_the_middle(self) -> bool:
        status = self.project.status()
        return bool(status["step"] == MIDDLE and status["counts"].get("Skill", 0))

    # --- claims -------------------------------------------------------------------------------

    def claim_containers(self, scene: Scene, **wanted: list[str]) -> None:
        """Every container of the services is in the state that is wanted."""
        seen = {name: self.project.states(f"varity-{name}") for name in wanted}
        scene.containers = "; ".join(f"{name} {', '.join(found)}" for name, found in seen.items())
        scene.claim("containers", seen, wanted)

    def claim_completed(self, scene: Scene, *, runs: int = 1, attempts: int = 1) -> None:
        """The journal says completed, after so many runs; nobody wrote behind anyone's back."""
        status, events = self.project.status(), self.project.events()
        begun = [event["run_id"] for event in events if event["event"] == "started"]
        scene.journal = (
            f"{status['status']} {status['progress']}, attempt {status['attempt']},"
            f" epochs {sorted({event['epoch'] for event in events})}"
        )
        scene.claim("status", status["status"], "completed")
        scene.claim("attempt", status["attempt"], attempts)
        scene.claim("runs", len(set(begun)), runs)
        scene.claim("fenced events", [event for event in events if event["fenced"]], [])

    def claim_undisturbed(self, scene: Scene) -> None:
        """The target holds, object by object, what an undisturbed load leaves."""
        found = self.project.digest()
        different = differing(found, self.undisturbed)
        scene.target = f"{len(found):,} objects, {len(different)} differ"
        scene.claim("objects that differ", different[:5], [])

    def claim_ready(self, scene: Scene, wanted: int) -> None:
        """The search service says whether it can answer."""
        status, body = self.project.ask("/ready")
        scene.claim(f"/ready ({body[:200]})", status, wanted)

    def claim_answers(self, scene: Scene) -> None:
        """A search finds something."""
        status, body = self.project.ask("/search?q=boat")
        scene.claim("/search", status, 200)
        scene.claim("/search has results", '"concept_uri"' in body, True)


def cold_start(stage: Stage, scene: Scene) -> None:
    """Loads once, then serves."""
    stage.cold()
    scene.claim("warnings", stage.project.warnings(), "")
    scene.claim("up", stage.up(), 0)
    stage.undisturbed = stage.project.digest()  # every other scene is held against this one
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    stage.claim_completed(scene)
    scene.target = f"{len(stage.undisturbed):,} objects"
    scene.claim("objects", len(stage.undisturbed), CONCEPTS)
    stage.claim_ready(scene, 200)
    stage.claim_answers(scene)


def warm_start(stage: Stage, scene: Scene) -> None:
    """Skips: not one event is added."""
    before = stage.project.events()
    stage.project.compose("down")
    scene.claim("up", stage.up(), 0)
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    stage.claim_completed(scene)
    scene.claim("new events", stage.project.events()[len(before) :], [])
    stage.claim_undisturbed(scene)


def warm_start_of_two(stage: Stage, scene: Scene) -> None:
    """Both skip."""
    before = stage.project.events()
    stage.project.compose("down")
    scene.claim("up", stage.up("--scale", "varity-init=2"), 0)
    stage.claim_containers(scene, init=["exited 0", "exited 0"], search=["running"])
    stage.claim_completed(scene)
    scene.claim("new events", stage.project.events()[len(before) :], [])
    stage.claim_undisturbed(scene)


def cold_start_of_two(stage: Stage, scene: Scene) -> None:
    """One loads, the other waits for it: one run, one attempt, one owner."""
    stage.cold()
    scene.claim("up", stage.up("--scale", "varity-init=2"), 0)
    # The search begins when the first of them ends; the other may still be looking.
    until(lambda: "running" not in stage.project.states("varity-init"), "both ended")
    stage.claim_containers(scene, init=["exited 0", "exited 0"], search=["running"])
    stage.claim_completed(scene)
    owners = {event["epoch"] for event in stage.project.events()}
    scene.claim("epochs that wrote", owners, {1})
    stage.claim_undisturbed(scene)


def init_killed(stage: Stage, scene: Scene) -> None:
    """The load is gone; the search does not start; the next `up` goes on with the run."""
    stage.cold()
    with stage.in_the_middle(scene):
        stage.project.compose("kill", "--signal", "KILL", "varity-init")
    scene.claim("init", stage.project.states("varity-init"), ["exited 137"])
    scene.claim("search", stage.project.states("varity-search"), ["created"])
    done = stage.project.status()["steps_done"]
    scene.claim("up", stage.up(), 0)
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    stage.claim_completed(scene, attempts=2)
    scene.claim("steps done again", _steps_begun(stage, attempt_of_epoch=2)[:1], [MIDDLE])
    scene.claim("steps done before", done, 4)
    stage.claim_undisturbed(scene)


def weaviate_killed(stage: Stage, scene: Scene) -> None:
    """The engine starts it again, and the load goes on by itself."""
    stage.cold()
    with stage.in_the_middle(scene):
        stage.project.kill_process("weaviate")
    stage.await_ready()
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    restarts = stage.project.restarts("weaviate")
    scene.claim("weaviate started again", restarts, 1)
    attempts = stage.project.status()["attempt"]  # by how long it was gone: less than its lease?
    stage.claim_completed(scene, attempts=attempts)
    stage.claim_undisturbed(scene)


def broken_input(stage: Stage, scene: Scene) -> None:
    """Nothing is loaded and nothing served; with whole data `up` makes it good."""
    stage.project.clear()
    stage.project.put(stage.broken)
    scene.claim("up fails", stage.up() != 0, True)
    stage.claim_containers(scene, init=["exited 2"], search=["created"])
    scene.claim("status", stage.project.status()["status"], "not_started")
    said = stage.project.log("varity-init")
    scene.claim("what is wrong is said", "skills_en.csv" in said, True)
    scene.claim("no traceback", "Traceback" in said, False)
    (stage.project.data / stage.broken.name).unlink()
    stage.project.put(stage.input)
    scene.claim("up", stage.up(), 0)
    scene.containers += f"; then init {', '.join(stage.project.states('varity-init'))}"
    stage.claim_completed(scene)
    stage.claim_undisturbed(scene)


def sample_then_data(stage: Stage, scene: Scene) -> None:
    """Without data the sample is loaded; data that come later take its place, all of it."""
    stage.project.clear()
    scene.claim("up", stage.up(), 0)
    status = stage.project.status()
    scene.claim("sample", status["sample"], True)
    scene.claim("objects of the sample", sum(status["counts"].values()), SAMPLE_OBJECTS)
    stage.project.put(stage.input)
    scene.claim("up with data", stage.up(), 0)
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    stage.claim_completed(scene, runs=2)
    stage.claim_undisturbed(scene)


def engine_restarted(stage: Stage, scene: Scene) -> None:
    """Search comes back by itself, and nobody loads: it is ready only when the journal says so."""
    project = stage.project
    project.clear()
    scene.claim("up", stage.up(), 0)  # the sample, and a search that runs
    project.put(stage.input)
    with stage.in_the_middle(scene):  # whole data take the sample's place
        project.compose("kill", "--signal", "KILL", "varity-init")
    project.engine.restart()
    until(lambda: project.ask("/health")[0] == 200, "the search service up again")
    until(lambda: project.status()["status"] == "interrupted", "the journal readable again")
    scene.claim("init stays ended", project.states("varity-init"), ["exited 137"])
    status, body = project.ask("/ready")
    scene.claim("ready on half a load", status, 503)
    scene.claim("it says why", '"interrupted"' in body, True)
    scene.claim("up", stage.up(), 0)
    stage.claim_containers(scene, init=["exited 0"], search=["running"])
    stage.claim_ready(scene, 200)
    before = project.events()
    project.engine.restart()
    stage.await_ready()
    scene.claim("new events", project.events()[len(before) :], [])
    stage.claim_completed(scene, runs=2, attempts=2)
    stage.claim_undisturbed(scene)


def light_profile(stage: Stage, scene: Scene) -> None:
    """Does without the container that makes the vectors."""
    project = stage.project
    project.clear()
    scene.claim("warnings", project.warnings("--profile", "light"), "")
    code = project.compose("--profile", "light", "up", "--detach", check=False).returncode
    scene.claim("up", code, 0)
    until(lambda: project.ask("/ready")[0] == 200, "the search ready")
    stage.claim_containers(scene, **{"init-light": ["exited 0"], "search-light": ["running"]})
    scene.claim("t2v-transformers", project.states("t2v-transformers"), [])
    stage.claim_completed(scene)
    status = project.status()
    scene.claim("embedder", status["embedder"], "local")
    scene.target = f"{sum(status['counts'].values())} objects (the sample)"
    stage.claim_answers(scene)


def _steps_begun(stage: Stage, *, attempt_of_epoch: int) -> list[Any]:
    return [
        event["step"]
        for event in stage.project.events()
        if event["event"] == "step_started" and event["epoch"] == attempt_of_epoch
    ]


def _without_skills(whole: Path, broken: Path) -> None:
    """Write a download that lacks a file."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as made:
        for member in source.infolist():
            if not member.filename.endswith("skills_en.csv"):
                made.writestr(member, source.read(member))


SCENES: tuple[tuple[str, Callable[[Stage, Scene], None]], ...] = (
    ("cold start", cold_start),
    ("warm start", warm_start),
    ("warm start of two", warm_start_of_two),
    ("cold start of two", cold_start_of_two),
    ("init killed", init_killed),
    ("weaviate killed", weaviate_killed),
    ("broken input", broken_input),
    ("sample, then data", sample_then_data),
    ("engine restarted", engine_restarted),
    ("light profile", light_profile),
)
NEEDS_OWN_ENGINE = (engine_restarted,)

__all__ = ["SCENES", "DrillFailed", "Scene", "Stage"]
