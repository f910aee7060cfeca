"""The files of ESCO's CSV download and what each of their columns becomes: a table, no code.

Format: ESCO 1.2.0, "classification, CSV"; a file is named `<stem>_<language>.csv`. Columns go
by name: their order differs between files, and the ones that nothing uses may be absent.
"""

from dataclasses import dataclass

_SCHEME = "http://data.europa.eu/esco/concept-scheme/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShape:
    """What a file must have. `rows_needed`: a header alone can not be right."""

    columns: tuple[str, ...]
    rows_needed: bool = False


# Concepts: the class, the stem of its file and the column of its URI.
CONCEPT_FILES = {
    "ISCOGroup": ("ISCOGroups", "conceptUri"),
    "SkillGroup": ("skillGroups", "conceptUri"),
    "SkillCollection": ("conceptSchemes", "conceptSchemeUri"),
    "Skill": ("skills", "conceptUri"),
    "Occupation": ("occupations", "conceptUri"),
}

# Properties that the schema has and the file of the class has not.
ABSENT_PROPERTIES = {"SkillCollection": frozenset({"altLabels"})}

# Columns that are no property and still part of what the row says: `iscoGroup` is a reference.
FURTHER_COLUMNS = {"Occupation": ("iscoGroup",)}

# The six of the 19 concept schemes that are collections of skills, by the stem of the file that
# lists their members. Only the URI of a scheme is the same in every language. Told by 1.2.0
# itself: each member of a file lies `inScheme` of the scheme beside it, for four of the six.
# The members of the language and the transversal file lie in no scheme of their own; the
# schemes "skill-language-groups" (labelled "Language") and "skill-transversal-groups" have the
# heads of exactly these two hierarchies as their top concepts. The digital one has no readable
# name. "Research occupations" (8ae4b9f3-...) is a collection too, of occupations: not loaded.
COLLECTION_SCHEMES = {
    "digCompSkillsCollection": _SCHEME + "digcomp",
    "digitalSkillsCollection": _SCHEME + "6c930acd-c104-4ece-acf7-f44fd7333036",
    "greenSkillsCollection": _SCHEME + "green",
    "languageSkillsCollection": _SCHEME + "skill-language-groups",
    "researchSkillsCollection": _SCHEME + "research",
    "transversalSkillsCollection": _SCHEME + "skill-transversal-groups",
}

# Files of broader relations, and the class under which a row of unknown type is rejected.
BROADER_FILES = {
    "broaderRelationsSkillPillar": "Skill",
    "broaderRelationsOccPillar": "Occupation",
}

# (conceptType, broaderType) -> (source class, reference, target class). None: not loaded, because
# the `iscoGroup` column names a group for every occupation and this file for 59 % of them.
BROADER_RELATIONS: dict[tuple[str, str], tuple[str, str, str] | None] = {
    ("KnowledgeSkillCompetence", "SkillGroup"): ("Skill", "memberOfSkillGroup", "SkillGroup"),
    ("KnowledgeSkillCompetence", "KnowledgeSkillCompetence"): ("Skill", "broaderSkill", "Skill"),
    ("SkillGroup", "SkillGroup"): ("SkillGroup", "broaderSkillGroup", "SkillGroup"),
    ("Occupation", "Occupation"): ("Occupation", "broaderOccupation", "Occupation"),
    ("ISCOGroup", "ISCOGroup"): ("ISCOGroup", "broaderISCOGroup", "ISCOGroup"),
    ("Occupation", "ISCOGroup"): None,
}

# Files of skill relations: source class, column of the source, column of the skill. The types of
# skill that they repeat are wrong in places (`originalSkillType`) and never read.
SKILL_RELATION_FILES = {
    "skillSkillRelations": ("Skill", "originalSkillUri", "relatedSkillUri"),
    "occupationSkillRelations": ("Occupation", "occupationUri", "skillUri"),
}
SKILL_RELATIONS = {"essential": "hasEssentialSkill", "optional": "hasOptionalSkill"}

_LABELS = ("conceptUri", "preferredLabel", "altLabels", "description", "status")
_BROADER = FileShape(columns=("conceptType", "conceptUri", "broaderType", "broaderUri"))
_MEMBERS = FileShape(columns=("conceptUri",))

FILES = {
    "ISCOGroups": FileShape(columns=(*_LABELS, "code"), rows_needed=True),
    "skillGroups": FileShape(columns=(*_LABELS, "code", "scopeNote"), rows_needed=True),
    "conceptSchemes": FileShape(
        columns=("conceptSchemeUri", "preferredLabel", "description", "status"), rows_needed=True
    ),
    "skills": FileShape(
        columns=(
            *(*_LABELS, "skillType", "reuseLevel", "definition"),
            *("scopeNote", "hiddenLabels", "modifiedDate"),
        ),
        rows_needed=True,
    ),
    "occupations": FileShape(
        columns=(
            *(*_LABELS, "code", "iscoGroup", "definition", "scopeNote"),
            *("hiddenLabels", "regulatedProfessionNote", "modifiedDate"),
        ),
        rows_needed=True,
    ),
    **dict.fromkeys(BROADER_FILES, _BROADER),
    **dict.fromkeys(COLLECTION_SCHEMES, _MEMBERS),
    "skillSkillRelations": FileShape(
        columns=("originalSkillUri", "relationType", "relatedSkillUri")
    ),
    "occupationSkillRelations": FileShape(columns=("occupationUri", "relationType", "skillUri")),
    # The last two are checked and not loaded.
    "researchOccupationsCollection": _MEMBERS,
    "skillsHierarchy": FileShape(columns=("Level 0 URI", "Level 0 preferred term")),
}
