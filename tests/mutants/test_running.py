"""Only failing tests kill a mutant; whatever else goes wrong is told apart."""

import json
from dataclasses import replace

import pytest

from tests.mutants.command import main
from tests.mutants.mutant import CodeChanged, Mutant, mutated, read_mutant
from tests.mutants.planting import plant
from tests.mutants.running import Outcome, judged, run, unfit
from tests.mutants.verdict import Verdict

FENCING = Mutant(
    name="made-up",
    harm="none",
    module="journal.fencing",
    changes=(("counting += epochs[epoch][: cuts.get(epoch)]", "counting += epochs[epoch]"),),
    killed_by={"journal/test_fencing.py": ("test_events_past_the_cut_do_not_count",)},
)
TEST = "tests/journal/test_fencing.py::test_events_past_the_cut_do_not_count"


def changed(old: str, new: str) -> Mutant:
    return replace(FENCING, changes=((old, new),))


# --- what a process says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mutant", "outcome"),
    [
        (FENCING, Outcome.KILLED),
        (changed("Pure. An epoch's", "Pure! An epoch's"), Outcome.SURVIVED),
        (changed("counting += epochs", "counting += unheard_of"), Outcome.BROKEN),
        (changed("counting += epochs", "countin += epochs"), Outcome.BROKEN),
        (changed("counting += epochs", "counting += ) epochs"), Outcome.NOT_TESTED),
        (replace(FENCING, module="ingest.pace", changes=()), Outcome.NOT_TESTED),
        (replace(FENCING, killed_by={"journal/test_fencing.py": ("test_x",)}), Outcome.NOT_TESTED),
        (changed("no such text", ""), Outcome.NOT_TESTED),
    ],
    ids=[
        "killed",
        "harmless",
        "no name",
        "no value",
        "no syntax",
        "not imported",
        "no test",
        "no text",
    ],
)
def test_a_fault_is_planted_and_what_becomes_of_it_is_told(
    mutant: Mutant, outcome: Outcome
) -> None:
    assert run(mutant).outcome is outcome


def test_a_process_that_does_not_end_is_ended() -> None:
    endless = changed("    counting: list[Recorded] = []\n", "    while True: pass\n")
    assert run(endless, limit_seconds=4).outcome is Outcome.TIMED_OUT


def test_a_fault_leaves_nothing_behind_that_a_later_process_reads() -> None:
    """Bytecode, that is: it would be as new as the source."""
    assert run(FENCING).outcome is Outcome.KILLED
    assert unfit([FENCING]) == ""


def test_without_any_mutant_the_named_tests_must_pass() -> None:
    missing = replace(FENCING, killed_by={"journal/test_fencing.py": ("test_x",)})
    assert "tests/journal/test_fencing.py::test_x" in unfit([missing])


# --- how it is judged ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict(is_planted=True, failed=[TEST]), Outcome.KILLED),
        (Verdict(is_planted=True, failed=[f"{TEST}[1]"], passed=[f"{TEST}[2]"]), Outcome.KILLED),
        (Verdict(is_planted=True, failed=[f"{TEST}_other"]), Outcome.NOT_TESTED),
        (Verdict(is_planted=True, passed=[TEST]), Outcome.SURVIVED),
        (Verdict(is_planted=True, skipped=[TEST]), Outcome.NOT_TESTED),
        (Verdict(is_planted=True, errors=[TEST]), Outcome.NOT_TESTED),
        (Verdict(is_planted=True, failed=[TEST], broken=[TEST]), Outcome.BROKEN),
        (Verdict(failed=[TEST]), Outcome.NOT_TESTED),
        (None, Outcome.TIMED_OUT),
    ],
)
def test_only_failing_tests_kill(verdict: Verdict | None, outcome: Outcome) -> None:
    assert judged(FENCING, verdict)[0] is outcome


def test_every_named_test_must_fail() -> None:
    names = ("test_events_past_the_cut_do_not_count", "test_another")
    mutant = replace(FENCING, killed_by={"journal/test_fencing.py": names})
    other = "tests/journal/test_fencing.py::test_another"
    verdict = Verdict(is_planted=True, failed=[TEST], passed=[other])
    assert judged(mutant, verdict) == (Outcome.SURVIVED, f"passed all the same: {other}")


# --- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["x = 1\n", "a = 1\na = 1\n"], ids=["gone", "twice"])
def test_a_text_that_is_not_there_once_asks_to_mend_the_mutant(source: str) -> None:
    with pytest.raises(CodeChanged, match="the code changed, mend the mutant"):
        mutated(changed("a = 1", "a = 2"), source)


def test_nothing_is_planted_in_what_is_imported_already() -> None:
    with pytest.raises(RuntimeError, match=r"tests\.mutants\.planting is imported already"):
        plant(replace(FENCING, module="tests.mutants.planting"))


def test_a_mutant_reads_back_as_it_was_written() -> None:
    assert read_mutant(FENCING.written()) == FENCING


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-fence-check", "--json", "--jobs", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["mutants"], document["killed"]) == (1, 1)
    [result] = document["results"]
    assert (result["name"], result["outcome"]) == ("no-fence-check", "killed")


def test_the_command_knows_its_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["no-such-mutant"])
    assert ended.value.code == 2
    assert "no mutant is called no-such-mutant" in capsys.readouterr().err
