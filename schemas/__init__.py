"""The classes of the database, one YAML file each, and their loader.

Knows nothing of any store: an adapter translates a `ClassSchema` into its own words.
"""

from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any, Literal

import yaml

# libyaml's parser, where it was built in: the same documents in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
    text = get_data(__name__, f"{name.lower()}.yaml")  # `resources` would import what reads zips
    document: dict[str, Any] = yaml.load(text or b"", Loader=_LOADER)  # noqa: S506 - both are safe
    return ClassSchema(
        name=document["name"],
        description=document["description"],
        properties=tuple(PropertySchema(**entry) for entry in document["properties"]),
        references=tuple(ReferenceSchema(**entry) for entry in document.get("references", ())),
    )
