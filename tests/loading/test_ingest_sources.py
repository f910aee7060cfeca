"""Which input a call means: the one it names, the recorded one, the sample."""

import shutil
from pathlib import Path

import pytest

from ingest.decision import Mode
from ingest.records import InputError
from ingest.settings import Settings
from ingest.wiring import (
    IngestOptions,
    ingest,
    validate,
)
from journal import (
    Recorded,
    RunState,
    Stopped,
    StopSwitch,
)
from journal.events import Started
from tests.ingest.esco_builder import FILES, tiny, write_folder
from tests.loading.calls import TINY, counts, labels, load, stopped


async def test_real_data_take_the_place_of_the_sample(settings: Settings, data: str) -> None:
    await load(settings)
    result = await load(settings, data)
    assert result.outcome == "ran"
    assert await counts(settings) == TINY
    assert result.state.summary["extra"] == 0
    assert (await validate(settings, None, deep=True)).valid


async def test_real_data_take_the_place_of_half_a_sample_too(settings: Settings, data: str) -> None:
    await stopped(settings, None, after="skill_groups")
    assert (await load(settings, data)).outcome == "ran"
    assert await counts(settings) == TINY


async def test_a_drop_that_was_cut_short_is_still_owed(settings: Settings, data: str) -> None:
    await load(settings)
    stop = StopSwitch()

    def at_start(recorded: Recorded, state: RunState) -> None:
        if isinstance(recorded.event, Started):
            stop.set(15)

    with pytest.raises(Stopped):
        await ingest(settings, IngestOptions(data=data), stop=stop, listener=at_start)
    result = await load(settings, data, mode=Mode.RESTART)
    assert result.outcome == "ran"
    assert await counts(settings) == TINY


async def test_without_data_the_recorded_source_is_looked_at_again(
    settings: Settings, data: str
) -> None:
    await load(settings, data)
    again = await load(settings)
    assert (again.outcome, again.source) == ("already_completed", data)
    forced = await load(settings, mode=Mode.FORCE)
    assert (forced.outcome, forced.source) == ("ran", data)
    Path(data, "skills_en.csv").write_text(str(FILES["skills"]).replace(",glue,", ",paste,"))
    assert (await load(settings)).outcome == "skipped_other_input"


async def test_a_completed_load_whose_input_vanished_is_completed(
    settings: Settings, data: str
) -> None:
    await load(settings, data)
    shutil.rmtree(data)
    assert (await load(settings)).outcome == "already_completed"
    with pytest.raises(InputError, match="is not there any more; name DATA"):
        await load(settings, mode=Mode.FORCE)
    report = await validate(settings, None, deep=False)
    assert report.valid
    with pytest.raises(InputError, match="name the input that was loaded"):
        await validate(settings, None, deep=True)


async def test_an_unusable_input_is_refused_before_anything_is_written(
    settings: Settings, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "bad", tiny(skills=None))
    with pytest.raises(InputError, match=r"skills_en\.csv"):
        await load(settings, str(folder))
    assert not (tmp_path / "varity.db").exists()


async def test_a_link_that_leads_to_itself_is_no_input(settings: Settings, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match="loop"):
        await load(settings, str(loop))


async def test_a_repeated_row_that_says_otherwise_costs_only_itself(
    settings: Settings, tmp_path: Path
) -> None:
    row = "KnowledgeSkillCompetence,https://example.org/skill/1,knowledge,,other,,,released,,,,,x\n"
    folder = write_folder(tmp_path / "twice", tiny(skills=str(FILES["skills"]) + row))
    result = await load(settings, str(folder))
    assert len(result.state.rejected) == 1
    assert await labels(settings) == {"glue", "saw", "plane"}
    assert result.state.dangling == {}
