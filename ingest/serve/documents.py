"""What the service answers, as JSON documents; those of the command line are the same.

Pure over what was looked up.
"""

from collections.abc import Sequence

from ingest.lines import event_document
from ingest.report import Document, StatusReport, run_document, search_document, status_document
from ingest.serve.concepts import Concept, Relation
from ingest.serve.library import Readiness
from ingest.target import Hit
from journal.codec import to_timestamp
from journal.events import Recorded
from journal.state import RunState, Status

HIDDEN_PROPERTIES = ("contentHash",)  # ours, not the concept's


def found_document(query: str, class_name: str, mode: str, hits: Sequence[Hit]) -> Document:
    """Return the document of `/search`."""
    found = search_document(query, hits)
    return {"query": query, "class": class_name, "mode": mode, "results": found["results"]}


def concept_document(concept: Concept) -> Document:
    """Return the document of `/concepts/{uri}`."""
    stored = concept.stored
    return {
        "class": stored.class_name,
        "concept_uri": stored.uri,
        "label": stored.properties["preferredLabel"],
        "properties": {
            name: value
            for name, value in stored.properties.items()
            if name not in HIDDEN_PROPERTIES
        },
        "relations": [_relation_document(relation) for relation in concept.outgoing],
        "inverse_relations": [_relation_document(relation) for relation in concept.incoming],
    }


def ready_document(readiness: Readiness, report: StatusReport) -> Document:
    """Return the document of `/ready`: which run is served, or why none is."""
    served = readiness.standing.served if readiness.is_ready else None
    document: Document = {
        "ready": readiness.is_ready,
        "run_id": served.run_id if served else None,
        "completed_at": to_timestamp(served.ended_at) if served and served.ended_at else None,
        "updating": served is not None and report.status == Status.IN_PROGRESS,
        "status": status_document(report),
    }
    return document if readiness.is_ready else {"error": readiness.reason, **document}


def history_document(
    runs: Sequence[RunState], *, is_held: bool | None, limit: int, offset: int
) -> Document:
    """Return the document of `/history`: the runs from `offset` on, newest first."""
    documents = [
        run_document(state, is_held=is_held if index == 0 else None)
        for index, state in enumerate(runs)
    ]
    return {
        "total": len(runs),
        "offset": offset,
        "runs": documents[offset : offset + limit],
    }


def events_document(
    run_id: str, events: Sequence[tuple[Recorded, bool]], *, limit: int, offset: int
) -> Document:
    """Return the document of `/history/{run}`: the events from `offset` on, oldest first."""
    return {
        "run_id": run_id,
        "total": len(events),
        "offset": offset,
        "events": [
            event_document(recorded, fenced=fenced)
            for recorded, fenced in events[offset : offset + limit]
        ],
    }


def _relation_document(relation: Relation) -> Document:
    return {
        "relation": relation.name,
        "class": relation.class_name,
        "total": relation.total,
        "truncated": relation.is_truncated,
        "concepts": [
            {"class": hit.class_name, "concept_uri": hit.uri, "label": hit.label}
            for hit in relation.concepts
        ],
    }
