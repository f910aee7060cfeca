"""The fold: given a log, when one more event comes, then this state, or `CorruptJournal`."""

import copy
import random
from datetime import timedelta

import pytest

from journal import CorruptJournal, RunState, Status, fold, fold_runs
from journal.events import (
    Checkpoint,
    Completed,
    Event,
    Interrupted,
    Recorded,
    StepCompleted,
    StepStarted,
)
from journal.state import evolve
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    NOON,
    STEPS,
    checkpoint,
    done,
    logged,
    owner,
    recorded,
    rejected,
    started,
    together,
)

SKILLS = StepStarted(step="skills")


def given(*events: Event) -> RunState:
    """Return the state after the events of epoch 1."""
    return fold(logged(1, *events))


def when(state: RunState, event: Event, *, epoch: int = 1, **place: str) -> RunState:
    """Return the state after one more event, of this epoch or a later one."""
    seq = state.seq + 1 if epoch == state.epoch else 1
    return evolve(state, recorded(epoch, seq, event, **place))


# --- what is legal -----------------------------------------------------------------------------


def test_no_event_is_not_started() -> None:
    assert fold([]) == RunState()
    assert fold([]).status is Status.NOT_STARTED
    assert fold_runs([]) == []


def test_started_begins_a_run() -> None:
    state = given(started(versions={"esco": "1.2"}, attributes={"sample": True}, trusted=True))
    assert state == RunState(
        status=Status.IN_PROGRESS,
        pipeline="esco",
        run_id="run-1",
        epoch=1,
        seq=1,
        attempt=1,
        source="esco.zip",
        fingerprint="f1",
        steps=("schema", "skills", "verify"),
        window=100,
        owner=owner(),
        versions={"esco": "1.2"},
        attributes={"sample": True},
        trusted=True,
        started_at=NOON + timedelta(hours=1, seconds=1),
        updated_at=NOON + timedelta(hours=1, seconds=1),
    )
    assert state.next_step == "schema"
    assert state.is_unfinished


def test_step_started_opens_the_next_step() -> None:
    state = when(given(started(), *done("schema")), SKILLS)
    assert (state.step, state.steps_done, state.settled) == ("skills", 1, 0)


def test_checkpoint_moves_the_resume_position() -> None:
    state = given(started(), *done("schema"), SKILLS, checkpoint("skills", 50, Skill=49))
    assert (state.settled, state.step_counts, state.counts) == (50, {"Skill": 49}, {})


def test_a_checkpoint_may_repeat_the_position() -> None:
    state = given(started(), *done("schema"), SKILLS, checkpoint("skills", 50))
    assert when(state, checkpoint("skills", 50)).settled == 50


def test_rejected_counts_by_step_and_key() -> None:
    state = given(started(), *done("schema"), SKILLS, rejected("skills", "a", "b"))
    state = when(state, rejected("skills", "b", "c"))
    assert state.rejected == {("skills", "a"), ("skills", "b"), ("skills", "c")}


def test_step_completed_adds_up_what_the_steps_did() -> None:
    first = StepCompleted(
        step="schema",
        position=1,
        of=3,
        counts={"Skill": 1},
        relations={"Skill.broader": 2},
        dangling={"Skill.broader": 3},
        digests={"Skill": "old"},
        summary={"total": 1, "kept": True},
    )
    second = StepCompleted(
        step="skills",
        position=2,
        of=3,
        counts={"Skill": 10, "Occupation": 5},
        relations={"Skill.broader": 20},
        dangling={},
        digests={"Skill": "new"},
        summary={"total": 2},
    )
    state = given(
        started(),
        StepStarted(step="schema"),
        checkpoint("schema", 7, Skill=1),
        first,
        SKILLS,
        second,
    )
    assert (state.steps_done, state.step, state.settled, state.step_counts) == (2, "", 0, {})
    assert state.counts == {"Skill": 11, "Occupation": 5}
    assert state.relations == {"Skill.broader": 22}
    assert state.dangling == {"Skill.broader": 3}
    assert state.digests == {"Skill": "new"}
    assert state.summary == {"total": 2, "kept": True}
    assert state.next_step == "verify"


