"""The decision table of `ingest`, a test a row."""

import pytest

from ingest.decision import Decision, Mode, Situation, decide
from ingest.records import InputError
from journal.events import Attribute
from journal.plan import Choice
from journal.state import RunState, Status

ALL = list(Mode)
GENTLE = [Mode.AUTO, Mode.RESUME, Mode.RESTART]
UNFINISHED = [Status.IN_PROGRESS, Status.INTERRUPTED, Status.FAILED]

NOTHING = RunState()


def run(status: Status, fingerprint: str, **attributes: Attribute) -> RunState:
    return RunState(
        status=status,
        run_id="r1",
        fingerprint=fingerprint,
        source="esco.zip",
        steps=("schema", "skills"),
        steps_done=1,
        attributes={"embedder": "e1", "embedder_name": "local", **attributes},
    )


def situation(
    state: RunState,
    *,
    embedder: str = "e1",
    is_sample: bool = False,
    last_is_sample: bool = False,
    has_objects: bool = False,
) -> Situation:
    return Situation(
        state=state,
        fingerprint="ours",
        embedder=embedder,
        is_sample=is_sample,
        last_is_sample=last_is_sample,
        has_objects=has_objects,
    )


def summary(decision: Decision) -> tuple[Choice, str, bool, bool]:
    """Return choice, outcome, whether it asks, whether it drops first."""
    return decision.choice, decision.outcome, decision.asks is not None, decision.drops_first


RUNS = (Choice.BEGIN, "ran", False, False)
DROPS_AND_RUNS = (Choice.BEGIN, "ran", False, True)
RESUMES = (Choice.RESUME, "resumed", False, False)
IS_DONE = (Choice.SKIP, "already_completed", False, False)
ASKS_OTHER = (Choice.SKIP, "skipped_other_input", True, False)
ASKS_EXISTING = (Choice.SKIP, "skipped_existing_data", True, False)


@pytest.mark.parametrize("mode", GENTLE)
@pytest.mark.parametrize("status", UNFINISHED)
def test_other_input_over_a_repair_that_was_cut_short_is_as_over_its_load(
    status: Status, mode: Mode
) -> None:
    """A repair was to mend a completed load: that still stands, and is not replaced by itself."""
    assert summary(decide(situation(run(status, "other", repair=True)), mode)) == ASKS_OTHER


def test_real_data_over_the_repair_of_a_sample_drop_it() -> None:
    repaired = run(Status.INTERRUPTED, "other", repair=True)
    assert summary(decide(situation(repaired, last_is_sample=True), Mode.AUTO)) == DROPS_AND_RUNS


@pytest.mark.parametrize("mode", ALL)
def test_where_nothing_is_it_runs(mode: Mode) -> None:
    assert summary(decide(situation(NOTHING), mode)) == RUNS


@pytest.mark.parametrize("mode", GENTLE)
def test_completed_with_this_input_is_skipped(mode: Mode) -> None:
    assert summary(decide(situation(run(Status.COMPLETED, "ours")), mode)) == IS_DONE


@pytest.mark.parametrize("mode", GENTLE)
def test_completed_with_other_input_asks_else_skips(mode: Mode) -> None:
    decision = decide(situation(run(Status.COMPLETED, "other")), mode)
    assert summary(decision) == ASKS_OTHER
    assert decision.asks == "Another input is loaded already (esco.zip). Re-ingest?"
    assert "--force-reingest" in decision.message


@pytest.mark.parametrize("mode", GENTLE)
def test_a_completed_sample_never_stands_in_the_way_of_real_data(mode: Mode) -> None:
    state = run(Status.COMPLETED, "other")
    assert summary(decide(situation(state, last_is_sample=True), mode)) == DROPS_AND_RUNS


def test_a_sample_does_not_replace_another_sample_unasked() -> None:
    state = run(Status.COMPLETED, "other")
    both = situation(state, is_sample=True, last_is_sample=True)
    assert summary(decide(both, Mode.AUTO)) == ASKS_OTHER


