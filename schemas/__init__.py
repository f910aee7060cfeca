"""The classes of the database, one YAML file each, and their loader.

Knows nothing of any store: an adapter translates a `ClassSchema` into its own words.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

PropertyType = Literal["text", "text[]", "date", "int"]
Tokenization = Literal["field", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySchema:
    """One value property. What is neither filterable nor searchable is stored only."""

    name: str
    type: PropertyType
    tokenization: Tokenization | None = None  # texts only
    filterable: bool = False
    searchable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSchema:
    """One reference property, to one class."""

    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSchema:
    """One class, as it must be in the database; vectors are always ours (vectorizer none)."""

    name: str
    description: str
    properties: tuple[PropertySchema, ...]
    references: tuple[ReferenceSchema, ...] = ()


@cache
def load_schema(name: str) -> ClassSchema:
    """Return the schema of class `name` ("Skill").

    Raises:
        FileNotFoundError: there is no such class.
    """
    text = resources.files(__name__).joinpath(f"{name.lower()}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return ClassSchema(
        name=document["name"],
        description=document["description"],
        properties=tuple(PropertySchema(**entry) for entry in document["properties"]),
        references=tuple(ReferenceSchema(**entry) for entry in document.get("references", ())),
    )