def test_failed_ends_the_attempt_with_its_error() -> None:
    state = given(started(), *done("schema"), SKILLS, FAILED)
    assert (state.status, state.error) == (Status.FAILED, "StepFailed: the target refused")
    assert state.ended_at == NOON + timedelta(hours=1, seconds=5)
    assert state.is_unfinished


def test_interrupted_ends_the_attempt() -> None:
    state = given(started(), Interrupted(signal=2))
    assert (state.status, state.error) == (Status.INTERRUPTED, "")
    assert state.ended_at == NOON + timedelta(hours=1, seconds=2)


def test_completed_takes_over_its_own_totals_and_clears_the_suspects() -> None:
    last = Completed(
        totals={"Skill": 9},
        relations={"Skill.broader": 8},
        dangling={"Skill.broader": 1},
        digests={"Skill": "d"},
        summary={"total_skills": 9},
    )
    state = given(started(), *done("schema"), *done("skills", Skill=3), *done("verify"), last)
    assert state.status is Status.COMPLETED
    assert (state.counts, state.relations, state.dangling) == (
        {"Skill": 9},
        {"Skill.broader": 8},
        {"Skill.broader": 1},
    )
    assert (state.digests, state.summary, state.suspects) == (
        {"Skill": "d"},
        {"total_skills": 9},
        (),
    )
    assert state.ended_at == state.updated_at == NOON + timedelta(hours=1, seconds=8)
    assert not state.is_unfinished
    assert state.next_step == ""


@pytest.mark.parametrize("ending", [FAILED, INTERRUPTED, None], ids=["failed", "stopped", "killed"])
def test_the_next_attempt_goes_on_where_the_last_one_was(ending: Event | None) -> None:
    first: list[Event] = [
        started(),
        *done("schema", Thing=1),
        SKILLS,
        rejected("skills", "a"),
        checkpoint("skills", 50, Skill=49),
    ]
    first += [ending] if ending else []
    again = started(2, owner=owner("beta"), window=7, versions={"late": "1"}, cuts={1: len(first)})
    state = fold(together(logged(1, *first), logged(2, again)))
    assert (state.status, state.attempt, state.epoch, state.seq) == (Status.IN_PROGRESS, 2, 2, 1)
    assert (state.step, state.settled, state.step_counts) == ("", 50, {"Skill": 49})
    assert state.next_step == "skills"
    assert state.rejected == {("skills", "a")}
    assert (state.window, state.owner) == (7, owner("beta"))
    assert (state.error, state.ended_at) == ("", None)
    assert state.started_at == NOON + timedelta(hours=1, seconds=1)  # the run's, not the attempt's
    assert when(state, SKILLS, epoch=2).settled == 50


def test_a_new_run_supersedes_an_unfinished_one() -> None:
    log = together(
        logged(1, started(), *done("schema")),
        logged(2, started(cuts={1: 3}, fingerprint="f2"), run_id="run-2"),
    )
    old, new = fold_runs(log)
    assert (old.run_id, old.status, old.error) == (
        "run-1",
        Status.FAILED,
        "superseded by run run-2",
    )
    assert old.ended_at == NOON + timedelta(hours=2, seconds=1)
    assert old.steps_done == 1
    assert (new.run_id, new.status, new.steps_done) == ("run-2", Status.IN_PROGRESS, 0)
    assert fold(log) == new


def test_a_superseded_run_that_had_failed_keeps_the_time_of_its_end() -> None:
    old, _ = fold_runs(
        together(logged(1, started(), FAILED), logged(2, started(cuts={1: 2}), run_id="run-2"))
    )
    assert old.error == "superseded by run run-2"
    assert old.ended_at == NOON + timedelta(hours=1, seconds=2)


def test_a_new_run_does_not_supersede_a_completed_one() -> None:
    whole: list[Event] = [started(), *done("schema"), *done("skills"), *done("verify"), COMPLETED]
    old, new = fold_runs(
        together(logged(1, *whole), logged(2, started(cuts={1: 8}), run_id="run-2"))
    )
    assert (old.status, old.error) == (Status.COMPLETED, "")
    assert new.status is Status.IN_PROGRESS


# --- what is not -------------------------------------------------------------------------------

IN_STEP: tuple[Event, ...] = (started(), *done("schema"), SKILLS, checkpoint("skills", 50))
BETWEEN: tuple[Event, ...] = (started(), *done("schema"))
ALL_DONE: tuple[Event, ...] = (started(), *done("schema"), *done("skills"), *done("verify"))

