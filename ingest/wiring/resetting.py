"""`reset`: drop what a pipeline owns, under its lease."""

from typing import TYPE_CHECKING

from ingest.settings import Settings
from ingest.wiring.opening import RESET, VERSION, opened_store, opened_target, times
from journal import Choice, Pipeline, Step, StepRun, execute

if TYPE_CHECKING:
    from ingest.target import Target  # numpy comes with it


async def reset(settings: Settings, *, journal: bool, wait_seconds: float) -> list[str]:
    """Drop the pipeline's classes and old leases, with `journal` its events too; say what went.

    Without `journal` the reset is itself a run in the history.

    Raises:
        LeaseHeld: a process is loading.
    """
    async with opened_store(settings) as store, opened_target(settings) as target:
        dropped = list(await target.existing_classes())
        if not dropped and not await store.highest_epoch(settings.pipeline):
            return []
        await execute(
            _resetting(settings, target),
            store,
            choose=lambda state: Choice.BEGIN,
            wait_seconds=wait_seconds,
            settings=times(settings),
        )
        if journal:
            await store.erase(settings.pipeline)
            dropped.append("events")
            for record in await store.leases(settings.pipeline):
                await store.drop_lease(settings.pipeline, record.epoch)
                dropped.append(f"lease {record.epoch}")
        return dropped


def _resetting(settings: Settings, target: "Target") -> Pipeline:
    """Return the run of one step that drops the classes."""

    async def drop(run: StepRun) -> None:
        await target.drop()

    return Pipeline(
        name=settings.pipeline,
        fingerprint=RESET,
        steps=(Step(RESET, drop),),
        attributes={RESET: True},
        versions={"varity-journal": VERSION},
        own=target.own,
        disconnect=target.disconnect,
    )
