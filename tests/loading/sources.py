"""Inputs made by hand: a few concepts and relations, in the classes of ESCO.

Knows the records only; nothing of files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.catalogue import Catalogue, read_catalogue
from ingest.esco_classes import esco_schemas
from ingest.records import Concept, PropertyValue, Rejection, Relation, Relations
from schemas import load_schema

EMBEDDER = "none:1"


def skill_uri(number: int) -> str:
    """Return the URI of skill `number`."""
    return f"http://example.org/skill/{number:04}"


def group_uri(number: int) -> str:
    """Return the URI of skill group `number`."""
    return f"http://example.org/group/{number:04}"


def skill(number: int, **changed: PropertyValue) -> Concept:
    """Return a skill; its text is its own."""
    return concept("Skill", skill_uri(number), line=number + 2, **changed)


def group(number: int, **changed: PropertyValue) -> Concept:
    """Return a skill group."""
    return concept("SkillGroup", group_uri(number), line=number + 2, **changed)


def concept(class_name: str, uri: str, *, line: int, **changed: PropertyValue) -> Concept:
    """Return a concept with every property of its class."""
    nothing: dict[str, PropertyValue] = {
        entry.name: () if entry.type == "text[]" else ""
        for entry in load_schema(class_name).properties
        if entry.name != "contentHash"
    }
    label = uri.rpartition("/")[2]
    said: dict[str, PropertyValue] = {"conceptUri": uri, "preferredLabel": f"label {label}"}
    return Concept(
        class_name=class_name,
        uri=uri,
        properties={**nothing, **said, **changed},
        file=f"{class_name}.csv",
        line=line,
    )


def member(skill_number: int, group_number: int) -> Relation:
    """Return the relation of a skill to its group."""
    return Relation(
        source_class="Skill",
        name="memberOfSkillGroup",
        source_uri=skill_uri(skill_number),
        target_class="SkillGroup",
        target_uri=group_uri(group_number),
    )


def needs(source: int, target: int, *, name: str = "hasOptionalSkill") -> Relation:
    """Return the relation of one skill to another."""
    return Relation(
        source_class="Skill",
        name=name,
        source_uri=skill_uri(source),
        target_class="Skill",
        target_uri=skill_uri(target),
    )


@dataclass(slots=True)
class HandMade:
    """A `Source` of what it was given, in that order."""

    concepts_read: Sequence[Concept | Rejection] = ()
    relations_read: Sequence[Relation | Rejection] = ()
    fingerprint: str = field(default="hand-made")

    def concepts(self, class_name: str) -> Iterator[Concept | Rejection]:
        """Yield the concepts of one class."""
        return (read for read in self.concepts_read if read.class_name == class_name)

    def relations_by_column(self) -> Iterator[Relations | Rejection]:
        """Yield all relations, each by itself."""
        for read in self.relations_read:
            if isinstance(read, Rejection):
                yield read
            else:
                ends = ((read.source_uri,), (read.target_uri,))
                yield Relations(read.source_class, read.name, read.target_class, *ends)


Read = Callable[[HandMade], Catalogue]


def read_by_hand(source: HandMade) -> Catalogue:
    """Return the whole of it; whoever asks closes it."""
    return read_catalogue(source, esco_schemas(), embedder=EMBEDDER)


def fresh(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue as another process reads it: nothing of it is absent."""
    return Catalogue(catalogue.classes, catalogue.dangling, catalogue._spool, embedder=EMBEDDER)


def grid(skills: int, relations: Iterable[Relation] = (), *, groups: int = 2) -> HandMade:
    """Return skills spread over groups, in which every third skill needs the one before it."""
    chains = [needs(number, number - 1) for number in range(2, skills, 3)]
    members = [member(number, number % groups) for number in range(skills)]
    return HandMade(
        [*map(group, range(groups)), *map(skill, range(skills))], [*members, *chains, *relations]
    )


def with_cycles(skills: int = 40) -> HandMade:
    """Return a grid with a self-reference (skill 3) and a cycle of three over two levels.

    Skills 6, 7 and 9 form the cycle; 7 also needs 20, and 12 needs 6 from outside.
    """
    return grid(
        skills,
        [needs(3, 3), needs(6, 7), needs(7, 9), needs(9, 6), needs(7, 20), needs(12, 6)],
    )
