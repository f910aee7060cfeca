"""How commands end: exit codes, sentences, what is on stdout and what is not.

The loads themselves are tested elsewhere; here `ingest` ends as each test says.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ingest import wiring
from ingest.cli.exits import exit_code
from ingest.decision import Mode
from ingest.records import InputError
from ingest.report import ClassReport, ValidationReport
from ingest.settings import Settings
from ingest.wiring import IngestOptions, IngestResult
from journal.errors import (
    CorruptJournal,
    JournalError,
    LeaseExpired,
    LeaseHeld,
    LeaseLost,
    PlanChanged,
    StepFailed,
    Stopped,
    StoreRefused,
    StoreUnavailable,
    UnsupportedEvent,
)
from journal.state import fold
from tests.cli.builders import WHOLE_RUN, history
from tests.cli.conftest import CANARY, Fill, Varity

COMPLETED = fold(history(*WHOLE_RUN))  # one record of it is rejected

Ends = Callable[..., list[tuple[Settings, IngestOptions]]]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Let `ingest` return or raise what the test says, and note how it was called."""

    def with_end(end: IngestResult | Exception) -> list[tuple[Settings, IngestOptions]]:
        calls: list[tuple[Settings, IngestOptions]] = []

        async def ingest(settings: Settings, options: IngestOptions, **_: Any) -> IngestResult:
            calls.append((settings, options))
            if isinstance(end, Exception):
                raise end
            return end

        monkeypatch.setattr(wiring, "ingest", ingest)
        return calls

    return with_end


def result(outcome: str, message: str = "", **plan: int) -> IngestResult:
    return IngestResult(
        outcome=outcome,
        state=COMPLETED,
        message=message,
        plan=plan or None,
        store_url="sqlite:///varity.db",
        embedder="hashing",
        source="esco.zip",
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CorruptJournal("x"), 1),
        (UnsupportedEvent("x"), 1),
        (StepFailed("x"), 1),
        (InputError("x"), 2),
        (PlanChanged("x"), 2),
        (StoreRefused("x"), 2),
        (StoreUnavailable("x"), 69),
        (LeaseHeld("x"), 75),
        (LeaseLost("x"), 75),
        (LeaseExpired("x"), 75),
        (Stopped(2), 130),
        (Stopped(15), 143),
        (JournalError("x"), 1),
    ],
)
def test_every_remedy_has_its_exit_code(error: JournalError, code: int, ends: Ends,
                                        varity: Varity) -> None:  # fmt: skip
    ends(error)
    said = varity("ingest", "--json")
    assert (said.code, said.out, said.err) == (code, "", f"varity-journal: {error}\n")
    assert exit_code(error) == code


def test_an_error_out_of_nested_task_groups_is_still_one_sentence(
    ends: Ends, varity: Varity
) -> None:
    inner = ExceptionGroup("inner", [StoreUnavailable("no answer")])
    ends(ExceptionGroup("outer", [inner]))
    said = varity("ingest")
    assert (said.code, said.err) == (69, "varity-journal: no answer\n")


def test_an_error_that_nobody_foresaw_keeps_its_traceback(ends: Ends, varity: Varity) -> None:
    ends(RuntimeError("a bug"))
    with pytest.raises(BaseExceptionGroup) as bug:
        varity("ingest")
    assert bug.group_contains(RuntimeError, match="a bug")


def test_control_characters_in_a_sentence_are_escaped(ends: Ends, varity: Varity) -> None:
    ends(InputError("file \x1b[31m.csv"))
    assert varity("ingest").err == "varity-journal: file \\x1b[31m.csv\n"


@pytest.mark.parametrize(
    ("outcome", "allowed", "code"),
    [
        ("ran", 0, 3),
        ("ran", 1, 0),
        ("resumed", 0, 3),
        ("already_completed", 0, 0),
        ("skipped_other_input", 0, 0),
        ("skipped_existing_data", 0, 0),
        ("waited", 0, 0),
    ],
)
def test_more_rejected_than_allowed_exits_3_after_a_load_only(
    outcome: str, allowed: int, code: int, ends: Ends, varity: Varity
) -> None:
    ends(result(outcome))
    said = varity("ingest", "--json", "--max-rejected", str(allowed))
    assert (said.code, said.document["outcome"]) == (code, outcome)
    assert ("1 record rejected, 0 allowed" in said.err) == (code == 3)


def test_a_skip_tells_on_stderr_how_to_override_it(ends: Ends, varity: Varity) -> None:
    ends(result("skipped_other_input", "skipped: to replace it: --force-reingest"))
    said = varity("ingest", "--json")
    assert said.err == "varity-journal: skipped: to replace it: --force-reingest\n"