ILLEGAL: dict[str, tuple[tuple[Event, ...], Event]] = {
    "a second started in the epoch": (BETWEEN, started(2)),
    "a step started twice": (IN_STEP, SKILLS),
    "a completed step again": (BETWEEN, StepStarted(step="schema")),
    "a step out of order": (BETWEEN, StepStarted(step="verify")),
    "an unknown step": (BETWEEN, StepStarted(step="nonsense")),
    "a step after the last": (ALL_DONE, StepStarted(step="verify")),
    "a step without a name": (ALL_DONE, StepStarted(step="")),
    "a checkpoint between steps": (BETWEEN, checkpoint("skills", 1)),
    "a checkpoint without a step's name": (BETWEEN, checkpoint("", 1)),
    "a checkpoint of another step": (IN_STEP, checkpoint("schema", 60)),
    "a checkpoint that goes back": (IN_STEP, checkpoint("skills", 49)),
    "a rejection between steps": (BETWEEN, rejected("skills", "a")),
    "a rejection of another step": (IN_STEP, rejected("verify", "a")),
    "a step completed that was not started": (BETWEEN, done("skills")[1]),
    "another step completed": (IN_STEP, done("verify")[1]),
    "a wrong position": (IN_STEP, StepCompleted(step="skills", position=3, of=3)),
    "a wrong number of steps": (IN_STEP, StepCompleted(step="skills", position=2, of=4)),
    "completed before any step": ((started(),), COMPLETED),
    "completed with steps left": (BETWEEN, COMPLETED),
    "completed inside a step": (IN_STEP, COMPLETED),
    "completed inside the last step": ((*ALL_DONE[:-1],), COMPLETED),
    "failed twice": ((*BETWEEN, FAILED), FAILED),
    "a step after failed": ((*BETWEEN, FAILED), SKILLS),
    "a checkpoint after interrupted": ((*IN_STEP, INTERRUPTED), checkpoint("skills", 60)),
    "interrupted after failed": ((*BETWEEN, FAILED), INTERRUPTED),
    "completed after failed": ((*ALL_DONE, FAILED), COMPLETED),
    "failed after completed": ((*ALL_DONE, COMPLETED), FAILED),
    "completed twice": ((*ALL_DONE, COMPLETED), COMPLETED),
}


@pytest.mark.parametrize(("before", "event"), ILLEGAL.values(), ids=ILLEGAL.keys())
def test_an_impossible_event_is_corrupt_and_changes_nothing(
    before: tuple[Event, ...], event: Event
) -> None:
    state = given(*before)
    kept = copy.deepcopy(state)
    with pytest.raises(CorruptJournal, match="esco/1:"):
        when(state, event)
    assert state == kept


@pytest.mark.parametrize(
    "event",
    [*IN_STEP[1:], COMPLETED, FAILED, INTERRUPTED, rejected("skills", "a"), started(2), started(0)],
    ids=lambda event: type(event).__name__,
)
def test_nothing_but_a_first_attempt_begins_a_log(event: Event) -> None:
    with pytest.raises(CorruptJournal):
        fold(logged(1, event))


NEXT = recorded(2, 1, started(2))
BAD_ATTEMPTS = {
    "an attempt left out": recorded(2, 1, started(3)),
    "the same attempt again": recorded(2, 1, started(1)),
    "another fingerprint": recorded(2, 1, started(2, fingerprint="f2")),
    "other steps": recorded(2, 1, started(2, steps=STEPS[:2])),
    "another run": recorded(2, 1, started(2), run_id="run-2"),
    "a later place in its epoch": recorded(2, 2, started(2)),
    "the same epoch": recorded(1, 4, started(2)),
    "an older epoch": recorded(0, 1, started(2)),
}


@pytest.mark.parametrize("bad", BAD_ATTEMPTS.values(), ids=BAD_ATTEMPTS.keys())
def test_an_impossible_next_attempt_is_corrupt(bad: Recorded) -> None:
    state = given(*BETWEEN)
    with pytest.raises(CorruptJournal):
        evolve(state, bad)
    assert evolve(state, NEXT).attempt == 2


