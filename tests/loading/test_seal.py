"""The seal: the same bytes are known again without being unpacked, and nothing else is."""

import os
import shutil
from pathlib import Path

import pytest

from ingest import esco
from ingest.decision import Mode
from ingest.records import InputError
from ingest.seal import is_sealed, seal
from ingest.settings import Settings
from ingest.sources import chosen_source
from ingest.wiring import IngestOptions, ingest
from ingest.wiring.opening import opened_store
from journal import RunState, Status, read_state
from tests.ingest.esco_builder import FILES, tiny, write_folder, write_zip
from tests.loading.calls import TINY, counts, load, stopped

CHANGED = str(FILES["skills"]).replace(",glue,", ",clue,")  # as long as it was


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return write_zip(tmp_path / "esco.zip", tiny())


def forbid_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it a fault to look through any input from now on."""

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the input was looked through")

    monkeypatch.setattr(esco, "open_esco", opened)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.RESUME, Mode.RESTART])
async def test_a_loaded_zip_is_known_again_without_being_unpacked(
    settings: Settings, zipped: Path, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await load(settings, str(zipped))
    forbid_opening(monkeypatch)
    again = await load(settings, str(zipped), mode=mode)
    assert (first.outcome, again.outcome) == ("ran", "already_completed")
    assert (again.source, again.state, again.message) == (
        str(zipped),
        first.state,
        "this input is loaded already; to load it again: --force-reingest",
    )
    assert (await load(settings)).outcome == "already_completed"  # the recorded one


async def test_a_loaded_folder_is_known_again_without_being_parsed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path / "esco", tiny())
    await load(settings, str(folder))
    forbid_opening(monkeypatch)
    assert (await load(settings, str(folder))).outcome == "already_completed"


async def test_a_copy_under_another_name_and_with_another_time_is_known(
    settings: Settings, zipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, str(zipped))
    copy = Path(shutil.copy(zipped, tmp_path / "other.zip"))
    os.utime(copy, (1, 1))
    forbid_opening(monkeypatch)
    again = await load(settings, str(copy))
    assert (again.outcome, again.source) == ("already_completed", str(copy))


async def test_another_content_of_the_same_size_and_time_is_another_input(
    settings: Settings, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "esco", tiny())
    skills = folder / "skills_en.csv"
    await load(settings, str(folder))
    before = skills.stat()
    skills.write_text(CHANGED, encoding="utf-8")
    os.utime(skills, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert skills.stat().st_size == before.st_size
    assert (await load(settings, str(folder))).outcome == "skipped_other_input"


async def test_a_zip_packed_anew_is_looked_through_and_found_equal(
    settings: Settings, zipped: Path, tmp_path: Path
) -> None:
    await load(settings, str(zipped))
    again = write_zip(tmp_path / "again.zip", tiny(), inside="ESCO/")
    assert seal(again, language="en") != seal(zipped, language="en")
    assert (await load(settings, str(again))).outcome == "already_completed"
    assert (await load(settings, str(write_folder(tmp_path / "esco", tiny())))).outcome == (
        "already_completed"
    )


async def test_the_same_bytes_for_another_embedder_are_not_loaded_already(
    settings: Settings, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.embedders.hashing import HashingEmbedder

    await load(settings, str(zipped))
    monkeypatch.setattr(HashingEmbedder, "fingerprint", "hashing:2")
    with pytest.raises(InputError, match="the target is filled by the embedder hashing"):
        await load(settings, str(zipped))


async def test_the_same_bytes_under_another_pipeline_version_are_another_input(
    settings: Settings, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(settings, str(zipped))
    monkeypatch.setattr("ingest.esco_classes.PIPELINE_VERSION", "2")
    assert (await load(settings, str(zipped))).outcome == "skipped_other_input"
    options = IngestOptions(data=str(zipped), interactive=True)
    assert (await ingest(settings, options, confirm=lambda _: True)).outcome == "ran"


async def test_the_same_bytes_in_another_language_are_another_input(
    settings: Settings, tmp_path: Path
) -> None:
    both = {**tiny(), **{name.replace("_en", "_de"): text for name, text in tiny().items()}}
    zipped = write_zip(tmp_path / "esco.zip", both)
    await load(settings, str(zipped))
    assert not is_sealed(zipped, seal(zipped, language="en"), language="de")


async def test_force_and_dry_run_look_through_the_input_all_the_same(
    settings: Settings, zipped: Path
) -> None:
    await load(settings, str(zipped))
    assert (await load(settings, str(zipped), mode=Mode.FORCE)).outcome == "ran"
    assert (await load(settings, str(zipped), dry_run=True)).plan is not None


async def test_no_seal_is_recorded_of_an_input_that_changed_while_it_was_read(
    settings: Settings, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records would be one thing and its bytes another."""
    opened = esco.open_esco

    def replaced_meanwhile(path: Path, *, language: str) -> esco.EscoSource:
        records = opened(path, language=language)
        os.utime(path, (1, 1))
        return records

    monkeypatch.setattr(esco, "open_esco", replaced_meanwhile)
    with pytest.raises(InputError, match="changed while it was being read"):
        await load(settings, str(zipped))
    async with opened_store(settings) as store:
        assert (await read_state(store, settings.pipeline)).run_id == ""


def test_no_seal_is_given_for_a_file_that_is_looked_at_and_never_read_again(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", tiny())
    with chosen_source(str(folder), RunState(), language="en") as chosen:
        assert is_sealed(folder, chosen.sealed(), language="en")
        os.utime(folder / "skillsHierarchy_en.csv", (1, 1))
        with pytest.raises(InputError, match=r"skillsHierarchy_en\.csv changed while"):
            chosen.sealed()


async def test_half_a_load_of_the_same_bytes_is_not_done(settings: Settings, zipped: Path) -> None:
    await stopped(settings, str(zipped), after="skill_groups")
    resumed = await load(settings, str(zipped))
    assert (resumed.outcome, resumed.state.status) == ("resumed", Status.COMPLETED)
    assert await counts(settings) == TINY


@pytest.mark.parametrize("name", ["nothing", "no\0name", "folder"])
def test_what_can_not_be_read_has_no_seal(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    path = tmp_path / name
    assert seal(path, language="en") == ""
    assert not is_sealed(path, "0:", language="en")


def test_a_seal_is_the_size_and_a_digest_that_never_changes(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    assert seal(tmp_path / "x.zip", language="en") == (
        "2:adb6c04c2740a2a31b76cf58f320e3dc5358a381b156fe1644bbe8f0621c1e1b"
    )
