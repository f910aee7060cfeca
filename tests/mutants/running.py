"""Running a mutant's tests in a process of their own, and judging what they said.

Knows pytest's command line. A mutant is killed by failing tests only, and by all that it names:
what could not be collected, set up or even compiled shows nothing about the tests.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.plugin import MUTANT_VARIABLE, VERDICT_VARIABLE
from tests.mutants.verdict import Verdict, read_verdict

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 120.0  # a mutant takes two; a busy machine takes its time
# Plugins that the named tests do not need cost half of the start.
PLUGINS = ("-p", "tests.mutants.plugin", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
LAST_LINES = 12


class Outcome(StrEnum):
    """What became of a mutant; all but the first are faults of the tests or of the mutant."""

    KILLED = "killed"
    SURVIVED = "survived"  # a named test passed
    BROKEN = "broken"  # a test failed by an error that no sound code raises
    NOT_TESTED = "not tested"  # nothing planted, nothing collected, a fixture failed, skipped
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A mutant's outcome, and in `told` what a person needs to see why."""

    mutant: Mutant
    outcome: Outcome
    seconds: float
    told: str = ""


def run(mutant: Mutant, *, limit_seconds: float = LIMIT_SECONDS) -> Result:
    """Run the mutant's tests with the fault planted."""
    began_at = time.monotonic()
    verdict, said = _tested(mutant.written(), mutant.node_ids, limit_seconds)
    outcome, why = judged(mutant, verdict)
    told = "" if outcome is Outcome.KILLED else f"{why}\n{said}"
    return Result(
        mutant=mutant, outcome=outcome, seconds=time.monotonic() - began_at, told=told.strip()
    )


def unfit(mutants: Sequence[Mutant], *, limit_seconds: float = 600.0) -> str:
    """Run all the named tests without any mutant; return "", or what does not pass."""
    node_ids = sorted({node_id for mutant in mutants for node_id in mutant.node_ids})
    verdict, said = _tested("", node_ids, limit_seconds)
    if verdict is None:
        return f"the tests did not end in {limit_seconds:g} s\n{said}"
    bad = [*verdict.failed, *verdict.errors, *verdict.skipped]
    bad += [node_id for node_id in node_ids if not _of(node_id, verdict.passed)]
    return f"without any mutant: {', '.join(bad)}\n{said}" if bad else ""


def judged(mutant: Mutant, verdict: Verdict | None) -> tuple[Outcome, str]:
    """Return what became of the mutant, and why; `verdict` is None if the tests did not end."""
    if verdict is None:
        return Outcome.TIMED_OUT, "the tests did not end"
    if not verdict.is_planted:
        return Outcome.NOT_TESTED, f"{mutant.module} was not imported: nothing was planted"
    if verdict.broken:
        return Outcome.BROKEN, f"the fault is no program: {', '.join(verdict.broken)}"
    unfailed = [each for each in mutant.node_ids if not _of(each, verdict.failed)]
    passed = [each for each in unfailed if _of(each, verdict.passed)]
    if passed:
        return Outcome.SURVIVED, f"passed all the same: {', '.join(passed)}"
    if unfailed:
        return Outcome.NOT_TESTED, f"neither passed nor failed: {', '.join(unfailed)}"
    return Outcome.KILLED, ""


def _tested(
    mutant: str, node_ids: Sequence[str], limit_seconds: float
) -> tuple[Verdict | None, str]:
    """Return what the tests said, None if they did not end in time, and pytest's last lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "verdict.json"
        # Of its own session: a test's own children end with it.
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *PLUGINS, "--quiet", "--tb=line", *node_ids],
            cwd=ROOT,
            env=_environment(mutant, path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            return None, ""
        finally:  # whatever ends the wait, a key perhaps
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        verdict = read_verdict(path) or Verdict()
    return verdict, "\n".join(said.splitlines()[-LAST_LINES:])


def _environment(mutant: str, verdict: Path) -> dict[str, str]:
    """Return this process's environment without what it says to tests, pytest's own included."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "VARITY_", "COV_"))
    }
    return {
        **kept,
        MUTANT_VARIABLE: mutant,
        VERDICT_VARIABLE: str(verdict),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _of(node_id: str, found: Sequence[str]) -> list[str]:
    """Return those of the ids that are the test, with any parameters."""
    return [each for each in found if each == node_id or each.startswith(f"{node_id}[")]
