"""A small load, journaled: three steps of numbered records into a target that can be looked at.

Says what was sent how often, which is what a resume must not repeat.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio

from journal import Pipeline, Step, StepResult, StepRun

STEPS = ("first", "second", "third")
RECORDS = 10
WINDOW = 4
# What an undisturbed run writes: the window forces a checkpoint after 4 and after 8 records.
EVENTS = [
    "started",
    *(
        event
        for step in STEPS
        for event in (f"step_started {step}", "4", "8", f"step_completed {step}")
    ),
    "completed",
]

Hook = Callable[[StepRun, int], Awaitable[None]]


class Load:
    """The input, the target, and what was sent. `before` runs before each record is sent."""

    def __init__(
        self,
        *,
        fingerprint: str = "f1",
        records: int = RECORDS,
        window: int = WINDOW,
        before: Hook | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self.records = records
        self.window = window
        self.before = before
        self.target: dict[tuple[str, int], str] = {}
        self.sent: Counter[tuple[str, int]] = Counter()
        self.begun: Counter[str] = Counter()
        self.owned: list[int] = []
        self.disconnected = 0
        self.request_seconds = 5.0

    def pipeline(self, *, steps: tuple[str, ...] = STEPS, name: str = "esco") -> Pipeline:
        """Return the pipeline."""
        return Pipeline(
            name=name,
            fingerprint=self.fingerprint,
            steps=tuple(Step(step, self._apply) for step in steps),
            source="numbers",
            window=self.window,
            own=self._own,
            disconnect=self._disconnect,
        )

    @property
    def is_whole(self) -> bool:
        """Whether every record is in the target."""
        return self.target == {
            (step, number): f"{step} {number}" for step in STEPS for number in range(self.records)
        }

    async def _own(self, epoch: int) -> None:
        self.owned.append(epoch)

    async def _disconnect(self) -> None:
        self.disconnected += 1

    async def _apply(self, run: StepRun) -> StepResult:
        self.begun[run.name] += 1
        run.total = self.records
        for number in range(run.settled, self.records):
            await run.admit(number)
            if self.before is not None:
                await self.before(run, number)
            async with run.request(self.request_seconds):
                self.sent[run.name, number] += 1
                self.target[run.name, number] = f"{run.name} {number}"
                await anyio.sleep(0)
            await run.settle(number + 1, {"Thing": number + 1})
        return StepResult(counts={"Thing": self.records}, digests={run.name: "d"})


def at(step: str, number: int, act: Callable[[StepRun], Awaitable[None]]) -> Hook:
    """Return a hook that acts once, before this record of this step is sent."""
    done: list[bool] = []

    async def hook(run: StepRun, reached: int) -> None:
        if (run.name, reached) == (step, number) and not done:
            done.append(True)
            await act(run)

    return hook


def failing(error: BaseException) -> Callable[[StepRun], Coroutine[Any, Any, None]]:
    """Return an act that raises."""

    async def act(run: StepRun) -> None:
        raise error

    return act


def sleeping(seconds: float) -> Callable[[StepRun], Awaitable[None]]:
    """Return an act that takes its time."""

    async def act(run: StepRun) -> None:
        await anyio.sleep(seconds)

    return act
