"""Which classes ESCO fills, in which steps, and what tells two inputs apart.

Pure but for reading the schemas; imports nothing heavy, because a start that finds the work
done needs no more than this.
"""

from hashlib import sha256

import orjson

from schemas import ClassSchema, load_schema

PIPELINE_VERSION = "1"
# In this order every class comes after those that it refers to.
CLASS_STEPS = (
    ("isco_groups", "ISCOGroup"),
    ("skill_groups", "SkillGroup"),
    ("skill_collections", "SkillCollection"),
    ("skills", "Skill"),
    ("occupations", "Occupation"),
)


def esco_schemas() -> tuple[ClassSchema, ...]:
    """Return the classes' schemas in the order of the steps."""
    return tuple(load_schema(class_name) for _, class_name in CLASS_STEPS)


def input_fingerprint(source: str, *, embedder: str, language: str) -> str:
    """Return what tells inputs apart: contents, schemas, pipeline version, embedder."""
    schemas = orjson.dumps(esco_schemas(), option=orjson.OPT_SORT_KEYS)
    parts = [source, language, embedder, PIPELINE_VERSION, sha256(schemas).hexdigest()]
    return sha256("\n".join(parts).encode()).hexdigest()
