"""What must be written twice: the windows past the last checkpoints of unfinished attempts."""

from dataclasses import replace

import pytest

from journal import UNSETTLED, RunState, fold
from journal.events import Event, StepCompleted, StepStarted, Suspect
from journal.state import MOST_SUSPECTS, unsettled
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    checkpoint,
    done,
    logged,
    started,
    together,
)

SKILLS = StepStarted(step="skills")


def suspect(step: str, settled: int, *, window: int = 100, fingerprint: str = "f1") -> Suspect:
    """Return a suspect of a run with the builders' input."""
    return Suspect(step=step, settled=settled, window=window, fingerprint=fingerprint)


def state(*events: Event) -> RunState:
    """Return the state after the events of epoch 1."""
    return fold(logged(1, *events))


def test_nothing_is_suspect_before_the_first_run() -> None:
    assert unsettled(RunState()) == ()


@pytest.mark.parametrize(
    "ending", [(), (FAILED,), (INTERRUPTED,)], ids=["killed", "failed", "stop"]
)
def test_an_unfinished_attempt_leaves_its_window(ending: tuple[Event, ...]) -> None:
    log = (started(), *done("schema"), SKILLS, checkpoint("skills", 250), *ending)
    assert unsettled(state(*log)) == (suspect("skills", 250),)


def test_between_steps_the_next_one_is_suspect() -> None:
    assert unsettled(state(started(), *done("schema"))) == (suspect("skills", 0),)


def test_a_completed_run_leaves_nothing() -> None:
    inherited = (suspect("skills", 0), suspect("gone", 0, fingerprint="f0"))
    whole = (*done("schema"), *done("skills"), *done("verify"), COMPLETED)
    assert unsettled(state(started(suspects=inherited), *whole)) == ()


def test_a_completed_run_leaves_the_steps_in_which_it_saw_what_others_left_torn() -> None:
    seen = replace(COMPLETED, summary={UNSETTLED: "schema,skills"})
    whole = (*done("schema"), *done("skills"), *done("verify"), seen)
    assert unsettled(state(started(), *whole)) == (
        suspect("schema", 0, window=0, fingerprint=""),
        suspect("skills", 0, window=0, fingerprint=""),
    )


def test_a_run_that_only_lacks_completed_leaves_nothing_of_its_own() -> None:
    whole = (*done("schema"), *done("skills"), *done("verify"))
    assert unsettled(state(started(), *whole)) == ()


def test_a_run_that_only_lacks_completed_leaves_what_it_saw_torn() -> None:
    begun, ended = done("verify")
    assert isinstance(ended, StepCompleted)
    seen = replace(ended, summary={UNSETTLED: "skills"})
    log = (started(), *done("schema"), *done("skills"), begun, seen)
    assert unsettled(state(*log)) == (suspect("skills", 0, window=0, fingerprint=""),)


def test_windows_of_several_attempts_are_kept_until_settled() -> None:
    log = together(
        logged(1, started(window=500), *done("schema"), SKILLS, checkpoint("skills", 100)),
        logged(
            2, started(2, window=100, suspects=(suspect("skills", 100, window=500),), cuts={1: 5})
        ),
    )
    # The second attempt's window is smaller: what the first sent lies beyond it.
    assert unsettled(fold(log)) == (suspect("skills", 100, window=500), suspect("skills", 100))


def test_a_window_that_a_newer_one_covers_is_named_once() -> None:
    log = (
        started(suspects=(suspect("skills", 100),)),
        *done("schema"),
        SKILLS,
        checkpoint("skills", 150),
    )
    assert unsettled(state(*log)) == (suspect("skills", 150),)


def test_a_window_that_was_settled_by_this_run_is_dropped() -> None:
    log = (
        started(suspects=(suspect("skills", 100, window=50),)),
        *done("schema"),
        SKILLS,
        checkpoint("skills", 150),
    )
    assert unsettled(state(*log)) == (suspect("skills", 150),)
    assert unsettled(state(started(suspects=(suspect("schema", 7),)), *done("schema"))) == (
        suspect("skills", 0),
    )


def test_what_a_completed_run_saw_torn_stays_while_no_other_completes() -> None:
    seen = suspect("skills", 0, window=0, fingerprint="")
    begun = started(suspects=(seen,))
    assert unsettled(state(begun, *done("schema"), *done("skills"))) == (
        seen,
        suspect("verify", 0),
    )


@pytest.mark.parametrize(("others", "named"), [(MOST_SUSPECTS, MOST_SUSPECTS), (1000, 2)])
def test_doubts_of_very_many_inputs_are_summed_up_by_step(others: int, named: int) -> None:
    of_others = tuple(
        suspect(("schema", "skills")[number % 2], 0, fingerprint=f"of {number}")
        for number in range(others)
    )
    left = unsettled(state(started(suspects=of_others)))
    assert left[-1] == suspect("schema", 0)
    assert len(left) == named + 1
    if named == 2:
        assert {(each.step, each.window, each.fingerprint) for each in left[:-1]} == {
            ("schema", 0, ""),
            ("skills", 0, ""),
        }


def test_a_window_of_the_run_itself_is_not_summed_up() -> None:
    own = suspect("skills", 100, window=500)
    many = tuple(suspect("skills", 0, fingerprint=f"of {number}") for number in range(1000))
    assert own in unsettled(state(started(suspects=(own, *many)), *done("schema")))


def test_another_inputs_window_stays_until_a_run_completes() -> None:
    other = suspect("skills", 0, window=1, fingerprint="f0")
    log = (started(suspects=(other,)), *done("schema"), SKILLS, checkpoint("skills", 9000))
    assert unsettled(state(*log)) == (other, suspect("skills", 9000))
    begun = started(suspects=(other,))
    loaded = (*done("schema"), *done("skills"))
    assert unsettled(state(begun, *loaded)) == (other, suspect("verify", 0))
    assert unsettled(state(begun, *loaded, *done("verify"), COMPLETED)) == ()


def test_a_window_of_a_step_that_this_run_does_not_have_stays() -> None:
    other = suspect("repair", 0, fingerprint="f0")
    log = (started(suspects=(other,)), *done("schema"), *done("skills"), *done("verify"), FAILED)
    assert unsettled(state(*log)) == (other,)


def test_a_later_steps_window_of_an_older_run_stays() -> None:
    older = suspect("verify", 3, fingerprint="f0")
    assert unsettled(state(started(suspects=(older,)), *done("schema"))) == (
        older,
        suspect("skills", 0),
    )


def test_the_suspects_are_those_of_the_latest_started() -> None:
    log = together(
        logged(1, started(suspects=(suspect("skills", 5),)), FAILED),
        logged(2, started(2, suspects=(suspect("verify", 6),), cuts={1: 2})),
    )
    assert fold(log).suspects == (suspect("verify", 6),)
