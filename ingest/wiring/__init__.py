"""The one place that puts the parts together: what commands and programs call."""

from ingest.wiring.ingesting import IngestOptions, IngestResult, ingest
from ingest.wiring.opening import VERSION
from ingest.wiring.reading import (
    follow_events,
    read_events,
    read_runs,
    read_status,
    search,
    validate,
)
from ingest.wiring.resetting import reset

__all__ = [
    "VERSION",
    "IngestOptions",
    "IngestResult",
    "follow_events",
    "ingest",
    "read_events",
    "read_runs",
    "read_status",
    "reset",
    "search",
    "validate",
]