def test_a_dry_run_shows_its_plan(ends: Ends, varity: Varity) -> None:
    ends(result("dry_run", Skill=13_939))
    assert varity("ingest", "--dry-run", "--json").document["plan"] == {"Skill": 13_939}
    assert varity("ingest", "--dry-run").out == "Would load   Count\nSkill       13,939\n"


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        ((), Mode.AUTO),
        (("--resume",), Mode.RESUME),
        (("--restart",), Mode.RESTART),
        (("--force-reingest",), Mode.FORCE),
        (("--restart", "--force-reingest"), Mode.FORCE),
    ],
)
def test_flags_choose_the_mode(
    flags: tuple[str, ...], mode: Mode, ends: Ends, varity: Varity
) -> None:
    calls = ends(result("ran"))
    varity("ingest", *flags)
    assert [options.mode for _, options in calls] == [mode]


@pytest.mark.parametrize("other", ["--restart", "--force-reingest"])
def test_resume_and_a_new_run_exclude_each_other(other: str, ends: Ends, varity: Varity) -> None:
    calls = ends(result("ran"))
    assert varity("ingest", "--resume", other).code == 2
    assert calls == []


def test_options_reach_the_load(ends: Ends, varity: Varity) -> None:
    calls = ends(result("ran"))
    varity(
        *("ingest", "esco.zip", "--store", "sqlite:///x.db", "--embedder", "hashing"),
        *("--wait", "3", "--max-rejected", "9", "--language", "de", "--prefix", "Test"),
    )
    assert calls == [
        (
            Settings(
                store="sqlite:///x.db",
                embedder="hashing",
                data="esco.zip",
                language="de",
                prefix="Test",
                wait_seconds=3.0,
                max_rejected=9,
                api_key=CANARY,
            ),
            IngestOptions(
                data="esco.zip",
                mode=Mode.AUTO,
                wait_seconds=3.0,
                max_rejected=9,
                dry_run=False,
                interactive=False,  # stdin is no terminal here
            ),
        )
    ]


def test_a_profile_of_the_file_that_the_environment_names_is_used(
    ends: Ends, varity: Varity, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "v.yaml").write_text("profiles: {big: {max_rejected: 10}}")
    monkeypatch.setenv("VARITY_CONFIG", "v.yaml")
    calls = ends(result("ran"))
    varity("ingest", "--profile", "big")
    assert [settings.max_rejected for settings, _ in calls] == [10]


def test_a_profile_without_a_file_is_refused(varity: Varity) -> None:
    assert varity("status", "--profile", "big").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "--no-such-option"),
        ("no-such-command",),
        ("search",),
        ("search", "x", "--limit", "0"),
    ],
)
def test_wrong_usage_exits_2_with_nothing_on_stdout(
    arguments: tuple[str, ...], varity: Varity
) -> None:
    said = varity(*arguments)
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(("missing", "code"), [(0, 0), (1, 4)])
def test_validate_exits_4_on_differences(
    missing: int, code: int, varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str | None, bool]] = []

    async def validate(
        settings: Settings, data: str | None, deep: bool, *, looked: object
    ) -> ValidationReport:
        calls.append((data, deep))
        skill = ClassReport(expected=4, found=4 - missing, missing=missing)
        return ValidationReport(ingestion_status="completed", classes={"Skill": skill})

    monkeypatch.setattr(wiring, "validate", validate)
    said = varity("validate", "esco.zip", "--deep", "--json")
    assert (said.code, said.document["valid"]) == (code, code == 0)
    assert calls == [("esco.zip", True)]


def test_json_holds_no_control_character(varity: Varity, monkeypatch: pytest.MonkeyPatch) -> None:
    async def search(settings: Settings, query: str, class_name: str, limit: int) -> list[Any]:
        return []

    monkeypatch.setattr(wiring, "search", search)
    query = "a\x1b[31m\x7f\x9b\ude00"
    said = varity("search", query, "--json")
    assert said.document["query"] == "a\x1b[31m\x7f\x9b?"
    assert said.out == '{"query":"a\\u001b[31m\\u007f\\u009b?","results":[]}\n'


# --- reset and sample ---------------------------------------------------------------------------


def test_reset_without_anybody_to_ask_needs_yes(varity: Varity, fill: Fill) -> None:
    fill(history(*WHOLE_RUN))
    said = varity("reset", "--journal")
    assert (said.code, said.out) == (2, "")
    assert "add --yes" in said.err
    assert varity("status", "--json").document["status"] == "completed"


def test_reset_with_the_journal_leaves_nothing(varity: Varity, fill: Fill) -> None:
    fill(history(*WHOLE_RUN))
    said = varity("reset", "--journal", "--yes", "--json")
    assert said.code == 0
    assert "events" in said.document["dropped"]
    assert varity("status", "--json").document["status"] == "not_started"
    assert varity("history", "--json").document == []


def test_sample_writes_what_ingest_can_load(varity: Varity, tmp_path: Any) -> None:
    assert varity("sample", "s.zip", "--concepts", "300").code == 0
    assert (tmp_path / "s.zip").stat().st_size > 10_000
    too_few = varity("sample", "t.zip", "--concepts", "10")
    assert (too_few.code, too_few.out) == (2, "")
    assert not (tmp_path / "t.zip").exists()


def test_the_version_is_shown(varity: Varity) -> None:
    assert varity("--version").out == "varity-journal 0.1.0\n"
