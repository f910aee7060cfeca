"""`reset`: drop what a pipeline owns, under its lease."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from ingest.class_changes import drop_classes
from ingest.decision import RESET
from ingest.settings import Settings
from ingest.wiring.opening import VERSION, opened_store, opened_target, times
from journal import (
    Choice,
    CorruptJournal,
    Pipeline,
    Status,
    Step,
    StepRun,
    Store,
    StoreRefused,
    execute,
    read_state,
)
from journal.clock import system_clock
from journal.lease import claim
from journal.owner import this_process
from journal.supervision import guarded

if TYPE_CHECKING:
    from ingest.target import Target  # numpy comes with it

log = logging.getLogger(__name__)


async def reset(settings: Settings, *, journal: bool, wait_seconds: float) -> list[str]:
    """Drop the pipeline's classes and older leases, with `journal` its events too; say what went.

    Without `journal` the reset is itself a run in the history. The lease under which it happens
    stays in any case, so that no epoch is ever given away twice.

    Raises:
        LeaseHeld: a process is loading.
    """
    async with opened_store(settings) as store, opened_target(settings) as target:
        dropped = list(await target.existing_classes())
        for name in await target.foreign_classes():
            log.warning(
                "the class %s does not belong to the pipeline %s and stays: to load beside it use"
                " --prefix, or drop it in the store itself",
                settings.prefix + name,
                settings.pipeline,
            )
        if not dropped and await _is_blank(store, settings.pipeline):
            return []
        if not journal:
            await _drop(settings, store, target, wait_seconds)
            return dropped
        # Said in the journal before it goes: were the erasing refused, or cut short, a run that
        # completed would vouch for classes that are gone.
        with suppress(CorruptJournal):
            await _drop(settings, store, target, wait_seconds)
        await _erase(settings, store, target, wait_seconds)
        return [*dropped, "events"]


async def _drop(settings: Settings, store: Store, target: "Target", wait_seconds: float) -> None:
    report = await execute(
        _resetting(settings, target),
        store,
        choose=lambda state: Choice.BEGIN,
        wait_seconds=wait_seconds,
        settings=times(settings),
    )
    await _drop_leases(store, settings.pipeline, below=report.state.epoch)


async def _is_blank(store: Store, pipeline: str) -> bool:
    try:
        return (await read_state(store, pipeline)).status is Status.NOT_STARTED
    except CorruptJournal:  # which is a good reason to erase it
        return False


async def _erase(settings: Settings, store: Store, target: "Target", wait_seconds: float) -> None:
    """Erase under a lease that is kept until all is done: nobody can begin meanwhile."""
    clock = system_clock()
    owner = this_process(clock, ttl_seconds=settings.ttl_seconds)
    await store.prepare()
    lease = await claim(store, settings.pipeline, owner, clock, wait_seconds=wait_seconds)

    @asynccontextmanager
    async def request(timeout_seconds: float) -> AsyncIterator[None]:
        await lease.admit(timeout_seconds)
        yield

    async def erase() -> None:
        await target.own(lease.epoch)
        try:
            await store.erase(settings.pipeline, epoch=lease.epoch, check=lease.check)
        except StoreRefused:  # answered, so nothing is on its way
            await lease.release()
            raise
        # Of a journal that could not be read the classes are still there.
        await drop_classes(
            target,
            request=request,
            check=lease.check,
            request_seconds=times(settings).request_seconds,
        )
        await _drop_leases(store, settings.pipeline, below=lease.epoch)
        await lease.release()

    await guarded(erase, lease.keep)


async def _drop_leases(store: Store, pipeline: str, *, below: int) -> None:
    for record in await store.leases(pipeline):
        if record.epoch < below:
            await store.drop_lease(pipeline, record.epoch)


def _resetting(settings: Settings, target: "Target") -> Pipeline:
    """Return the run of one step that drops the classes."""

    async def drop(run: StepRun) -> None:
        await drop_classes(
            target,
            request=run.request,
            check=run.check,
            request_seconds=times(settings).request_seconds,
        )

    return Pipeline(
        name=settings.pipeline,
        fingerprint=RESET,
        steps=(Step(RESET, drop),),
        # Cut short, it leaves its drop to whoever comes next.
        attributes={RESET: True, "drops_first": True},
        versions={"varity-journal": VERSION},
        own=target.own,
        disconnect=target.disconnect,
    )
