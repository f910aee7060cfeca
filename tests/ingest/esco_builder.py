"""A tiny valid ESCO data set, written out by hand, for tests to break."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

SKILL_1 = "https://example.org/skill/1"
SKILL_2 = "https://example.org/skill/2"
SKILL_3 = "https://example.org/skill/3"
GROUP = "https://example.org/group/S"
CHILD_GROUP = "https://example.org/group/S1"
ISCO_0 = "https://example.org/isco/C0"
ISCO_01 = "https://example.org/isco/C01"
OCCUPATION_1 = "https://example.org/occupation/1"
OCCUPATION_2 = "https://example.org/occupation/2"
GREEN = "http://data.europa.eu/esco/concept-scheme/green"
LANGUAGE = "http://data.europa.eu/esco/concept-scheme/skill-language-groups"

MEMBERS = "conceptType,conceptUri,preferredLabel,status,altLabels,description\n"
SKILLS = (
    "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,"
    "modifiedDate,scopeNote,definition,inScheme,description\n"
)

FILES = {
    "ISCOGroups": (
        "conceptType,conceptUri,code,preferredLabel,status,altLabels,inScheme,description\n"
        f"ISCOGroup,{ISCO_0},0,wood,released,,,All of wood\n"
        f"ISCOGroup,{ISCO_01},01,chairs,released,,,All of chairs\n"
    ),
    "skillGroups": (
        "conceptType,conceptUri,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,"
        "scopeNote,inScheme,description,code\n"
        f"SkillGroup,{GROUP},making,,,released,,no plans,,To make,S\n"
        f"SkillGroup,{CHILD_GROUP},gluing,,,released,,,,To glue,S1\n"
    ),
    "conceptSchemes": (
        "conceptType,conceptSchemeUri,preferredLabel,title,status,description,hasTopConcept\n"
        f'ConceptScheme,{GREEN},Green,,released,,"{SKILL_1},\n{SKILL_2}"\n'
        "ConceptScheme,http://data.europa.eu/esco/concept-scheme/skills,All,,released,,\n"
        f"ConceptScheme,{LANGUAGE},Language,,released,,\n"
    ),
    "skills": SKILLS
    + (
        f"KnowledgeSkillCompetence,{SKILL_1},knowledge,cross-sector,glue,"
        '"bond\r\nstick ""fast""\n\nbond",paste,released,2024-01-25T11:28:50.290Z,note,'
        'meaning,,"Two\r\nlines"\n'
        f"KnowledgeSkillCompetence,{SKILL_2},skill/competence,,saw,,,released,,,,,To saw\r\n"
        f"KnowledgeSkillCompetence,{SKILL_3},skill/competence,,plane,,,released,,,,,To plane\n"
    ),
    "occupations": (
        "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,"
        "modifiedDate,regulatedProfessionNote,scopeNote,definition,inScheme,description,code\n"
        f"Occupation,{OCCUPATION_1},01,joiner,,,released,,,,,,Joins,01.1\n"
        f"Occupation,{OCCUPATION_2},01,chair joiner,,,released,,,,,,Joins chairs,01.1.1\n"
    ),
    "broaderRelationsSkillPillar": (
        "conceptType,conceptUri,broaderType,broaderUri\n"
        f"SkillGroup,{CHILD_GROUP},SkillGroup,{GROUP}\n"
        f"KnowledgeSkillCompetence,{SKILL_1},SkillGroup,{CHILD_GROUP}\n"
        f"KnowledgeSkillCompetence,{SKILL_3},KnowledgeSkillCompetence,{SKILL_2}\n"
    ),
    "broaderRelationsOccPillar": (
        "conceptType,conceptUri,broaderType,broaderUri\r\n"
        f"ISCOGroup,{ISCO_01},ISCOGroup,{ISCO_0}\r\n"
        f"Occupation,{OCCUPATION_1},ISCOGroup,{ISCO_01}\r\n"
        f"Occupation,{OCCUPATION_2},Occupation,{OCCUPATION_1}\r\n"
    ),
    "skillSkillRelations": (
        "originalSkillUri,originalSkillType,relationType,relatedSkillType,relatedSkillUri\n"
        f"{SKILL_1},knowledge,optional,knowledge,{SKILL_2}\n"
    ),
    "occupationSkillRelations": (
        "occupationUri,relationType,skillType,skillUri\n"
        f"{OCCUPATION_1},essential,knowledge,{SKILL_1}\n"
        f"{OCCUPATION_1},optional,knowledge,{SKILL_2}\n"
    ),
    "digCompSkillsCollection": MEMBERS,
    "digitalSkillsCollection": MEMBERS,
    "greenSkillsCollection": MEMBERS
    + f"KnowledgeSkillCompetence,{SKILL_2} ,saw,released,cut | part,To saw\n",
    "languageSkillsCollection": MEMBERS,
    "researchSkillsCollection": MEMBERS,
    "transversalSkillsCollection": MEMBERS,
    "researchOccupationsCollection": MEMBERS,
    "skillsHierarchy": (
        "Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term\n"
        f"{GROUP},making,{CHILD_GROUP}\n"
    ),
}


def tiny(**changed: str | bytes | None) -> dict[str, bytes]:
    """Return the files by name, some of them by stem with other content, or None to leave out."""
    texts: dict[str, str | bytes | None] = {**FILES, **changed}
    return {
        f"{stem}_en.csv": text.encode() if isinstance(text, str) else text
        for stem, text in texts.items()
        if text is not None
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Put the files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def write_zip(path: Path, files: Mapping[str, bytes], *, inside: str = "") -> Path:
    """Put the files into a zip, under the folder `inside` if there is to be one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(inside + name, content)
    return path
