"""The status of a pipeline, folded by hand from the lines of an export.

Written without the product's fold, codec or fencing, so that one can be wrong alone.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

Line = dict[str, Any]

ENDS = {"failed": "failed", "interrupted": "interrupted", "completed": "completed"}


def counting(lines: Iterable[Line]) -> list[Line]:
    """Return the events that no later owner cut off, in order."""
    ordered = sorted(lines, key=lambda line: (line["epoch"], line["seq"]))
    cuts: dict[int, int] = {}
    for line in reversed(ordered):
        if line["event"] == "started" and cuts.get(line["epoch"], 1):
            cuts |= {int(epoch): seq for epoch, seq in line["details"]["cuts"].items()}
    return [line for line in ordered if line["seq"] <= cuts.get(line["epoch"], line["seq"])]


def fold(lines: Iterable[Line]) -> Line:
    """Return what `status` must say of the newest run."""
    run: Line = {"status": "not_started", "attempt": 0, "steps_done": 0, "rejected": 0}
    relations: Counter[str] = Counter()
    rejected: set[tuple[str, str]] = set()
    for line in counting(lines):
        event, details = line["event"], line["details"]
        if event == "started":
            if details["attempt"] == 1:
                relations, rejected, run["steps_done"] = Counter(), set(), 0
            run |= {"run_id": line["run_id"], "status": "in_progress", "epoch": line["epoch"]}
            run |= {"attempt": details["attempt"], "steps_total": len(details["steps"])}
        elif event == "step_completed":
            run["steps_done"] = details["position"]
            relations.update(details["relations"])
        elif event == "rejected":
            records = [record for group in details["groups"] for record in group["records"]]
            rejected |= {(line["step"], record["key"]) for record in records}
        elif event in ENDS:
            run["status"] = ENDS[event]
    return run | {"relations": dict(relations), "rejected": len(rejected)}


def begun_again(lines: Iterable[Line]) -> list[str]:
    """Return the steps that were begun although the run had completed them."""
    completed: set[str] = set()
    again: list[str] = []
    for line in lines:
        if line["event"] == "step_started" and line["step"] in completed:
            again.append(line["step"])
        if line["event"] == "step_completed":
            completed.add(line["step"])
    return again