def test_a_sample_does_not_replace_real_data_unasked() -> None:
    state = run(Status.COMPLETED, "other")
    assert summary(decide(situation(state, is_sample=True), Mode.AUTO)) == ASKS_OTHER


@pytest.mark.parametrize("status", UNFINISHED)
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RESUME])
def test_unfinished_with_this_input_is_resumed(status: Status, mode: Mode) -> None:
    assert summary(decide(situation(run(status, "ours")), mode)) == RESUMES


@pytest.mark.parametrize("status", UNFINISHED)
def test_restart_begins_anew_instead_of_resuming(status: Status) -> None:
    assert summary(decide(situation(run(status, "ours")), Mode.RESTART)) == RUNS


@pytest.mark.parametrize("status", UNFINISHED)
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RESTART])
def test_unfinished_with_other_input_begins_anew_and_says_so(status: Status, mode: Mode) -> None:
    decision = decide(situation(run(status, "other")), mode)
    assert summary(decision) == RUNS
    assert decision.message == (
        f"the input is another one: a new run replaces run r1, which is {status.value}"
    )


@pytest.mark.parametrize("status", UNFINISHED)
def test_resume_refuses_other_input(status: Status) -> None:
    with pytest.raises(InputError, match=r"run r1 was begun with another input \(esco.zip\)"):
        decide(situation(run(status, "other")), Mode.RESUME)


@pytest.mark.parametrize("status", UNFINISHED)
def test_real_data_drop_an_unfinished_sample_first(status: Status) -> None:
    both = situation(run(status, "other"), last_is_sample=True)
    assert summary(decide(both, Mode.AUTO)) == DROPS_AND_RUNS


@pytest.mark.parametrize("mode", GENTLE)
def test_objects_without_a_journal_ask_else_skip(mode: Mode) -> None:
    decision = decide(situation(NOTHING, has_objects=True), mode)
    assert summary(decision) == ASKS_EXISTING
    assert "--force-reingest" in decision.message


@pytest.mark.parametrize("fingerprint", ["ours", "other"])
@pytest.mark.parametrize("status", [Status.COMPLETED, *UNFINISHED])
def test_force_begins_a_new_run_and_never_asks(status: Status, fingerprint: str) -> None:
    assert summary(decide(situation(run(status, fingerprint)), Mode.FORCE)) == RUNS


def test_force_writes_over_objects_without_a_journal() -> None:
    assert summary(decide(situation(NOTHING, has_objects=True), Mode.FORCE)) == RUNS


@pytest.mark.parametrize("status", [Status.COMPLETED, *UNFINISHED])
@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RESTART])
def test_refuses_a_target_filled_by_another_embedder(status: Status, mode: Mode) -> None:
    with pytest.raises(InputError, match=r"embedder local; .* --force-reingest"):
        decide(situation(run(status, "other"), embedder="e2"), mode)


def test_force_drops_what_another_embedder_filled() -> None:
    state = run(Status.COMPLETED, "other")
    assert summary(decide(situation(state, embedder="e2"), Mode.FORCE)) == DROPS_AND_RUNS


def test_a_sample_of_another_embedder_is_dropped_for_real_data() -> None:
    both = situation(run(Status.COMPLETED, "other"), embedder="e2", last_is_sample=True)
    assert summary(decide(both, Mode.AUTO)) == DROPS_AND_RUNS


def test_force_drops_a_sample_before_real_data() -> None:
    both = situation(run(Status.COMPLETED, "other"), last_is_sample=True)
    assert summary(decide(both, Mode.FORCE)) == DROPS_AND_RUNS


@pytest.mark.parametrize(("steps_done", "drops_first"), [(0, True), (1, False)])
def test_a_drop_that_the_replaced_run_may_not_have_done_is_done(
    steps_done: int, drops_first: bool
) -> None:
    state = RunState(
        status=Status.FAILED,
        run_id="r1",
        fingerprint="ours",
        steps=("schema", "skills"),
        steps_done=steps_done,
        attributes={"embedder": "e1", "drops_first": True},
    )
    assert decide(situation(state), Mode.RESTART).drops_first is drops_first
