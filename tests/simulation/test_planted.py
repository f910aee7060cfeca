"""The simulator finds faults planted in the engine, and shows the shortest way to each."""

from collections.abc import Callable, Sequence

import pytest

from ingest.sending import Sender
from ingest.target import Outcome, TargetObject, Verdict
from journal.lease import Reading, Watch
from journal.step import StepRun
from tests.simulation.shrink import shortest
from tests.simulation.world import simulate

SEEDS = 60

Plant = Callable[[pytest.MonkeyPatch], None]


def window_ignored(patch: pytest.MonkeyPatch) -> None:
    async def admit(self: StepRun, position: int) -> None:
        self.check()

    patch.setattr(StepRun, "admit", admit)


def blank_writes_left_out(patch: pytest.MonkeyPatch) -> None:
    upsert = Sender._upsert

    async def whole_only(self: Sender, objects: Sequence[TargetObject]) -> tuple[Outcome, ...]:
        if objects[0].vector is None:
            return (Outcome(verdict=Verdict.ACKNOWLEDGED),) * len(objects)
        return await upsert(self, objects)

    patch.setattr(Sender, "_upsert", whole_only)


def no_wait_for_the_heartbeat(patch: pytest.MonkeyPatch) -> None:
    def observe(self: Watch, reading: Reading, *, longest_gap_seconds: float) -> float:
        return float("inf")

    patch.setattr(Watch, "observe", observe)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (window_ignored, "is outside of the window"),
        (blank_writes_left_out, "does not end: StepFailed"),
        (no_wait_for_the_heartbeat, "sent under epoch"),
    ],
)
def test_a_planted_fault_is_found(plant: Plant, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in range(SEEDS):
        outcome = simulate(seed)
        if any(told in wrong for wrong in outcome.wrong):
            return
    raise AssertionError(f"{SEEDS} seeds, and nothing of it")


def test_a_failing_seed_is_cut_down_to_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    window_ignored(monkeypatch)
    failing = shortest(3)
    assert failing.wrong
    assert failing.fired == {}  # it needs no fault at all
    assert "a1 starts" in failing.trace[0]
