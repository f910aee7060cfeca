"""The one place that puts the parts together: what commands and programs call.

Each part is imported when it is first asked for: a start that finds everything done pays for
its own, not for the service's and the doctor's.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.wiring.diagnosing import diagnose
    from ingest.wiring.ingesting import IngestOptions, IngestResult, ingest
    from ingest.wiring.opening import VERSION
    from ingest.wiring.reading import (
        follow_events,
        read_events,
        read_runs,
        read_status,
        search,
    )
    from ingest.wiring.repairing import Listeners, RepairOptions, RepairResult, repair
    from ingest.wiring.resetting import reset
    from ingest.wiring.starting import StartOptions, StartResult, start
    from ingest.wiring.validating import validate, validate_data

__all__ = [
    "VERSION",
    "IngestOptions",
    "IngestResult",
    "Listeners",
    "RepairOptions",
    "RepairResult",
    "StartOptions",
    "StartResult",
    "diagnose",
    "follow_events",
    "ingest",
    "read_events",
    "read_runs",
    "read_status",
    "repair",
    "reset",
    "search",
    "start",
    "validate",
    "validate_data",
]

_PARTS = {
    "VERSION": "opening",
    "IngestOptions": "ingesting",
    "IngestResult": "ingesting",
    "Listeners": "repairing",
    "RepairOptions": "repairing",
    "RepairResult": "repairing",
    "StartOptions": "starting",
    "StartResult": "starting",
    "diagnose": "diagnosing",
    "follow_events": "reading",
    "ingest": "ingesting",
    "read_events": "reading",
    "read_runs": "reading",
    "read_status": "reading",
    "repair": "repairing",
    "reset": "resetting",
    "search": "reading",
    "start": "starting",
    "validate": "validating",
    "validate_data": "validating",
}


def __getattr__(name: str) -> Any:
    """Return what is not imported yet."""
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PARTS[name]}"), name)
