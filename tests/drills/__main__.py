"""The command behind `scripts/drill`: one drill, one JSON line.

Exit code 1: something was harmed or went wrong; 3: this machine does not allow it."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tests.drills.bench import opened_bench
from tests.drills.catalogue import DRILLS, NEED_MOUNTS
from tests.drills.figures import Figures
from tests.drills.namespaces import NoMounts, enter
from tests.drills.running import run

SMALL = "esco-small-en.zip"
NOT_POSSIBLE = 3


class Ended(BaseException):
    """Somebody ends the drill early; the figures of the rounds that are over still count."""


def main() -> int:
    """Run the drill that the arguments name."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _end)
    if arguments.drill in NEED_MOUNTS:
        try:
            enter()
        except NoMounts as error:
            print(error, file=sys.stderr)
            return NOT_POSSIBLE
    data: Path | None = arguments.data
    if data is None:
        folder = os.environ.get("VARITY_ESCO_DATA")
        if folder is None:
            print("name the input: --data ZIP, or its folder in VARITY_ESCO_DATA", file=sys.stderr)
            return 2
        data = Path(folder) / SMALL
    first: int = arguments.first
    figures = Figures(drill=arguments.drill, seed=arguments.seed, data=data.name)
    rounds = range(first, first + arguments.rounds)
    with suppress(Ended), opened_bench(data.resolve()) as bench:
        run(DRILLS[arguments.drill], bench, figures, rounds=rounds)
    print(figures.line(), flush=True)
    return 0 if figures.is_clean else 1


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/drill", description=__doc__)
    parser.add_argument("drill", choices=sorted(DRILLS))
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--data", type=Path, metavar="ZIP", help="a folder or zip in ESCO's layout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
