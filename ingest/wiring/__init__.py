"""The one place that puts the parts together: what commands and programs call."""

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
