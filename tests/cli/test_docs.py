"""docs/cli.md against the program: options, variables, exit codes, keys."""

import re
import shlex
from pathlib import Path

import pytest

from ingest.cli import app, exits
from ingest.report import (
    ClassReport,
    RelationReport,
    StatusReport,
    ValidationReport,
    ingest_document,
    run_document,
    search_document,
    validation_document,
)
from ingest.settings import (
    API_KEY_FILE_VARIABLE,
    API_KEY_VARIABLE,
    CONFIG_VARIABLE,
    PROFILE_VARIABLE,
    SOURCES,
)
from ingest.target import Hit
from journal.state import RunState

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = {
    title.strip(): body
    for title, _, body in (part.partition("\n") for part in re.split(r"^## ", PAGE, flags=re.M)[1:])
}
COMMANDS = app.commands
NAMES = sorted(COMMANDS)


def options_of(name: str) -> set[str]:
    return {
        option
        for parameter in COMMANDS[name].params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }


def test_every_command_has_its_section() -> None:
    others = {"Settings", "Exit codes", "Other options"}
    assert set(SECTIONS) - others == set(COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_section_lists_exactly_the_options_of_its_command(name: str) -> None:
    documented = set(re.findall(r"^\| `(--[a-z-]+)` \|", SECTIONS[name], flags=re.M))
    assert documented == options_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_help_has_an_example_that_the_command_line_takes(name: str) -> None:
    examples = re.findall(r"^ *varity-journal (.+)$", COMMANDS[name].help or "", flags=re.M)
    assert examples
    for example in examples:
        words = shlex.split(example.partition(" > ")[0])
        assert words[0] == name
        COMMANDS[name].make_context(name, words[1:])  # raises on an option that is not there


@pytest.mark.parametrize("name", NAMES)
def test_every_option_and_argument_is_explained(name: str) -> None:
    unexplained = [parameter.name for parameter in COMMANDS[name].params if not parameter.help]
    assert unexplained == []


def test_no_option_takes_a_secret() -> None:
    secret = re.compile("key|token|password|secret")
    assert [option for name in NAMES for option in options_of(name) if secret.search(option)] == []


def test_the_settings_table_has_every_variable_and_key() -> None:
    settings = SECTIONS["Settings"]
    variables = {variable for source in SOURCES for variable in source.variables}
    variables |= {API_KEY_VARIABLE, API_KEY_FILE_VARIABLE, CONFIG_VARIABLE, PROFILE_VARIABLE}
    documented = set(re.findall(r"`((?:VARITY|WEAVIATE)_[A-Z0-9_]+)`", settings))
    assert documented == variables
    for source in SOURCES:
        assert f"| `{source.key}` |" in settings


def test_the_exit_codes_are_those_of_the_table() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", SECTIONS["Exit codes"], re.M)}
    assert documented == {
        exits.OK,
        exits.FAILED,
        exits.UNUSABLE,
        exits.TOO_MANY_REJECTED,
        exits.DIFFERENT,
        exits.UNREACHABLE,
        exits.NOT_OURS,
        exits.READER_GONE,
        130,
        143,
    }


@pytest.mark.parametrize(
    ("section", "document"),
    [
        (
            "status",
            ingest_document(
                StatusReport(pipeline="esco", store="s", embedder="e"), outcome="ran", plan={}
            ),
        ),
        ("history", run_document(RunState(), is_held=None)),
        (
            "validate",
            validation_document(
                ValidationReport(
                    ingestion_status="completed",
                    classes={"Skill": ClassReport(expected=0, found=0)},
                    relations={"Skill.x": RelationReport(expected=0, found=0)},
                )
            ),
        ),
        (
            "search",
            search_document("q", [Hit(class_name="Skill", uri="u", label="l", score=1.0)]),
        ),
    ],
)
def test_every_key_is_documented(section: str, document: dict[str, object]) -> None:
    text = SECTIONS[section] + SECTIONS["ingest"]
    assert [key for key in document if f"`{key}`" not in text] == []
