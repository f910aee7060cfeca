"""The command behind `scripts/bench`: measures, or makes the page of what was measured.

Exit code 1: something failed; 2: no input.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tests.bench import document, machine
from tests.bench.catalogue import PARTS
from tests.bench.ground import Ground
from tests.bench.inputs import SMALL, SYNTHETIC, WHOLE
from tests.bench.page import write_page
from tests.bench.session import Session
from tests.bench.stage import CHECKOUT
from tests.bench.table import show

ROUNDS, QUICK_ROUNDS = 3, 2
REPORT = "report"
OUT = Path(tempfile.gettempdir()) / "varity-bench"


class Ended(BaseException):
    """Somebody ends the bench early; what was measured until then still counts."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as the arguments say."""
    asked = sys.argv[1:] if arguments is None else list(arguments)
    if asked[:1] == [REPORT]:
        return _report(asked[1:])
    parser = _parser()
    chosen = parser.parse_args(asked)
    if unknown := sorted(set(chosen.parts) - PARTS.keys()):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    named = chosen.data or os.environ.get("VARITY_ESCO_DATA")
    source = Path(named).resolve() if named else None
    needed = (WHOLE, SMALL, SYNTHETIC)
    if source is None or not all((source / name).is_file() for name in needed):
        print(
            f"name the folder of {', '.join(needed)}: --data FOLDER, or VARITY_ESCO_DATA",
            file=sys.stderr,
        )
        return 2
    return _measure(chosen, source)


def _measure(chosen: argparse.Namespace, source: Path) -> int:
    signal.signal(signal.SIGTERM, _end)
    rounds = chosen.rounds or (QUICK_ROUNDS if chosen.quick else ROUNDS)
    names = [name for name in PARTS if name in chosen.parts or not chosen.parts]
    described = machine.described(CHECKOUT)
    if "peers" in names or "sqlite" in names:
        described["versions"] |= machine.peers()
    session = Session()
    with suppress(Ended, KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="bench-") as made:
        ground = Ground(Path(made), source, is_quick=chosen.quick)
        ground.compile_bytecode()
        session.run([PARTS[name] for name in names], ground, rounds=rounds)
    asked = {"parts": names, "rounds": rounds, "quick": chosen.quick}
    path = document.written(chosen.out, session, described, asked)
    show(document.read(path))
    print(f"{path}\nscripts/bench report {path} writes docs/performance.md", file=sys.stderr)
    return 1 if session.failures else 0


def _report(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"scripts/bench {REPORT}", description=write_page.__doc__)
    parser.add_argument("result", type=Path, metavar="RESULT.json")
    parser.add_argument(
        "--and",
        dest="more",
        type=Path,
        action="append",
        default=[],
        metavar="RESULT.json",
        help="whose parts stand in the place of the same ones",
    )
    parser.add_argument("--docs", type=Path, default=CHECKOUT / "docs", metavar="DIR")
    chosen = parser.parse_args(arguments)
    shown = document.read(chosen.result)
    for path in chosen.more:
        shown = document.with_parts_of(shown, document.read(path))
    write_page(shown, chosen.docs)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<9} {part.says}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        epilog=f"parts:\n{listed}\n\n  report    makes docs/performance.md of a RESULT.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="which ones; else all")
    parser.add_argument("--quick", action="store_true", help="the small input, fewer sizes")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each (3, quick 2)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="for the result")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of the real ESCO zips")
    return parser


if __name__ == "__main__":
    sys.exit(main())
