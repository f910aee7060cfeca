"""The fold moves one state in place; `evolve` makes a new one of each event. They agree.

On random logs: runs and attempts of every length, every event, endings of every kind and none,
zombies past a cut, epochs that stayed empty, repetitions, any order; and on the same logs broken.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from journal import CorruptJournal, RunState, Status, fold, fold_runs
from journal.events import Checkpoint, Event, Recorded, Started, StepCompleted, StepStarted
from journal.fencing import effective
from journal.state import begins_run, evolve
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    STEPS,
    checkpoint,
    logged,
    owner,
    recorded,
    rejected,
    started,
)

SEEDS = range(60)


def one_by_one(events: Sequence[Recorded]) -> list[RunState]:
    """Return what `fold_runs` must: each state made of the one before by `evolve`."""
    runs: list[RunState] = []
    for event in effective(events):
        if begins_run(event):
            if runs and runs[-1].status is not Status.COMPLETED:
                runs[-1] = replace(
                    runs[-1],
                    status=Status.FAILED,
                    error=f"superseded by run {event.run_id}",
                    ended_at=runs[-1].ended_at or event.at,
                )
            runs.append(evolve(RunState(), event))
        else:
            runs = [*runs[:-1], evolve(runs[-1] if runs else RunState(), event)]
    return runs


def random_log(dice: random.Random) -> list[Recorded]:
    """Return what processes may leave behind, in the order in which they wrote it."""
    log: list[Recorded] = []
    state = RunState()
    last: dict[int, int] = {}  # the epochs that nobody has cut yet, with their last seq
    zombies: list[Recorded] = []
    epoch = number = 0
    for _ in range(dice.randint(1, 7)):
        for _ in range(dice.choice((1, 1, 1, 2, 4))):
            epoch += 1
            last[epoch] = 0
        is_resume = state.is_unfinished and dice.random() < 0.6
        number += not is_resume
        first = started(
            state.attempt + 1 if is_resume else 1,
            owner=owner(f"owner-{epoch}"),
            window=dice.randint(1, 100),
            cuts={older: seq for older, seq in last.items() if older < epoch},
            trusted=dice.random() < 0.5,
        )
        written = [first, *random_attempt(dice, state if is_resume else RunState())]
        run_id = f"run-{number}"
        seen = dice.randint(1, len(written))  # what the next owner will have read
        events = logged(epoch, *written[:seen], run_id=run_id)
        zombies += logged(epoch, *written, run_id=run_id)[seen:]
        log += events
        state = one_by_one(log)[-1]
        last = {epoch: seen}
    fenced = [event for event in zombies if event.epoch < epoch]
    return log + fenced[: dice.randint(0, len(fenced))] if is_dense(log, fenced) else log


def is_dense(log: Sequence[Recorded], fenced: Sequence[Recorded]) -> bool:
    """Whether the fenced events are those of one epoch, so that any part of them has no gap."""
    return len({event.epoch for event in fenced}) == 1


def random_attempt(dice: random.Random, state: RunState) -> list[Event]:
    """Return the events after `started`: some steps, cut short or brought to an end."""
    events: list[Event] = []
    steps_done = state.steps_done
    for index in range(steps_done, dice.randint(steps_done, len(STEPS))):
        step, settled = STEPS[index], state.settled if index == steps_done else 0
        events.append(StepStarted(step=step))
        for _ in range(dice.randint(0, 6)):
            settled += dice.randint(0, 50)
            if dice.random() < 0.3:
                events.append(rejected(step, *dice.sample("abcdef", dice.randint(0, 3))))
            events.append(checkpoint(step, settled, Skill=settled, Thing=dice.randint(0, 9)))
        events.append(
            StepCompleted(
                step=step,
                position=index + 1,
                of=len(STEPS),
                counts={"Skill": settled, step: 1},
                relations={"Skill.broader": dice.randint(0, 9)},
                dangling={"Skill.broader": dice.randint(0, 9)},
                digests={"Skill": str(settled)},
                summary={"extra": dice.randint(0, 9)},
            )
        )
    is_whole = bool(events) and steps_done + sum(
        isinstance(event, StepCompleted) for event in events
    ) == len(STEPS)
    if is_whole and dice.random() < 0.7:
        return [*events, COMPLETED]
    cut = events[: dice.randint(0, len(events))]
    return cut + dice.choice(([], [FAILED], [INTERRUPTED]))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fold_says_what_evolve_says_event_by_event(seed: int) -> None:
    dice = random.Random(seed)
    log = random_log(dice)
    expected = one_by_one(log)
    scattered = [*log, *dice.sample(log, dice.randint(0, len(log)))]
    dice.shuffle(scattered)
    before = copy.deepcopy(scattered)
    assert fold_runs(scattered) == expected
    assert fold(scattered) == expected[-1]
    assert scattered == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broken_log_is_corrupt_to_both_or_the_same_to_both(seed: int) -> None:
    dice = random.Random(1_000 + seed)
    log = random_log(dice)
    at = dice.randrange(len(log))
    match dice.randrange(4):
        case 0:
            del log[at]
        case 1:
            log[at] = replace(log[at], run_id="run-of-nobody")
        case 2:
            log[at] = replace(log[at], event=dice.choice(log).event)
        case _:
            log.append(recorded(log[at].epoch, log[at].seq + 1, dice.choice(log).event))
    assert outcome(fold_runs, log) == outcome(one_by_one, log)


def outcome(folded: object, log: Sequence[Recorded]) -> object:
    """Return the runs, or the sentence with which the log was refused."""
    assert callable(folded)
    try:
        return folded(log)
    except CorruptJournal as error:
        return str(error)


def test_the_random_logs_hold_everything_that_can_be_in_one() -> None:
    logs = [random_log(random.Random(seed)) for seed in SEEDS]
    kinds = {type(event.event).__name__ for log in logs for event in log}
    statuses = {state.status for log in logs for state in fold_runs(log)}
    assert kinds == {
        "Started",
        "StepStarted",
        "Checkpoint",
        "Rejected",
        "StepCompleted",
        "Failed",
        "Interrupted",
        "Completed",
    }
    assert statuses == set(Status) - {Status.NOT_STARTED}
    assert any(len(effective(log)) < len(log) for log in logs)  # fenced events
    attempts = {
        event.event.attempt for log in logs for event in log if isinstance(event.event, Started)
    }
    assert {1, 2, 3} <= attempts
    assert any(len(fold_runs(log)) > 2 for log in logs)


def test_two_folds_of_one_log_share_nothing_that_moves() -> None:
    log = logged(1, started(), StepStarted(step="schema"), checkpoint("schema", 5, Skill=5))
    early = fold(log)
    later = fold([*log, recorded(1, 4, Checkpoint(step="schema", settled=9))])
    assert (early.settled, early.seq, later.settled, later.seq) == (5, 3, 9, 4)


def test_evolve_leaves_the_state_alone_that_it_was_given() -> None:
    state = fold(logged(1, started(), StepStarted(step="schema"), checkpoint("schema", 5, Skill=5)))
    before = copy.deepcopy(state)
    after = evolve(state, recorded(1, 4, Checkpoint(step="schema", settled=9)))
    assert (state, after.settled) == (before, 9)
