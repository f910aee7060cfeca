"""Prefixes and embedders keep apart what does not belong together; search and validation."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.decision import Mode
from ingest.records import InputError
from ingest.settings import Settings
from ingest.wiring import (
    reset,
    search,
    validate,
)
from tests.loading.calls import LABEL, SAMPLE, TINY, counts, labels, load, relabelled, stopped


async def test_a_prefix_keeps_two_loads_apart(
    settings: Settings, data: str, tmp_path: Path
) -> None:
    other = replace(settings, prefix="Other")
    await load(settings, data)
    assert (await load(other, relabelled(tmp_path))).outcome == "ran"
    assert await labels(settings) == {"glue", "saw", "plane"}
    assert await labels(other) == {"paste", "saw", "plane"}
    await reset(other, journal=True, wait_seconds=0)
    assert await counts(other) == {}
    assert await counts(settings) == TINY
    assert (await load(settings, data)).outcome == "already_completed"


async def test_another_embedder_is_refused_with_the_way_out(settings: Settings, data: str) -> None:
    await load(settings, data)
    other = replace(settings, embedder="local")
    with pytest.raises(InputError, match=r"filled by the embedder hashing.*--force-reingest"):
        await load(other, data)
    forced = await load(other, data, mode=Mode.FORCE)
    assert forced.outcome == "ran"
    assert forced.state.attributes["embedder_name"] == "local"
    assert (await validate(other, None, deep=True)).valid
    [hit, *_] = await search(other, "glue", "Skill", 3)
    assert hit.label == LABEL


async def test_search_finds_by_meaning_and_names_the_classes(settings: Settings, data: str) -> None:
    with pytest.raises(InputError, match="holds nothing yet"):
        await search(settings, "glue", "Skill", 3)
    await load(settings, data)
    assert [hit.label for hit in await search(settings, "glue", "Skill", 1)] == [LABEL]
    with pytest.raises(InputError, match="there is no class Skil; choose one of: ISCOGroup"):
        await search(settings, "glue", "Skil", 1)


async def test_validation_looks_at_the_journal_first(settings: Settings, data: str) -> None:
    assert (await validate(settings, None, deep=False)).ingestion_status == "not_started"
    await stopped(settings, data, after="skills")
    report = await validate(settings, None, deep=False)
    assert (report.valid, report.ingestion_status) == (False, "interrupted")
    assert report.classes == {}
    with pytest.raises(InputError, match="no completed load is there to be searched"):
        await search(settings, "glue", "Skill", 3)


async def test_the_sample_is_validated_against_itself(settings: Settings) -> None:
    await load(settings)
    report = await validate(settings, None, deep=True)
    assert report.valid
    assert {name: found.found for name, found in report.classes.items()} == SAMPLE
