"""What `doctor` found: one finding a check, and the worst of them.

Pure. Knows neither stores nor terminals; the JSON keys stand in docs/cli.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.report import Document


class Verdict(StrEnum):
    """How bad it is. A warning does not stand in a load's way, a problem does."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, what was seen, and what to do ("" if nothing).

    `is_outage`: the store does not answer, so that trying again later may help.
    """

    check: str
    verdict: Verdict
    seen: str
    advice: str = ""
    is_outage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Every finding, in the order in which a person would look."""

    pipeline: str
    store: str
    findings: Sequence[Finding]
    not_checked: Sequence[str] = ()  # what a closed door hides

    @property
    def verdict(self) -> Verdict:
        """The worst verdict."""
        found = {finding.verdict for finding in self.findings}
        return next((v for v in (Verdict.PROBLEM, Verdict.WARNING) if v in found), Verdict.OK)

    @property
    def is_unreachable(self) -> bool:
        """Whether the store, or a part of it that a load needs, does not answer."""
        return any(finding.is_outage for finding in self.findings)


def ok(check: str, seen: str, advice: str = "") -> Finding:
    """Return a finding that is as it should be."""
    return Finding(check=check, verdict=Verdict.OK, seen=seen, advice=advice)


def warning(check: str, seen: str, advice: str) -> Finding:
    """Return a finding that a person should know of."""
    return Finding(check=check, verdict=Verdict.WARNING, seen=seen, advice=advice)


def problem(check: str, seen: str, advice: str, *, is_outage: bool = False) -> Finding:
    """Return a finding that stands in the way."""
    return Finding(
        check=check, verdict=Verdict.PROBLEM, seen=seen, advice=advice, is_outage=is_outage
    )


def diagnosis_document(diagnosis: Diagnosis) -> Document:
    """Return the diagnosis as `doctor --json` writes it."""
    return {
        "verdict": diagnosis.verdict.value,
        "pipeline": diagnosis.pipeline,
        "store": diagnosis.store,
        "checks": [
            {
                "check": finding.check,
                "verdict": finding.verdict.value,
                "seen": finding.seen,
                "advice": finding.advice or None,
            }
            for finding in diagnosis.findings
        ],
        "not_checked": list(diagnosis.not_checked),
    }
