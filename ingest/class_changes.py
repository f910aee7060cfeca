"""Making and dropping a pipeline's classes in an attempt, whose end waits for what is on its way.

A class that was dropped is gone for whoever owns it by then: a deletion that comes too late
takes the data of a run that completed. So no request begins that could outlive the lease, and
none is left on its way when the attempt's end is journaled.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from journal.errors import LeaseLost, StoreRefused

if TYPE_CHECKING:
    from ingest.target import Target  # numpy comes with it
    from journal import StepRun

log = logging.getLogger(__name__)


async def drop_classes(
    target: "Target",
    *,
    request: Callable[[float], AbstractAsyncContextManager[None]],
    check: Callable[[], None],
    request_seconds: float,
) -> None:
    """Drop the pipeline's classes, referring ones first.

    `request` waits until the lease permits a request of so many seconds, and notes that it was
    given up if it ends in an exception; `check` raises if the lease is over.

    Raises:
        LeaseLost: the lease is over.
    """
    for name in reversed(await target.existing_classes()):
        async with request(request_seconds):
            await target.drop(name, timeout_seconds=request_seconds)
        try:
            check()
        except LeaseLost:
            # Only a process that stood still with the request in its hands comes here.
            log.warning(
                "the class %s was dropped when the lease was over already: look by"
                " `varity-journal validate` whether the next owner's objects are all there",
                name,
            )
            raise


async def prepare_classes(run: "StepRun", target: "Target") -> None:
    """See that all classes are there, before each step: else the server would make its own.

    Raises:
        StoreUnavailable: as `Target.prepare`; what it was about to make may still come to be.
        StoreRefused: as `Target.prepare`.
    """
    try:
        await target.prepare()
    except StoreRefused:  # answered, so nothing is on its way
        raise
    except BaseException:
        run.lose()
        raise
