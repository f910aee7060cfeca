"""The OpenAPI document, made of the declared endpoints.

Pure.
"""

import re
from typing import Any

from ingest.serve.endpoints import CLASSES, ENDPOINTS, Endpoint
from ingest.serve.library import MODES
from ingest.serve.parameters import Parameter

Schema = dict[str, Any]


def openapi_document(version: str) -> Schema:
    """Return the description of every endpoint, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Varity Journal",
            "version": version,
            "description": "Search in what was loaded, and the journal of the loading.",
        },
        "paths": {
            _template(endpoint.path): {"get": _operation(endpoint)} for endpoint in ENDPOINTS
        },
        "components": {"schemas": _SCHEMAS},
    }


def _operation(endpoint: Endpoint) -> Schema:
    parameters = [_parameter(parameter, "query") for parameter in endpoint.parameters]
    if endpoint.in_path is not None:
        parameters.insert(0, _parameter(endpoint.in_path, "path"))
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": list(endpoint.tags),
        "parameters": parameters,
        "responses": {
            str(status): {
                "description": about,
                "content": _content(endpoint.media_type, schema),
            }
            for status, (about, schema) in sorted(endpoint.answers.items())
        },
    }


def _parameter(parameter: Parameter, place: str) -> Schema:
    return {
        "name": parameter.name,
        "in": place,
        "description": parameter.about,
        "required": place == "path" or parameter.default is None,
        "schema": parameter.schema,
    }


def _content(media_type: str, schema: str | None) -> Schema:
    if schema is None:
        return {media_type: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _template(path: str) -> str:
    """Return the path as OpenAPI writes it: without the router's converters."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


# --- bodies -----------------------------------------------------------------------------------


def _record(**properties: Schema) -> Schema:
    """Return the schema of an object that has all of the properties, always."""
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(kind: str) -> Schema:
    return {"type": [kind, "null"]}


def _of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_COUNTS: Schema = {"type": "object", "additionalProperties": _WHOLE}
_CLASS: Schema = {"type": "string", "enum": list(CLASSES)}
_NAMED: Schema = {"class": _CLASS, "concept_uri": _TEXT, "label": _TEXT}

_READY: Schema = {
    "ready": _FLAG,
    "run_id": _or_null("string"),
    "completed_at": _or_null("string"),
    "updating": _FLAG,
    "status": _of("Status"),
}

_SCHEMAS: Schema = {
    "Error": _record(error=_TEXT),
    "Found": _record(
        query=_TEXT,
        **{"class": _CLASS},
        mode={"type": "string", "enum": list(MODES)},
        results=_list(_record(**_NAMED, score=_NUMBER)),
    ),
    "Concept": _record(
        **_NAMED,
        properties={
            "type": "object",
            "additionalProperties": {"type": ["string", "array"], "items": _TEXT},
        },
        relations=_list(_of("Relation")),
        inverse_relations=_list(_of("Relation")),
    ),
    "Relation": _record(
        relation=_TEXT,
        **{"class": _CLASS},
        total=_or_null("integer"),
        truncated=_FLAG,
        concepts=_list(_record(**_NAMED)),
    ),
    "Health": _record(healthy=_FLAG, version=_TEXT),
    "Ready": _record(**_READY),
    "Unready": _record(error=_TEXT, **_READY),
    "Status": _record(
        pipeline=_TEXT,
        status={
            "type": "string",
            "enum": [
                "not_started",
                "in_progress",
                "interrupted",
                "failed",
                "completed",
                "unknown",
            ],
        },
        run_id=_or_null("string"),
        attempt=_WHOLE,
        epoch=_WHOLE,
        step=_or_null("string"),
        steps_done=_WHOLE,
        steps_total=_WHOLE,
        progress=_TEXT,
        counts=_COUNTS,
        relations=_COUNTS,
        rejected=_WHOLE,
        dangling=_WHOLE,
        extra=_WHOLE,
        sample=_FLAG,
        error=_or_null("string"),
        owner={"type": ["object", "null"]},
        lease=_record(held=_or_null("boolean"), age_seconds=_or_null("number")),
        started_at=_or_null("string"),
        updated_at=_or_null("string"),
        store=_TEXT,
        embedder=_TEXT,
        source=_or_null("string"),
    ),
    "History": _record(total=_WHOLE, offset=_WHOLE, runs=_list(_of("Run"))),
    "Run": _record(
        run_id=_TEXT,
        kind=_TEXT,
        status=_TEXT,
        attempts=_WHOLE,
        started_at=_or_null("string"),
        ended_at=_or_null("string"),
        duration_seconds=_or_null("number"),
        steps_done=_WHOLE,
        steps_total=_WHOLE,
        objects=_WHOLE,
        relations=_WHOLE,
        rejected=_WHOLE,
    ),
    "Events": _record(run_id=_TEXT, total=_WHOLE, offset=_WHOLE, events=_list(_of("Event"))),
    "Event": _record(
        pipeline=_TEXT,
        run_id=_TEXT,
        epoch=_WHOLE,
        seq=_WHOLE,
        event=_TEXT,
        step=_or_null("string"),
        at=_TEXT,
        fenced=_FLAG,
        details={"type": "object"},
        version=_WHOLE,
    ),
    "Description": {"type": "object"},
}
