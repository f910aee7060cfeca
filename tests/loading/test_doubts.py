"""Which objects `verify` looks for in the indexes of a server that other attempts wrote to."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from ingest.target import Reply, TargetObject
from journal import Choice, Recorded, Status
from journal.events import Checkpoint, StepCompleted
from tests.loading.runs import Life, World
from tests.loading.sources import HandMade, Read, needs, skill, skill_uri, with_cycles
from tests.loading.tearing import UNKNOWN, Fault, Sent, TearingTarget, content
from tests.loading.trouble import skill_id, undisturbed

SKILLS, WINDOW = 60, 8
EVERY = {skill_uri(number) for number in range(SKILLS)}

Change = Callable[[TearingTarget], TearingTarget]


class Sought(TearingTarget):
    """Notes which URIs a filter was asked for."""

    uris: set[str]

    async def filtered(self, class_name: str, uris: Sequence[str]) -> frozenset[object]:  # type: ignore[override]
        self.uris.update(uris)
        return await super().filtered(class_name, uris)


def noting(uris: set[str]) -> Change:
    def change(target: TearingTarget) -> TearingTarget:
        target.__class__ = Sought
        target.uris = uris  # type: ignore[attr-defined]
        return target

    return change


def skills(read: Read) -> World:
    return World(read(HandMade([*map(skill, range(SKILLS))])), window=WINDOW)


async def killed(world: World, *, at_request: int = 4, choice: Choice | None = None) -> int:
    """Load until a request, and die there; return how far the last checkpoint settles it."""
    with suppress(BaseException):
        await world.load(life=Life(at_request=at_request), choice=choice)
    last = world.events(Checkpoint)[-1].event
    assert isinstance(last, Checkpoint)
    return last.settled


async def test_after_a_kill_only_the_window_is_looked_for(read: Read) -> None:
    world, uris = skills(read), set[str]()
    settled = await killed(world)
    assert 0 < settled < SKILLS - WINDOW
    await world.load(change=noting(uris))
    assert uris == {skill_uri(number) for number in range(settled, settled + WINDOW)}


async def test_a_window_at_the_end_of_a_step_that_is_done_is_looked_for(read: Read) -> None:
    """Its step is not the one in progress any more, and the attempt that did it is the same."""
    world, uris = skills(read), set[str]()
    undisturbed = Life()
    await skills(read).load(life=undisturbed)
    settled = await killed(world, at_request=undisturbed.requests)
    await world.load(change=noting(uris))
    assert uris == {skill_uri(number) for number in range(settled, SKILLS)}


async def test_a_server_that_died_between_two_attempts_has_everything_looked_for(
    read: Read,
) -> None:
    """What it had in memory lies before the window as well."""
    world, uris = skills(read), set[str]()
    await killed(world)
    world.database.restart()
    assert world.database.torn
    await world.load(change=noting(uris))
    assert uris == EVERY
    assert world.database.torn == set()


async def test_a_server_that_does_not_say_how_it_was_started_has_everything_looked_for(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(target: TearingTarget) -> str:
        return ""

    monkeypatch.setattr(TearingTarget, "incarnation", nothing)
    world, uris = skills(read), set[str]()
    await killed(world)
    await world.load(change=noting(uris))
    assert uris == EVERY


@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_run_that_inherits_a_doubt_looks_for_everything_in_each_attempt(
    attempts: int, read: Read
) -> None:
    """The server died while the run before it stood still; nothing in this one tells of that."""
    world, uris = skills(read), set[str]()
    await killed(world)
    world.database.restart()
    torn = set(world.database.torn)
    assert torn
    if attempts == 2:
        await killed(world, at_request=7, choice=Choice.BEGIN)
    report = await world.load(change=noting(uris), choice=Choice.BEGIN if attempts == 1 else None)
    assert report.state.attempt == attempts
    assert uris == EVERY
    assert world.database.torn == set()


def first_is_lost(request: int, objects: Sequence[TargetObject]) -> Fault | None:
    return Fault() if request == 1 else None


@pytest.mark.parametrize("when", ["in the step", "in the next one"])
async def test_after_an_unknown_outcome_every_later_attempt_looks_for_everything(
    when: str, read: Read
) -> None:
    """What else a server had trouble with that did not answer nobody knows."""
    world, uris, undisturbed = skills(read), set[str](), Life()
    await skills(read).load(life=undisturbed)
    life = Life(at_request=6) if when == "in the step" else Life(at_event=undisturbed.events - 3)
    with suppress(BaseException):
        await world.load(faults=first_is_lost, life=life)
    done = [each.event.step for each in world.events(StepCompleted)]  # type: ignore[union-attr]
    assert (done[-1] == "skills") is (when == "in the next one")
    if when == "in the step":
        await killed(world, at_request=2)
    await world.load(change=noting(uris))
    assert uris == EVERY


@pytest.mark.parametrize("kind", ["whole", "create"])
async def test_an_unknown_outcome_is_journaled_before_the_object_is_sent_again(
    kind: str, read: Read
) -> None:
    world = World(read(with_cycles() if kind == "create" else HandMade([*map(skill, range(9))])))
    lost: list[str] = []

    def one_is_lost(request: int, objects: Sequence[TargetObject]) -> Fault | None:
        is_first = not lost and (kind == "whole" or objects[0].uri == skill_uri(6))
        lost.extend(each.uri for each in objects if is_first)
        return Fault() if is_first else None

    report = await world.load(faults=one_is_lost)
    assert report.state.unsure
    sent = [at for at, entry in enumerate(world.trace.entries) if _is_of(entry, lost[0], kind)]
    [noted] = [
        at
        for at, entry in enumerate(world.trace.entries)
        if isinstance(entry, Recorded)
        and isinstance(entry.event, Checkpoint)
        and entry.event.unsure
    ]
    assert sent[0] < noted < sent[1]


def _is_of(entry: object, uri: str, kind: str) -> bool:
    return (
        isinstance(entry, Sent)
        and entry.uri == uri
        and (kind == "whole") is (entry.kind != "create")
    )


async def test_once_verify_has_mended_it_looks_for_everything(read: Read) -> None:
    """What is written anew takes links of others in the vector index."""
    world, uris = skills(read), set[str]()
    settled = await killed(world)

    def lose() -> None:
        del world.database.classes["Skill"].objects[skill_id(settled)]

    await world.load(change=noting(uris), before_verify=lose)
    assert uris == EVERY


async def test_the_window_is_found_by_its_order_and_not_by_its_rows(read: Read) -> None:
    """The step's order is by level: what refers to others comes last."""
    chain = [needs(number, number + 1) for number in range(SKILLS - 1)]
    catalogue = read(HandMade([*map(skill, range(SKILLS))], chain))
    world, uris = World(catalogue, window=WINDOW), set[str]()
    settled = await killed(world, at_request=20)
    assert 0 < settled < SKILLS - WINDOW
    await world.load(change=noting(uris))
    last = SKILLS - settled
    assert uris == {skill_uri(number) for number in range(last - WINDOW, last)}


