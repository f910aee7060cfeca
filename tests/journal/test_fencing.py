"""Which events count: what a cut leaves out, which cuts stand, and what the next one must say."""

import pytest

from journal import CorruptJournal, Status, fold
from journal.events import Event, Recorded, StepStarted
from journal.fencing import cuts_for, effective, fenced
from tests.journal.builders import (
    COMPLETED,
    FAILED,
    checkpoint,
    done,
    logged,
    started,
    together,
)

SCHEMA = StepStarted(step="schema")


def places(events: list[Recorded]) -> list[tuple[int, int]]:
    """Return the positions."""
    return [event.position for event in events]


def test_events_past_the_cut_do_not_count() -> None:
    log = together(
        logged(1, started(), SCHEMA, checkpoint("schema", 5), FAILED),
        logged(2, started(2, cuts={1: 2})),
    )
    assert places(effective(log)) == [(1, 1), (1, 2), (2, 1)]
    assert fenced(log) == {(1, 3), (1, 4)}


def test_a_zombie_that_completes_after_the_cut_completes_nothing() -> None:
    whole: tuple[Event, ...] = (started(), *done("schema"), *done("skills"), *done("verify"))
    log = together(logged(1, *whole, COMPLETED), logged(2, started(2, cuts={1: 7})))
    assert fold(log).status is Status.IN_PROGRESS
    assert fold(log[:8]).status is Status.COMPLETED


def test_a_cut_at_the_last_event_fences_nothing() -> None:
    log = together(logged(1, started(), FAILED), logged(2, started(2, cuts={1: 2})))
    assert fenced(log) == set()


def test_a_late_started_of_an_epoch_that_looked_empty_is_fenced_and_cuts_nothing() -> None:
    log = together(
        logged(1, started(), SCHEMA, checkpoint("schema", 5)),
        logged(2, started(2, cuts={1: 1}), SCHEMA),  # arrived after epoch 3 had looked
        logged(3, started(2, cuts={1: 3, 2: 0})),
    )
    assert places(effective(log)) == [(1, 1), (1, 2), (1, 3), (3, 1)]
    assert fold(log).settled == 5
    assert fold(log).attempt == 2


def test_the_first_effective_cut_of_an_epoch_stands() -> None:
    log = together(
        logged(1, started(), SCHEMA, checkpoint("schema", 5), checkpoint("schema", 9)),
        logged(2, started(2, cuts={1: 2})),
        logged(3, started(3, cuts={1: 4, 2: 1})),  # what it says of epoch 1 came too late
    )
    assert fenced(log) == {(1, 3), (1, 4)}
    assert fold(log).settled == 0


def test_a_fenced_attempt_inside_a_chain_of_fenced_attempts_cuts_nothing() -> None:
    log = together(
        logged(1, started(), SCHEMA),
        logged(2, started(2, cuts={1: 1})),  # fenced by 4
        logged(3, started(2, cuts={1: 0, 2: 0})),  # fenced by 4
        logged(4, started(2, cuts={1: 2, 2: 0, 3: 0})),
    )
    assert places(effective(log)) == [(1, 1), (1, 2), (4, 1)]


def test_an_attempt_that_a_fenced_one_had_fenced_counts() -> None:
    log = together(
        logged(1, started(), SCHEMA),
        logged(2, started(2, cuts={1: 2})),
        logged(3, started(3, cuts={1: 2, 2: 0})),  # did not see epoch 2, and is itself fenced
        logged(4, started(3, cuts={2: 1, 3: 0})),
    )
    assert places(effective(log)) == [(1, 1), (1, 2), (2, 1), (4, 1)]
    assert fold(log).attempt == 3


def test_the_newest_epochs_alone_are_enough() -> None:
    log = together(logged(7, started(2, cuts={5: 3, 6: 0})), logged(8, started(3, cuts={7: 1})))
    assert places(effective(log)) == [(7, 1), (8, 1)]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_an_event_that_a_cut_saw_and_that_is_gone_is_corrupt(left: int) -> None:
    begun = logged(1, started())
    older = logged(2, started(2, cuts={1: 1}), SCHEMA, FAILED)[:left]
    with pytest.raises(CorruptJournal, match="epoch 2 of esco: expected 3 events"):
        effective(together(begun, older, logged(3, started(3, cuts={2: 3}))))


# --- the cuts of the next attempt --------------------------------------------------------------


def test_the_first_attempt_cuts_every_older_epoch_as_empty() -> None:
    assert cuts_for(1, []) == {}
    assert cuts_for(4, []) == {1: 0, 2: 0, 3: 0}


def test_an_attempt_cuts_the_last_effective_one_and_all_after_it() -> None:
    older = together(
        logged(1, started(), SCHEMA, FAILED), logged(2, started(2, cuts={1: 3}), SCHEMA)
    )
    assert cuts_for(3, older) == {2: 2}
    assert cuts_for(6, older) == {2: 2, 3: 0, 4: 0, 5: 0}


def test_an_attempt_cuts_the_last_effective_one_past_fenced_ones() -> None:
    older = together(
        logged(1, started(), SCHEMA),
        logged(2, started(2, cuts={1: 1})),
        logged(3, started(2, cuts={1: 2, 2: 0}), SCHEMA),
        logged(4),
    )
    assert cuts_for(5, older) == {3: 2, 4: 0}


def test_every_older_epoch_is_cut_exactly_once_by_the_cuts_of_a_whole_history() -> None:
    log: list[Recorded] = []
    for epoch, length in enumerate((3, 0, 1, 0, 0, 2), 1):
        if length:
            attempt = sum(1 for event in log if event.seq == 1) + 1
            log += logged(epoch, started(attempt, cuts=cuts_for(epoch, log)), SCHEMA, FAILED)[
                :length
            ]
    cut = [epoch for event in log if event.seq == 1 for epoch in event.event.cuts]  # type: ignore[union-attr]
    assert cut == [1, 2, 3, 4, 5]
    assert fenced(log) == set()
