"""One round of a drill: loads that are started, traced, ended and judged."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from tests.acceptance import trace
from tests.acceptance.hand_fold import Line, begun_again, counting
from tests.acceptance.place import Command, Done, Place
from tests.drills.bench import Bench, result_of
from tests.drills.figures import Figures
from tests.drills.inspection import harm

WAIT = ("--wait", "120")
SPEAKER = "varity-journal: "


class RoundFailed(Exception):
    """A round did not go as it must; the sentence says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a drill's function plays. `chance` is all the randomness it may use."""

    number: int
    chance: random.Random
    bench: Bench
    figures: Figures
    started: list[Command] = field(default_factory=list)
    disturbances: list[str] = field(default_factory=list)

    def disturbed(self, by: str) -> None:
        """Note that something went wrong as it was meant to; a round without any is idle."""
        self.disturbances.append(by)

    @property
    def name(self) -> str:
        """A name that no other round of the bench has."""
        return f"{self.figures.drill}-{self.number}"

    @property
    def trace(self) -> Path:
        """The file in which every load of the round notes what it does."""
        return self.bench.folder / f"{self.name}.trace"

    def ingest(
        self,
        place: Place,
        *options: str,
        driven: tuple[str, ...] = (),
        within: tuple[str, ...] = (),
        data: Path | None = None,
    ) -> Command:
        """Start a load of the input."""
        command = ("ingest", str(data or self.bench.data), "--json", *options)
        noted = ("--trace", str(self.trace), *driven)
        self.started.append(place.start(*command, driven=noted, within=within))
        return self.started[-1]

    def over_sample(self, place: Place) -> None:
        """Load the generated sample, whose classes the next load has to drop first."""
        self.started.append(place.start("ingest", "--json"))
        self.ended(self.started[-1], 0, where="the sample")

    def ended(self, command: Command, *codes: int, where: str) -> Done:
        """Wait for the load's end; it must be one of these, and in words a person can read."""
        done = command.done()
        expect(done.code in codes, f"{where}: ended with {done.code}: {_words(done)}")
        expect("Traceback" not in done.told, f"{where}: {done.told[-2000:]}")
        return done

    def gave_up(self, done: Done) -> None:
        """Note with which code and in what words a load gave up, which is to be resumed."""
        self.figures.ends[f"{done.code}: {_words(done)}"] += 1

    def finish(self, place: Place) -> Done:
        """Load undisturbed until it is completed."""
        return self.ended(self.ingest(place, *WAIT), 0, where="the last load")

    def judge(self, place: Place, *, of: Bench | None = None) -> list[Line]:
        """Count every harm that the round has done; return its events.

        Holds what is there, and what is said of it, against the undisturbed load of the bench, or
        of another one with another input.
        """
        of = of or self.bench
        undisturbed = of.undisturbed
        self.figures.objects = len(undisturbed.parts)
        self.figures.harm.update(anyio.run(harm, place.settings, undisturbed))
        lines = place.events()
        owners = trace.ownerships(trace.read(self.trace))
        self.figures.harm["steps_begun_again"] += len(_begun_again(lines))
        self.figures.harm["overlapping_owners"] += len(trace.overlapping(owners))
        self.figures.counts["owners"] += len(owners)
        self.figures.counts["fenced_events"] += len(lines) - len(counting(lines))
        status = place.check_status_by_hand()
        expect(status["status"] == "completed", f"the status is {status['status']}")
        said = result_of(status)
        expect(said == of.said, f"it says {said}, undisturbed {of.said}")
        return lines

    def close(self) -> None:
        """End every process that the round left behind, frozen ones too."""
        for command in self.started:
            command.end()


def expect(holds: bool, otherwise: str) -> None:
    """Raise `RoundFailed` unless it holds."""
    if not holds:
        raise RoundFailed(otherwise)


def _words(done: Done) -> str:
    """Return the sentence with which the program ended, or all it said if there is none."""
    said = [line for line in done.told.splitlines() if line.startswith(SPEAKER)]
    return said[-1].removeprefix(SPEAKER) if said else done.told[-2000:]


def _begun_again(lines: list[Line]) -> list[str]:
    """Return the steps that a resume began although its run had completed them."""
    runs = {line["run_id"] for line in lines}
    return [
        step
        for run in runs
        for step in begun_again(line for line in counting(lines) if line["run_id"] == run)
    ]
