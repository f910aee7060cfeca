"""`zombie`: an owner stands still for longer than its lease, another takes over, it wakes.

Also with a changed input in between, and as it drops the classes of a sample. Nothing that it
still writes may count, and it says so.
"""

from pathlib import Path

from tests.acceptance import trace
from tests.acceptance.hand_fold import Line, counting
from tests.acceptance.place import Place
from tests.drills.bench import Bench
from tests.drills.changed_input import with_other_labels
from tests.drills.moments import while_dropping, while_resuming, while_working
from tests.drills.rounds import WAIT, Round, expect

LOST = 75
VARIANTS = (
    "after the end",
    "before the end",
    "after another input",
    "before another input",
    "after the end, over a sample",
    "before the end, over a sample",
)


def zombie(played: Round) -> None:
    """Freeze an owner; let another one take over, and wake the first before or after its end."""
    variant = VARIANTS[played.number % len(VARIANTS)]
    if "another input" in variant:
        folder = played.bench.folder / played.name
        folder.mkdir()
        changed = with_other_labels(played.bench.data, folder / "changed.zip")
        _play(played, Bench(folder, changed), variant)
    else:
        _play(played, played.bench, variant)


def _play(played: Round, successors: Bench, variant: str) -> None:
    bench, chance = played.bench, played.chance
    is_over_sample = "over a sample" in variant
    at = (
        while_dropping(chance)
        if is_over_sample
        else while_working(chance, bench.events, sendings=bench.sendings)
    )
    pause = while_resuming(chance)
    place = bench.place()
    epoch = 1
    if is_over_sample:
        played.over_sample(place)
        epoch = 2
    frozen = played.ingest(place, driven=("--elsewhere", "--at", f"STOP:{at}"))
    frozen.until_stopped()
    played.disturbed(at)
    stopped_at = trace.instant()
    wakes_early = variant.startswith("before")
    successor = played.ingest(
        place,
        *WAIT,
        driven=("--at", f"STOP:{pause}") if wakes_early else (),
        data=successors.data,
    )
    if wakes_early:
        successor.until_stopped()
        before = _positions(place)
        frozen.wake()
        played.ended(frozen, LOST, where=f"the woken owner {variant}, {at}")
        successor.wake()
        played.ended(successor, 0, where=f"the successor {variant}, {at}, {pause}")
    else:
        played.ended(successor, 0, where=f"the successor {variant}, {at}")
        before = _positions(place)
        frozen.wake()
        played.ended(frozen, LOST, where=f"the woken owner {variant}, {at}")
    lines = played.judge(place, of=successors)
    played.figures.took(
        "takeover_of_the_frozen", _won_at(played.trace, epoch=epoch + 1) - stopped_at
    )
    late = [line for line in lines if line["epoch"] == epoch and _position(line) not in before]
    counts = {_position(line) for line in counting(lines)}
    counting_late = [_position(line) for line in late if _position(line) in counts]
    played.figures.counts.update(
        zombies=1, late_events=len(late), late_events_that_count=len(counting_late)
    )
    expect(not counting_late, f"{variant}, {at}: an event of the woken owner counts")


def _position(line: Line) -> tuple[int, int]:
    return line["epoch"], line["seq"]


def _positions(place: Place) -> set[tuple[int, int]]:
    """Return what is in the log before the frozen owner wakes."""
    return {_position(line) for line in place.events()}


def _won_at(file: Path, *, epoch: int) -> float:
    """Return when that epoch was won."""
    return next(
        float(act["at"])
        for act in trace.read(file)
        if (act["did"], act["epoch"]) == (trace.WON, epoch)
    )