def test_a_completed_run_is_never_resumed() -> None:
    with pytest.raises(CorruptJournal, match="Started can not follow completed"):
        evolve(given(*ALL_DONE, COMPLETED), NEXT)


@pytest.mark.parametrize(
    "stray",
    [
        recorded(1, 4, SKILLS, run_id="run-2"),
        recorded(2, 4, SKILLS),
        recorded(1, 5, SKILLS),
        recorded(1, 3, SKILLS),
    ],
    ids=["another run", "another epoch", "a gap", "a place again"],
)
def test_an_event_that_is_not_the_attempts_next_is_corrupt(stray: Recorded) -> None:
    with pytest.raises(CorruptJournal, match="expected run run-1 at 1:4"):
        evolve(given(*BETWEEN), stray)


def test_the_message_names_the_place_and_what_was_expected() -> None:
    with pytest.raises(CorruptJournal) as caught:
        when(given(*BETWEEN), COMPLETED)
    assert str(caught.value) == (
        "event esco/1:4: Completed can not follow in_progress at 1:3 (step skills, 1 of 3 done);"
        " restore the journal, or erase it with `varity-journal reset --journal` and load again"
    )


# --- order and repetition ----------------------------------------------------------------------

LONG = together(
    logged(1, *IN_STEP, rejected("skills", "a"), rejected("skills", "b")),  # killed
    logged(3, started(2, cuts={1: 6, 2: 0}), SKILLS, INTERRUPTED),
    logged(2, started(2), SKILLS, checkpoint("skills", 90)),  # too late: fenced
    logged(4, started(3, cuts={3: 3}), SKILLS, *done("skills")[1:], *done("verify"), COMPLETED),
    logged(5, started(fingerprint="f2", cuts={4: 6}), FAILED, run_id="run-2"),
)


def test_the_long_log_says_what_a_person_reads_in_it() -> None:
    first, second = fold_runs(LONG)
    assert (first.status, first.attempt, first.epoch, first.steps_done) == (
        Status.COMPLETED,
        3,
        4,
        3,
    )
    assert first.rejected == {("skills", "a")}  # "b" came after epoch 3 had looked
    assert (second.run_id, second.status) == ("run-2", Status.FAILED)


@pytest.mark.parametrize("seed", range(20))
def test_any_order_and_any_repetition_fold_to_the_same(seed: int) -> None:
    chance = random.Random(seed)
    shuffled = [*LONG, *chance.choices(LONG, k=chance.randrange(len(LONG)))]
    chance.shuffle(shuffled)
    assert fold_runs(shuffled) == fold_runs(LONG)
    assert fold_runs(iter(shuffled)) == fold_runs(LONG)
    assert fold(shuffled) == fold(LONG)


def test_the_clock_decides_no_order() -> None:
    backwards = [
        Recorded(
            pipeline=event.pipeline,
            run_id=event.run_id,
            epoch=event.epoch,
            seq=event.seq,
            at=NOON - timedelta(days=place),
            event=event.event,
        )
        for place, event in enumerate(LONG)
    ]
    by_clock = sorted(backwards, key=lambda event: event.at)
    assert [run.status for run in fold_runs(by_clock)] == [Status.COMPLETED, Status.FAILED]


def test_other_content_at_a_position_is_corrupt() -> None:
    with pytest.raises(CorruptJournal, match="esco/1:2 exists with two different contents"):
        fold([*logged(1, started(), StepStarted(step="schema")), recorded(1, 2, FAILED)])


@pytest.mark.parametrize("missing", range(1, 6))
def test_a_gap_in_an_epoch_is_corrupt(missing: int) -> None:
    log = logged(1, *IN_STEP, FAILED)
    with pytest.raises(CorruptJournal, match=f"expected seq {missing}, found {missing + 1}"):
        fold(log[: missing - 1] + log[missing:])


def test_events_of_two_pipelines_are_no_log() -> None:
    with pytest.raises(CorruptJournal):
        fold([*logged(1, started()), *logged(2, started(2), pipeline="other")])
    with pytest.raises(CorruptJournal):
        evolve(given(started()), recorded(1, 2, StepStarted(step="schema"), pipeline="other"))


def test_checkpoint_of_zero_records_is_a_position() -> None:
    state = given(started(), *done("schema"), SKILLS, Checkpoint(step="skills", settled=0))
    assert state.settled == 0
