"""Running checks side by side, each bounded in time, their failures made findings.

Knows nothing of what is checked.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import anyio

from ingest.diagnosis import Finding, problem
from journal.errors import JournalError, StoreUnavailable

CHECK_SECONDS = 20.0

# What reading an unexpected answer raises: from a proxy's page, say, or an unknown version.
_STRANGE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name; it returns its finding or raises."""

    name: str
    look: Callable[[], Awaitable[Finding]]
    # Whether failing to reach something means that the store can not be reached.
    is_of_store: bool = True


async def findings(checks: Iterable[Check], *, seconds: float = CHECK_SECONDS) -> Sequence[Finding]:
    """Return the findings in the checks' order."""
    ordered = list(checks)
    found: dict[int, Finding] = {}

    async def look(position: int) -> None:
        found[position] = await _finding(ordered[position], seconds)

    async with anyio.create_task_group() as tasks:
        for position in range(len(ordered)):
            tasks.start_soon(look, position)
    return [found[position] for position in range(len(ordered))]


async def _finding(check: Check, seconds: float) -> Finding:
    try:
        with anyio.fail_after(seconds):
            return await check.look()
    except TimeoutError:
        return problem(
            check.name,
            f"no answer within {seconds:g} s",
            "look at what is slow or hangs, then try again",
            is_outage=check.is_of_store,
        )
    except JournalError as error:
        seen, _, advice = str(error).partition("; ")
        is_outage = check.is_of_store and isinstance(error, StoreUnavailable)
        return problem(check.name, seen, advice, is_outage=is_outage)
    except OSError as error:
        return problem(check.name, f"the system says: {error.strerror}", "see that, and try again")
    except _STRANGE as error:
        return problem(
            check.name,
            f"an answer that can not be read ({type(error).__name__})",
            "check that the address is the store's, and that its version is supported",
        )
