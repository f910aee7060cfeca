"""What a data set is made of before it becomes objects: concepts, relations, rejections.

Knows nothing of files, vectors or stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from journal.errors import JournalError

PropertyValue: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One row of a main file, parsed: a future object.

    `properties` holds exactly the text properties of the class in `schemas/` other than
    `contentHash`: every one, in the schema's names, "" or () where the file has nothing.
    """

    class_name: str
    uri: str
    properties: Mapping[str, PropertyValue]
    file: str
    line: int


class Relation(NamedTuple):
    """One directed edge, named as the reference property that will hold it ("broaderSkill")."""

    source_class: str
    name: str
    source_uri: str
    target_class: str
    target_uri: str


class Relations(NamedTuple):
    """Many edges of one reference, by column: `source_uris[i]` refers to `target_uris[i]`."""

    source_class: str
    name: str
    target_class: str
    source_uris: Sequence[str]
    target_uris: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A row that can not be loaded. `key` is its URI, or "file:line" where it has none."""

    class_name: str
    file: str
    line: int
    key: str
    reason: str


class InputError(JournalError):
    """The input can not be used as a whole. One sentence: file, what is wrong, what to do."""
