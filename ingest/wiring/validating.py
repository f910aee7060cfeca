"""`validate`: the journal first, then the target against what was loaded. Nothing is written."""

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import anyio

from ingest.data_folder import input_named, is_there
from ingest.records import InputError
from ingest.report import validation_document
from ingest.settings import Settings, settings_from
from ingest.sources import chosen_source, recorded_path
from ingest.wiring.opening import opened_store, opened_target, read_input
from ingest.wiring.reading import status_of
from journal import RunState, Status
from journal.small_files import text_in

if TYPE_CHECKING:
    from ingest.inspection import Looked
    from ingest.report import ValidationReport


async def validate(
    settings: Settings, data: str | None, deep: bool, *, looked: "Looked | None" = None
) -> "ValidationReport":
    """Compare the target with `data`, the recorded input or the recorded digests. Read-only.

    `looked` is told how many objects of a class have been looked at, of how many.

    Raises:
        InputError: `data` can not be used.
    """
    from ingest.embedders import open_embedder
    from ingest.inspection import nobody_looks
    from ingest.validation import (
        not_completed,
        validate_against_digests,
        validate_against_input,
    )

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        seen = await status_of(store, settings)
        state = seen.state
        if state.status is not Status.COMPLETED:
            return not_completed(state, status=seen.status)
        target = await stack.enter_async_context(opened_target(settings))
        named = data or input_named(settings.data) or recorded_path(state)
        if not _is_there(named, state):
            if data or deep:
                raise InputError(f"{named} is not there; name the input that was loaded")
            return await validate_against_digests(state, target)
        chosen = stack.enter_context(
            chosen_source(
                data or input_named(settings.data), state, language=language_of(state, settings)
            )
        )
        name = str(state.attributes.get("embedder_name", settings.embedder))
        embedder = await stack.enter_async_context(open_embedder(name, t2v_url=settings.t2v_url))
        catalogue = await read_input(chosen, embedder, stack)
        return await validate_against_input(
            state,
            catalogue,
            target,
            embedder=embedder if deep else None,
            looked=looked or nobody_looks,
        )


def validate_data(
    data: str | None = None, *, settings: Settings | None = None, deep: bool = False
) -> tuple[bool, dict[str, Any]]:
    """Say whether what was loaded is there, whole, and the document of `validate --json`.

    For programs without an event loop; `validate` is for those that have one. Without
    `settings` the environment decides, as on the command line.

    Raises:
        InputError: `data` or a setting can not be used.
        StoreUnavailable: the store can not be reached.
    """
    if settings is None:
        settings = settings_from({}, os.environ, {}, read_text=text_in)
    report = anyio.run(validate, settings, data, deep)
    return report.valid, validation_document(report)


def language_of(state: RunState, settings: Settings) -> str:
    """Return in which language the run's input was read."""
    return str(state.attributes.get("language", settings.language))


def _is_there(named: str | None, state: RunState) -> bool:
    return bool(state.attributes.get("sample")) or (named is not None and is_there(named))
