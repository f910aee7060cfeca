"""Loaded into pytest by the runner: plants the mutant that the environment names, and listens.

Does nothing in any other run of the tests.
"""

import os
from pathlib import Path

import pytest

from tests.mutants.mutant import read_mutant
from tests.mutants.planting import plant
from tests.mutants.verdict import BROKEN, Verdict

MUTANT_VARIABLE = "VARITY_MUTANT"  # as JSON; empty or absent: none is planted
VERDICT_VARIABLE = "VARITY_MUTANT_VERDICT"  # the file for what the tests said


class Listener:
    """Sorts the tests by how they ended."""

    def __init__(self, path: Path, mutant: str) -> None:
        self._path = path
        self._planter = plant(read_mutant(mutant)) if mutant else None
        self._verdict = Verdict()

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(
        self, call: "pytest.CallInfo[object]", report: pytest.CollectReport | pytest.TestReport
    ) -> None:
        if call.excinfo is not None and _leaves(call.excinfo.value) & BROKEN:
            self._verdict.broken.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._verdict.errors.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._verdict.skipped.append(report.nodeid)
        elif report.when != "call":
            if report.failed:
                self._verdict.errors.append(report.nodeid)
        elif report.failed:
            self._verdict.failed.append(report.nodeid)
        else:
            self._verdict.passed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._verdict.is_planted = self._planter is not None and self._planter.is_planted
        self._verdict.write(self._path)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Plant before any module of ours is imported, be it by a conftest."""
    path = os.environ.get(VERDICT_VARIABLE)
    if path:
        mutant = os.environ.get(MUTANT_VARIABLE, "")
        early_config.pluginmanager.register(Listener(Path(path), mutant), "mutants")


def _leaves(error: BaseException) -> set[str]:
    """Return what the errors at the ends of a group are, however deep: their classes' names."""
    if isinstance(error, BaseExceptionGroup):
        return set().union(*(_leaves(each) for each in error.exceptions))
    return {each.__name__ for each in type(error).__mro__}