async def test_a_write_that_is_repeated_does_not_meet_the_one_that_was_given_up(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lands whole and torn between the blank and the whole one, unless there is a wait before.

    The whole one would be an equal write, which an attempt that died then would leave settled.
    """
    world = skills(read)
    late: list[Sequence[TargetObject]] = []

    class Late(TearingTarget):
        async def upsert(self, objects: Sequence[TargetObject], *, timeout_seconds: float) -> Reply:
            if not late:
                late.append(objects)
                return Reply(outcomes=(UNKNOWN,) * len(objects), lost=True, pushback=True)
            reply = await super().upsert(objects, timeout_seconds=timeout_seconds)
            self.land()
            return reply

        def land(self) -> None:
            if late[0]:
                self._written(late[0], torn=len(late[0]))
                late[0] = ()

    targets: list[Late] = []

    def change(target: TearingTarget) -> TearingTarget:
        target.__class__ = Late
        targets.append(target)  # type: ignore[arg-type]
        return target

    async def settled(requests: object) -> None:
        if late:
            targets[0].land()

    monkeypatch.setattr("journal.step.Requests.let_settle", settled)
    torn: list[int] = []
    report = await world.load(
        change=change, before_verify=lambda: torn.append(len(world.database.torn))
    )
    assert report.state.status is Status.COMPLETED
    assert torn == [0]
    assert content(world.database) == await undisturbed(world.catalogue)
