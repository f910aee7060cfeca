"""Runs parts: what belongs together interleaved, whatever fails written down.

A scenario that fails is left out of the later rounds; the others go on.
"""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

from tests.bench.ground import Ground
from tests.bench.measurement import Measurement
from tests.bench.part import Part
from tests.bench.scenario import Scenario, interleaved
from tests.bench.stage import CHECKOUT, ActFailed, play


@dataclass(slots=True)
class Session:
    """What was found so far: right at any time, also when somebody ends it early."""

    measurements: list[Measurement] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    took_seconds: float = 0.0

    def run(self, parts: Sequence[Part], ground: Ground, *, rounds: int) -> None:
        """Run the parts, group after group."""
        began = time.monotonic()
        for _, group in groupby(parts, key=lambda part: part.group or part.name):
            together = list(group)
            scenarios = self._scenarios(together, ground)
            for number, scenario in interleaved(scenarios, rounds):
                self._play(scenario, ground, number)
                self.took_seconds = time.monotonic() - began
            for part in together:
                self._find(part)

    def _scenarios(self, parts: Sequence[Part], ground: Ground) -> list[Scenario]:
        """Return what the parts run; one that can not be made ready is a failure of its own."""
        found: list[Scenario] = []
        for part in parts:
            try:
                found += part.scenarios(ground)
            except (ActFailed, SubprocessError, OSError) as error:
                self._fail(part.name, part.name, error, ground)
        return found

    def _play(self, scenario: Scenario, ground: Ground, number: int) -> None:
        if any(failure["scenario"] == scenario.name for failure in self.failures):
            return
        _tell(f"{scenario.part}: {scenario.name}, round {number + 1}")
        try:
            for measured in play(scenario, ground.folder, number=number):
                self.measurements.append(measured)
                _tell(f"    {measured.act}: {measured.wall_seconds:.2f} s")
        except (ActFailed, RuntimeError, OSError, ValueError) as error:
            self._fail(scenario.part, scenario.name, error, ground)

    def _find(self, part: Part) -> None:
        """Have the part boil down what was said at length, and let go of that."""
        own = [one for one in self.measurements if one.part == part.name]
        if found := part.finds(own):
            self.findings[part.name] = dict(found)
        self.measurements = [
            replace(one, said=_without(one, part.takes_at_length)) if one in own else one
            for one in self.measurements
        ]

    def _fail(self, part: str, scenario: str, error: Exception, ground: Ground) -> None:
        _tell(f"{scenario} FAILED: {error}")
        told = _masked(str(error), ground)
        self.failures.append({"part": part, "scenario": scenario, "told": told})


def _masked(told: str, ground: Ground) -> str:
    """Return the text without paths: where things lie on this machine is nobody's business.

    A result may be passed on. The longest go first: one may lie in another.
    """
    names = {
        str(Path.home()): "HOME",
        os.environ.get("XDG_CACHE_HOME", ""): "CACHE",
        str(CHECKOUT): "CHECKOUT",
        str(ground.source): "DATA",
        str(ground.folder): "FOLDER",
    }
    for path in sorted(names.keys() - {""}, key=len, reverse=True):
        told = told.replace(path, names[path])
    return told


def _without(measured: Measurement, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in measured.said.items() if name not in names}


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
