"""The JSON file of one run, and back. All that the page needs stands in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.measurement import from_document, to_document
from tests.bench.part import Result
from tests.bench.session import Session

FORMAT = 1


def written(
    out: Path, session: Session, machine: Mapping[str, Any], chosen: Mapping[str, Any]
) -> Path:
    """Write the run's document into the folder and return its path; `chosen` is what was asked."""
    out.mkdir(parents=True, exist_ok=True)
    stamp = str(machine["at"]).replace(":", "").replace("-", "").partition("+")[0]
    path = out / f"bench-{stamp}.json"
    document = {
        "format": FORMAT,
        "machine": machine,
        "chosen": chosen,
        "took_seconds": round(session.took_seconds),
        "findings": session.findings,
        "failures": session.failures,
        "measurements": [to_document(one) for one in session.measurements],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> dict[str, Any]:
    """Return the document.

    Raises:
        ValueError: it is not of this format.
    """
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document.get("format") != FORMAT:
        raise ValueError(f"{path.name} is no result of this bench; run it again")
    return document


def with_parts_of(document: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the parts of another run in the place of its own, which it names."""
    parts = other["chosen"]["parts"]

    def joined(name: str) -> list[Any]:
        kept = [one for one in document[name] if one["part"] not in parts]
        return [*kept, *other[name]]

    findings = {name: found for name, found in document["findings"].items() if name not in parts}
    apart = {"parts": parts, "commit": other["machine"]["commit"]}
    return {
        **document,
        "findings": findings | other["findings"],
        "failures": joined("failures"),
        "measurements": joined("measurements"),
        "apart": [*document.get("apart", ()), apart],
    }


def result_of(document: Mapping[str, Any]) -> Result:
    """Return the measurements and findings of a document."""
    return Result(
        measurements=[from_document(one) for one in document["measurements"]],
        findings=document["findings"],
    )
