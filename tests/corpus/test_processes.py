"""Some cases in processes of their own, and on a terminal: what a person's screen is told."""

import re

import pytest

from tests.cli.conftest import in_process
from tests.cli.terminal import Terminal
from tests.corpus.case import SECRET, Case
from tests.corpus.cases import CASES
from tests.corpus.checks import OBEYED, matches
from tests.corpus.conftest import OneWorld

# What the program itself draws with on a terminal: colours, cursor, erasing.
OWN_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    "name", ["csv-open-quote", "zip-traversal", "yaml-python-tag", "db-text", "flag-wait"]
)
def test_a_process_of_its_own_says_the_same(name: str, world: OneWorld) -> None:
    case = BY_NAME[name]
    case.arrange(world)
    said = in_process(*words(case), "--json")
    [sentence] = said.stderr.decode().splitlines()
    assert (said.returncode, said.stdout) == (case.code, b"")
    assert matches(sentence.partition(": ")[2], says=case.says, names=world.names)


def test_a_terminal_shows_what_is_bad_escaped(world: OneWorld) -> None:
    BY_NAME["csv-label-escape"].arrange(world)
    assert shown("ingest", "data", "--embedder", "hashing")[0] == 0
    code, screen = shown("search", "file")
    assert (code, "file\\x1b[31m\\x1b]0;owned\\x07\\x07" in screen) == (0, True)


def test_a_terminal_is_told_of_a_bad_name_escaped(world: OneWorld) -> None:
    code, screen = shown("ingest", "d\x1b[2Jata\u202e")
    assert (code, "d\\x1b[2Jata\\u202e does not exist" in screen) == (2, True)


def words(case: Case) -> list[str]:
    return case.command.split() if isinstance(case.command, str) else list(case.command)


def shown(*arguments: str) -> tuple[int, str]:
    """Run a command on a terminal; return its exit code and what stood there, harmless."""
    with Terminal(*arguments) as terminal:
        code = terminal.ends()
        screen = OWN_SEQUENCES.sub("", terminal.shown).replace("\r", "").replace("\n", "")
    assert OBEYED.findall(screen) == []
    assert SECRET not in screen
    return code, screen
