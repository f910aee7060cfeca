"""`scripts/simulate`: many seeds, on all processors, or one seed again."""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.outcome import Outcome
from tests.simulation.shrink import shortest
from tests.simulation.tally import Tally
from tests.simulation.world import simulate

SEEDS_A_TASK = 25
TRACE_LINES = 400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 1 if a seed failed."""
    asked = _parser().parse_args(arguments)
    if asked.replay is not None:
        return _replay(asked.replay)
    first, _, end = asked.seeds.partition(":")
    began = time.monotonic()
    tally = Tally()
    for part in _parts(int(first), int(end), asked.jobs, asked.seconds):
        tally.merge(part)
        rate = tally.seeds / (time.monotonic() - began)
        failed = f" {sorted(tally.failed)}" if tally.failed else ""
        _tell(
            f"\r{tally.seeds} seeds, {len(tally.failed)} failed{failed}, {rate:.1f} a second ",
            end="",
        )
    _tell("")
    for line in tally.lines():
        print(line)
    for seed in sorted(tally.failed):
        print(f"FAILED {seed}: scripts/simulate --replay {seed}")
    if tally.failed:
        _show(shortest(min(tally.failed)))
    return 1 if tally.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", metavar="A:B", default="0:200", help="from A up to B, without B")
    parser.add_argument("--replay", metavar="SEED", type=int, help="one seed, its whole trace")
    parser.add_argument("--seconds", type=float, help="begin no more seeds after this time")
    parser.add_argument("--jobs", type=int, default=None, help="processes (default: all cores)")
    return parser


def _parts(first: int, end: int, jobs: int | None, seconds: float | None) -> Iterator[Tally]:
    """Yield the tallies of slices of the seeds."""
    starts = range(first, end, SEEDS_A_TASK)
    slices = [(start, min(start + SEEDS_A_TASK, end)) for start in starts]
    ends_at = None if seconds is None else time.monotonic() + seconds
    if jobs == 1:
        yield from map(_some, slices, [ends_at] * len(slices))
        return
    with ProcessPoolExecutor(jobs, initializer=_collect_seldom) as pool:
        yield from pool.map(_some, slices, [ends_at] * len(slices))


def _some(bounds: tuple[int, int], ends_at: float | None) -> Tally:
    tally = Tally()
    for seed in range(*bounds):
        if ends_at is not None and time.monotonic() > ends_at:
            break
        tally.add(simulate(seed))
    return tally


def _collect_seldom() -> None:
    gc.set_threshold(200_000, 20, 20)  # nearly everything lives as long as its seed


def _replay(seed: int) -> int:
    outcome = simulate(seed, keeps_trace=True)
    _show(outcome, most_lines=len(outcome.trace))
    if outcome.wrong:
        print("\nwith as few faults as possible:\n")
        _show(shortest(seed))
    return 1 if outcome.wrong else 0


def _show(outcome: Outcome, *, most_lines: int = TRACE_LINES) -> None:
    """Print the end of a trace and what was wrong."""
    if len(outcome.trace) > most_lines:
        print(f"... {len(outcome.trace) - most_lines} lines before")
    for line in outcome.trace[-most_lines:]:
        print(line)
    fired = ", ".join(f"{kind.value} {times}" for kind, times in sorted(outcome.fired.items()))
    print(f"seed {outcome.seed}, trace {outcome.digest}; fired: {fired or 'nothing'}")
    for end in outcome.ends:
        print(f"  {end}")
    for wrong in outcome.wrong:
        print(f"WRONG {wrong}")


def _tell(text: str, *, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
