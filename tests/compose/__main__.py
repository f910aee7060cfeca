"""`scripts/compose-drill`: play the scenes on a real engine and print a table, or JSON lines."""

import argparse
import signal
import sys
from dataclasses import asdict

import orjson
from rich.console import Console
from rich.table import Table

from tests.compose.drill import FAILED, Row, drill
from tests.compose.engine import NoEngine, open_engine
from tests.compose.scenes import SCENES

NO_ENGINE = 3
WIDTH = 150


def main() -> int:
    """Return 0 if everything held, 1 if not, 3 where no engine can be had."""
    parser = argparse.ArgumentParser(prog="scripts/compose-drill", description=__doc__)
    parser.add_argument("--json", action="store_true", help="a JSON line for each scene")
    names = [name for name, _ in SCENES]
    parser.add_argument("scenes", nargs="*", choices=[*names, []], metavar="SCENE")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # clears away too
    try:
        engine = open_engine()
    except NoEngine as error:
        print(error, file=sys.stderr)
        return NO_ENGINE
    rows: list[Row] = []
    try:
        for row in drill(engine, only=arguments.scenes, say=_say):
            rows.append(row)
            _say(f"{row.scene}: {row.result} after {row.seconds:.0f} s")
            if arguments.json:
                print(orjson.dumps(asdict(row)).decode(), flush=True)
    finally:
        engine.close()
    if not arguments.json:
        _print(rows, engine.name)
    return 1 if any(row.result == FAILED for row in rows) else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(rows: list[Row], engine: str) -> None:
    table = Table("Scene", "Containers", "Journal", "Target", "Seconds", "", title=engine)
    for row in rows:
        table.add_row(
            row.scene, row.containers, row.journal, row.target, f"{row.seconds:.0f}", row.result
        )
    console = Console(width=WIDTH)
    console.print(table)
    for row in rows:
        for sentence in row.wrong:
            console.print(f"{row.scene}: {sentence}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
