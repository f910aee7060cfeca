"""What is written again after an unknown outcome, and the write that was given up."""

from collections.abc import Sequence

import pytest

from ingest.target import Reply, TargetObject
from journal import Status
from tests.loading.runs import World
from tests.loading.sources import HandMade, Read, skill
from tests.loading.tearing import UNKNOWN, TearingTarget, content
from tests.loading.trouble import undisturbed


async def test_a_write_that_is_repeated_does_not_meet_the_one_that_was_given_up(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lands whole and torn between the blank and the whole one, unless there is a wait before.

    The whole one would be an equal write, which an attempt that died then would leave settled.
    """
    world = World(read(HandMade([*map(skill, range(60))])), window=8)
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
