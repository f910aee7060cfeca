"""Every case, end to end: exit code, the one sentence, what is recorded, what is shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said, in_process
from tests.corpus.case import LOAD, After, Case
from tests.corpus.cases import CASES
from tests.corpus.checks import check_journal, check_output, matches, sentences
from tests.corpus.conftest import OneWorld
from tests.corpus.data import folder
from tests.corpus.journal_cases import edit

JOURNAL = Path("varity.db")
COUNTS = {"ISCOGroup": 2, "SkillGroup": 2, "SkillCollection": 2, "Skill": 3, "Occupation": 2}
VIEWS = ("rejected", "history --events")  # of a load that left something out
WITHOUT_JSON = ("sample", "export")


def parameter(case: Case) -> Any:
    marks = [pytest.mark.weaviate] if case.needs_server else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_bad_input_gets_what_the_table_says(
    case: Case, world: OneWorld, request: pytest.FixtureRequest
) -> None:
    if case.needs_server:
        world.use(request.getfixturevalue("clean_weaviate"))
    case.arrange(world)
    before = world.recorded()
    said = world.run(case.command, *as_json(case))
    check_output(said, is_json=bool(as_json(case)))
    check_said(case, said, world)
    check_journal(JOURNAL)
    if case.after is After.UNTOUCHED:
        check_untouched(case, world, said, before)
    if case.after is After.RESUMABLE:
        check_resumable(case, world)
    if case.after is After.LOADED:
        check_loaded(case, world)
        for command in (*(VIEWS if case.rejects else ()), *case.shown):
            seen = world.run(command)
            check_output(seen, is_json="--json" in command)
            assert seen.code == 0


def test_a_journal_that_can_not_be_read_is_erased_as_its_sentence_says(world: OneWorld) -> None:
    folder()(world)
    assert in_process(*LOAD.split()).returncode == 0  # a process that is gone holds no lease
    edit("update Metadata set event = 'renamed' where seq = 3")
    assert world.run(LOAD).code == 1
    world.varity("reset --journal --yes")
    status = world.run(LOAD, "--json").document
    assert (status["status"], status["outcome"], status["counts"]) == ("completed", "ran", COUNTS)


def test_a_load_goes_on_after_a_missing_event_and_the_history_names_it(world: OneWorld) -> None:
    """Read by position an epoch ends at a gap, as if its owner had died there."""
    folder()(world)
    assert in_process(*LOAD.split()).returncode == 0
    edit("delete from Metadata where seq = 3")
    assert world.run("status", "--json").document["status"] == "interrupted"
    resumed = world.run(LOAD, "--json").document
    assert (resumed["status"], resumed["outcome"]) == ("completed", "resumed")
    assert resumed["counts"] == COUNTS
    world.varity("validate")
    told = world.run("history")
    assert told.code == 1
    assert "epoch 1 of esco: expected seq 3, found 4" in told.err


def as_json(case: Case) -> tuple[str, ...]:
    word = case.command.split()[0] if isinstance(case.command, str) else case.command[0]
    return () if word in WITHOUT_JSON else ("--json",)


def check_said(case: Case, said: Said, world: OneWorld) -> None:
    """The exit code, one sentence, and a document on stdout only if there is one to give."""
    found = sentences(said)
    assert (said.code, len(found)) == (case.code, bool(case.says)), said
    if case.says:
        assert matches(found[0], says=case.says, names=world.names), found[0]
    if case.reports:
        assert (said.document["sound"], said.document["error"]) == (False, case.reports)
    elif case.after is not After.LOADED:
        assert said.out == ""


def check_untouched(case: Case, world: OneWorld, said: Said, before: object) -> None:
    """Nothing was recorded, and so a second call without --json says the same."""
    assert world.recorded() == before
    again = world.run(case.command)
    check_output(again, is_json=False)
    assert (again.code, sentences(again)) == (said.code, sentences(said))


def check_resumable(case: Case, world: OneWorld) -> None:
    """The journal says that the run failed, and once the fault is mended it goes on."""
    left = world.run("status", "--json").document
    assert (left["status"], left["lease"]["held"]) == ("failed", False)
    world.mend()
    resumed = world.run(case.command, "--resume", "--json").document
    assert (resumed["status"], resumed["outcome"]) == ("completed", "resumed")
    assert (resumed["run_id"], resumed["counts"]) == (left["run_id"], COUNTS)


def check_loaded(case: Case, world: OneWorld) -> None:
    """All but the rejected rows are there, and those are listed with file and line."""
    status = world.run("status", "--json").document
    assert status["status"] == "completed"
    assert status["counts"] == {**COUNTS, **case.counts}
    assert status["dangling"] == case.dangling
    listed = world.run("rejected", "--json").document
    assert [(found["file"], found["line"], found["reason"]) for found in listed] == [
        (row.file, row.line, row.reason) for row in case.rejects
    ]
