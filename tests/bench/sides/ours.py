"""Our whole load as a library call, with its phases by the process's own clock.

    python -m tests.bench.sides.ours DATA [--vectors RECORDS] [--journal memory]
        [--die-at-half] [--profile]

The environment has the settings, as for the command. `--vectors` takes the vectors from there,
`--journal memory` keeps the journal in this process, `--die-at-half` kills it there by SIGKILL.
"""

import argparse
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import anyio

from ingest import embedders
from ingest.collecting import collect_seldom
from ingest.decision import RESUMED
from ingest.settings import Settings, settings_from
from ingest.wiring import IngestOptions, IngestResult, ingest
from journal import Progress, Recorded, RunState, lease, stores
from journal.events import Completed, Started, StepCompleted, StepStarted
from tests.bench.sides.precomputed import PrecomputedEmbedder
from tests.bench.sides.sampling import sampled

HALF = ("skills", 0.5)


class Phases:
    """When what began and ended, told by the events; seconds since the process began to load."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._at: dict[str, float] = {}

    def note(self, recorded: Recorded, _: RunState) -> None:
        """Note when an event was in the journal."""
        now = time.monotonic() - self._began
        match recorded.event:
            case Started():
                self._at["started"] = now
            case StepStarted(step=step):
                self._at[f"{step} begun"] = now
            case StepCompleted(step=step):
                self._at[f"{step} done"] = now
            case Completed():
                self._at["completed"] = now
            case _:
                pass

    def said(self) -> dict[str, float]:
        """Return the phases' seconds; a resumed load has no others than it went through."""
        at = self._at
        ended = at["completed"]
        verify_seconds = ended - at["verify begun"]
        phases = {
            "until_started_seconds": at["started"],
            "verify_seconds": verify_seconds,
            "cold_seconds": ended - verify_seconds,
            "ingest_seconds": ended,
        }
        if "schema done" in at:
            phases["schema_seconds"] = at["schema done"] - at["schema begun"]
            phases["load_seconds"] = at["verify begun"] - at["schema done"]
        return phases


@contextmanager
def waits_for_the_owner() -> Iterator[list[float]]:
    """Collect how many seconds each look at the newest epoch's owner took, waiting included."""
    waits: list[float] = []
    look = lease._Claim._obstacle

    async def timed(claim: lease._Claim, epoch: int, poll_seconds: float) -> str:
        began = time.monotonic()
        try:
            return await look(claim, epoch, poll_seconds)
        finally:
            waits.append(time.monotonic() - began)

    with patch.object(lease._Claim, "_obstacle", timed):
        yield waits


def main() -> None:
    """Ingest as the arguments say, and print what was loaded and how long each phase took."""
    collect_seldom()  # as the command does
    chosen = _parser().parse_args()
    settings = settings_from({}, os.environ, {}, read_text=Path.read_text)
    with ExitStack() as stack:
        asked: list[object] = []  # of what stands for something else, to see that it did
        if chosen.vectors is not None:
            opened = PrecomputedEmbedder(chosen.vectors)
            stack.enter_context(patch.object(embedders, "_opened", _always(opened, asked)))
        if chosen.journal == "memory":
            from journal.stores.memory import MemoryStore

            def in_memory(*arguments: object, **options: object) -> MemoryStore:
                asked.append(arguments)
                return MemoryStore()

            stack.enter_context(patch.object(stores, "_store", in_memory))
        samples = stack.enter_context(sampled()) if chosen.profile else None
        waits = stack.enter_context(waits_for_the_owner())
        phases = Phases()
        result = anyio.run(_ingest, settings, chosen, phases)
    stand_ins = (chosen.vectors is not None) + (chosen.journal == "memory")
    if len(asked) < stand_ins:
        raise SystemExit("something was not replaced that was to be")
    if result.state.rejected:  # a load that leaves something out is quicker
        raise SystemExit(f"{len(result.state.rejected)} records were rejected")
    objects, references = sum(result.state.counts.values()), sum(result.state.relations.values())
    took = phases.said()
    said: dict[str, object] = {
        "outcome": result.outcome,
        "objects": objects,
        "references": references,
        "objects_per_second": objects / took["ingest_seconds"],
        "milliseconds_per_object": 1000 * took["ingest_seconds"] / objects,
        **took,
    }
    if result.outcome == RESUMED:
        said["takeover_seconds"] = sum(waits)
    if samples is not None:
        said["profile"] = samples.table()
    print(json.dumps(said))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--journal", choices=("store", "memory"), default="store")
    parser.add_argument("--die-at-half", action="store_true")
    parser.add_argument("--profile", action="store_true")
    return parser


async def _ingest(settings: Settings, chosen: argparse.Namespace, phases: Phases) -> IngestResult:
    return await ingest(
        settings,
        IngestOptions(data=chosen.data),
        listener=phases.note,
        on_progress=_die_at_half if chosen.die_at_half else None,
    )


def _always(opened: PrecomputedEmbedder, asked: list[object]) -> object:
    async def _opened(*arguments: object, **options: object) -> PrecomputedEmbedder:
        asked.append(arguments)
        return opened

    return _opened


def _die_at_half(progress: Progress) -> None:
    step, share = HALF
    if progress.step == step and progress.total and progress.settled >= share * progress.total:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
