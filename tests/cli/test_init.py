"""`init` as a container calls it: what it loads, what it prints, and its exit code."""

import json
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.embedders import Matrix
from ingest.embedders.hashing import HashingEmbedder
from ingest.settings import Settings
from ingest.wiring import StartOptions, StartResult
from journal import StepFailed, Stopped
from tests.cli.conftest import VARITY, Varity, in_process
from tests.cli.terminal import Terminal
from tests.cli.test_processes import await_line, begin
from tests.ingest.esco_builder import FILES, tiny, write_folder
from tests.loading.test_ingest_outcomes import forget_journal

SAMPLE = {"ISCOGroup": 30, "Occupation": 54, "Skill": 180, "SkillCollection": 6, "SkillGroup": 30}
TINY = {"ISCOGroup": 2, "Occupation": 2, "Skill": 3, "SkillCollection": 2, "SkillGroup": 2}
INIT = ("init", "--json")

# A store that does not answer.
WAITING = """
import anyio
from ingest.cli import main
from ingest.wiring import starting
from journal import StoreUnavailable

async def read_status(settings):
    raise StoreUnavailable("the store does not answer")

starting.read_status = read_status
main()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARITY_EMBEDDER", "hashing")


def test_loads_the_sample_once_and_skips_ever_after(varity: Varity, tmp_path: Path) -> None:
    first = varity(*INIT)
    assert (first.code, first.document["outcome"]) == (0, "ran")
    assert (first.document["status"], first.document["sample"]) == ("completed", True)
    assert first.document["counts"] == SAMPLE
    events = varity("export").out
    again = varity(*INIT)
    assert (again.code, again.document["outcome"]) == (0, "already_completed")
    assert again.document == {
        **first.document,
        "outcome": "already_completed",
        "lease": again.document["lease"],
    }
    assert varity("export").out == events


def test_has_the_keys_of_ingest(varity: Varity) -> None:
    assert list(varity(*INIT).document) == list(varity("ingest", "--json").document)


def test_data_put_there_later_replace_the_sample(varity: Varity, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert varity(*INIT, "data").document["counts"] == SAMPLE
    write_folder(tmp_path / "data" / "esco", tiny())
    real = varity(*INIT, "data")
    assert (real.code, real.document["outcome"], real.document["sample"]) == (0, "ran", False)
    assert real.document["counts"] == TINY
    assert varity("validate", "--json").document["classes"]["Skill"]["extra"] == 0
    shutil.rmtree(tmp_path / "data")
    assert varity(*INIT, "data").document["outcome"] == "already_completed"


def test_the_environment_names_the_folder(
    varity: Varity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "data" / "esco", tiny())
    monkeypatch.setenv("VARITY_DATA", "data")
    assert varity(*INIT).document["counts"] == TINY


def test_two_inputs_in_the_folder_are_refused_before_anything_is_written(
    varity: Varity, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write_folder(tmp_path / "data" / name, tiny())
    said = varity(*INIT, "data")
    assert (said.code, said.out) == (2, "")
    assert "data holds more than one input, a, b: leave the one to load" in said.err
    assert not (tmp_path / "varity.db").exists()


def test_another_input_is_not_loaded_over_a_completed_one_and_nobody_is_asked(
    varity: Varity, tmp_path: Path
) -> None:
    write_folder(tmp_path / "one", tiny())
    skills = str(FILES["skills"]).replace(",glue,", ",paste,")
    write_folder(tmp_path / "two", tiny(skills=skills))
    assert varity(*INIT, "one").code == 0
    with Terminal("init", "two", "--json") as terminal:
        assert terminal.ends() == 0
    assert '"outcome":"skipped_other_input"' in terminal.shown.replace("\r\n", "")
    assert "[y/N]" not in terminal.shown


def test_objects_without_a_journal_are_left_alone_and_no_service_starts(
    varity: Varity, tmp_path: Path
) -> None:
    assert varity(*INIT).code == 0
    forget_journal(Settings(store=f"sqlite:///{tmp_path / 'varity.db'}"))
    said = varity(*INIT)
    assert said.code == 2
    assert (said.document["outcome"], said.document["status"]) == (
        "skipped_existing_data",
        "not_started",
    )
    assert "`varity-journal ingest --force-reingest`" in said.err
    assert varity("history", "--json").document == []


def test_more_rejected_than_allowed_exits_3_at_every_start(varity: Varity, tmp_path: Path) -> None:
    skills = str(FILES["skills"]) + "KnowledgeSkillCompetence,,skill/competence,,x,,,,,,,,\n"
    write_folder(tmp_path / "data", tiny(skills=skills))
    codes = [varity(*INIT, "data").code for _ in range(2)]
    assert codes == [3, 3]
    assert varity("status", "--json").document["status"] == "completed"
    assert varity(*INIT, "data", "--max-rejected", "1").code == 0


def test_what_a_failed_load_left_is_gone_on_with(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: HashingEmbedder, texts: Sequence[str]) -> Matrix:
        raise StepFailed("the model is broken")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(HashingEmbedder, "embed", broken)
        failed = varity(*INIT)
    assert (failed.code, failed.out) == (1, "")
    assert "the model is broken" in failed.err
    assert varity("status", "--exit-code").code == 2
    again = varity(*INIT)
    assert (again.code, again.document["outcome"]) == (0, "resumed")
    assert varity("status", "--exit-code").code == 0


def test_a_signal_interrupts_it_and_the_next_start_goes_on(varity: Varity) -> None:
    varity("sample", "big.zip", "--concepts", "3000")
    load = begin(*VARITY, *INIT, "big.zip")
    await_line(load, b"done: skill_groups")
    load.send_signal(signal.SIGTERM)
    _, said = load.communicate(timeout=60)
    assert (load.returncode, b"Traceback" in said) == (143, False)
    assert varity("status", "--json").document["status"] == "interrupted"
    resumed = in_process(*INIT, "big.zip")
    assert json.loads(resumed.stdout)["outcome"] == "resumed"


def test_a_signal_ends_the_wait_for_a_store() -> None:
    wait = begin(sys.executable, "-c", WAITING, *INIT)
    await_line(wait, b"waiting: the store does not answer")
    wait.send_signal(signal.SIGTERM)
    _, said = wait.communicate(timeout=30)
    assert (wait.returncode, b"Traceback" in said) == (143, False)


def test_a_store_that_never_answers_is_69(varity: Varity) -> None:
    said = varity(*INIT, "--store", "http://127.0.0.1:9", "--wait", "0")
    assert (said.code, said.out) == (69, "")


@pytest.mark.parametrize(
    ("arguments", "environment", "wanted"),
    [
        ((), {}, (3600.0, 30.0)),
        ((), {"VARITY_WAIT": "60", "VARITY_POLL": "5"}, (60.0, 5.0)),
        ((), {"VARITY_WAIT": "", "VARITY_POLL": ""}, (3600.0, 30.0)),
        (("--wait", "7", "--poll", "2"), {"VARITY_WAIT": "60", "VARITY_POLL": "5"}, (7.0, 2.0)),
        (("--config", "v.yaml"), {}, (90.0, 30.0)),
    ],
)
def test_waits_an_hour_and_looks_each_half_minute_unless_told_otherwise(
    arguments: Sequence[str],
    environment: dict[str, str],
    wanted: tuple[float, float],
    varity: Varity,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    seen: list[tuple[float, float]] = []

    async def start(settings: Settings, options: StartOptions, **_: object) -> StartResult:
        seen.append((options.wait_seconds, options.poll_seconds))
        raise Stopped(15)

    (tmp_path / "v.yaml").write_text("wait: 90")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ingest.wiring.start", start)
    assert varity(*INIT, *arguments).code == 143
    assert seen == [wanted]


@pytest.mark.parametrize("poll", ["0", "-1", "nan", "inf"])
def test_a_poll_that_is_none_is_refused(poll: str, varity: Varity) -> None:
    said = varity(*INIT, f"--poll={poll}")
    assert (said.code, said.out) == (2, "")
    assert "poll must be 0.1 or more" in said.err
