"""The question, the moving line and Ctrl-C, in a real pseudo-terminal."""

import re

import pytest

from tests.cli.conftest import Varity, in_process
from tests.cli.terminal import Terminal

QUESTION = "Re-ingest? [y/N] "


@pytest.fixture
def loaded(varity: Varity) -> None:
    """One generated input is loaded, as real data; another is at hand."""
    varity("sample", "one.zip", "--seed", "1")
    varity("sample", "two.zip", "--seed", "2")
    assert varity("ingest", "one.zip", "--embedder", "hashing").code == 0


def runs(varity: Varity) -> int:
    return len(varity("history", "--json").document)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("answer", ["\n", "n\n", "what?\n", "\x04"])
def test_anything_but_yes_leaves_what_is_loaded(answer: str, varity: Varity) -> None:
    with Terminal("ingest", "two.zip", "--embedder", "hashing") as terminal:
        terminal.sees(QUESTION)
        terminal.types(answer)
        assert terminal.ends() == 0
    assert "--force-reingest" in terminal.shown
    assert runs(varity) == 1


@pytest.mark.usefixtures("loaded")
def test_yes_loads_the_other_input(varity: Varity) -> None:
    with Terminal("ingest", "two.zip", "--embedder", "hashing") as terminal:
        terminal.sees(QUESTION)
        terminal.types("y\n")
        assert terminal.ends() == 0
    assert runs(varity) == 2
    assert varity("status", "--json").document["source"].endswith("two.zip")


@pytest.mark.usefixtures("loaded")
def test_ctrl_c_at_the_question_ends_with_130_and_writes_nothing(varity: Varity) -> None:
    with Terminal("ingest", "two.zip", "--embedder", "hashing") as terminal:
        terminal.sees(QUESTION)
        terminal.types("\x03")
        assert terminal.ends() == 130
    assert "Traceback" not in terminal.shown
    assert runs(varity) == 1


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("variable", ["DOCKER_ENV", "NON_INTERACTIVE"])
def test_nothing_is_asked_where_the_environment_says_that_nobody_is_there(variable: str) -> None:
    arguments = ("ingest", "two.zip", "--embedder", "hashing")
    with Terminal(*arguments, **{variable: "true"}) as terminal:
        assert terminal.ends() == 0
    assert QUESTION not in terminal.shown
    assert "--force-reingest" in terminal.shown


@pytest.mark.usefixtures("loaded")
def test_reset_asks_and_takes_no_for_an_answer(varity: Varity) -> None:
    with Terminal("reset", "--journal") as terminal:
        terminal.sees("Drop all objects of pipeline esco and its events")
        terminal.types("\n")
        assert terminal.ends() == 0
    assert varity("status", "--json").document["status"] == "completed"


def test_a_load_leaves_a_line_a_step_and_the_cursor_as_it_was() -> None:
    with Terminal("ingest", "--embedder", "hashing") as terminal:
        assert terminal.ends() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown)
    for step in ("schema", "isco_groups", "skills", "occupations", "verify"):
        assert f"done: {step}: step" in plain
    assert terminal.shown.rfind("\x1b[?25h") > terminal.shown.rfind("\x1b[?25l")
    assert "Status     completed" in plain


def test_a_terminal_of_80_columns_shows_the_history_without_cutting_it(varity: Varity) -> None:
    assert in_process("ingest", "--embedder", "hashing").returncode == 0
    with Terminal("history", NO_COLOR="1") as terminal:
        assert terminal.ends() == 0
    header, row = (line.rstrip() for line in terminal.shown.splitlines()[:2])
    assert "Started (UTC)" in header
    assert "Rejected" in header
    assert "…" not in row
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in (header, row)) <= 80
