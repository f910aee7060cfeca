"""Writes a generated data set in the layout of ESCO's CSV download.

For trying things out and for load tests: everything in it is made up, and the same arguments
give the same bytes (under one version of zlib). It streams: memory does not grow with its size.
Five relations are dangling in it, on purpose and whatever its size: one memberOfSkillGroup, one
broaderSkill, and of occupations two hasEssentialSkill and one hasOptionalSkill.
"""

import csv
import io
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.esco.files import COLLECTION_SCHEMES
from ingest.records import InputError
from ingest.sample import concepts as sample_concepts
from ingest.sample import relations as sample_relations
from ingest.sample.names import SampleNames
from ingest.sample.plan import SamplePlan

FEWEST_CONCEPTS = 300
MOST_CONCEPTS = 1_000_000

# A zip can not say "no date"; this is the first one that it can say.
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class _File:
    rows: Callable[[SampleNames], Iterable[tuple[str, ...]]]
    columns: str  # in ESCO's order, with a comma between
    line_end: str = "\n"


_BROADER = "conceptType,conceptUri,broaderType,broaderUri"
_MEMBERS = (
    "conceptType,conceptUri,preferredLabel,status,skillType,reuseLevel,altLabels,description,"
    "broaderConceptUri,broaderConceptPT"
)
_FILES = {
    "ISCOGroups": _File(
        sample_concepts.isco_groups,
        "conceptType,conceptUri,code,preferredLabel,status,altLabels,inScheme,description",
    ),
    "skillGroups": _File(
        sample_concepts.skill_groups,
        "conceptType,conceptUri,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,"
        "scopeNote,inScheme,description,code",
    ),
    "conceptSchemes": _File(
        sample_concepts.concept_schemes,
        "conceptType,conceptSchemeUri,preferredLabel,title,status,description,hasTopConcept",
        "\r\n",
    ),
    "skills": _File(
        sample_concepts.skills,
        "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,"
        "status,modifiedDate,scopeNote,definition,inScheme,description",
    ),
    "occupations": _File(
        sample_concepts.occupations,
        "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,"
        "modifiedDate,regulatedProfessionNote,scopeNote,definition,inScheme,description,code",
    ),
    "broaderRelationsSkillPillar": _File(sample_relations.broader_skill_pillar, _BROADER, "\r\n"),
    "broaderRelationsOccPillar": _File(
        sample_relations.broader_occupation_pillar, _BROADER, "\r\n"
    ),
    "skillSkillRelations": _File(
        sample_relations.skill_relations,
        "originalSkillUri,originalSkillType,relationType,relatedSkillType,relatedSkillUri",
        "\r\n",
    ),
    "occupationSkillRelations": _File(
        sample_relations.occupation_relations, "occupationUri,relationType,skillType,skillUri"
    ),
    **{
        stem: _File(partial(sample_relations.members, stem=stem), _MEMBERS, "\r\n")
        for stem in COLLECTION_SCHEMES
    },
    "researchOccupationsCollection": _File(
        sample_relations.research_occupations,
        "conceptType,conceptUri,preferredLabel,status,altLabels,description,broaderConceptUri,"
        "broaderConceptPT",
        "\r\n",
    ),
    "skillsHierarchy": _File(
        sample_concepts.hierarchy,
        "Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term,Level 2 URI,"
        "Level 2 preferred term,Level 3 URI,Level 3 preferred term,Description,Scope note,"
        "Level 0 code,Level 1 code,Level 2 code,Level 3 code",
    ),
}


def write_sample(out: Path, *, concepts: int = 300, seed: int = 0) -> None:
    """Write a zip of `concepts` concepts (all classes together) at `out`, whole or not at all.

    Raises:
        InputError: the number of concepts is out of range, or `out` can not be written.
    """
    if not FEWEST_CONCEPTS <= concepts <= MOST_CONCEPTS:
        raise InputError(
            f"a sample has {FEWEST_CONCEPTS:,} to {MOST_CONCEPTS:,} concepts, not {concepts:,}"
        )
    if not out.name or "\0" in str(out):
        raise InputError(f"the sample can not be written to {str(out)!r}: that names no file")
    names = SampleNames(SamplePlan(concepts=concepts, seed=seed))
    partial_path = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        try:
            with zipfile.ZipFile(partial_path, "w", zipfile.ZIP_DEFLATED) as opened:
                for stem, file in _FILES.items():
                    _write(opened, stem, file, names)
            os.replace(partial_path, out)
        finally:
            partial_path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the sample can not be written to {out}: {error.strerror}") from error


def _write(opened: zipfile.ZipFile, stem: str, file: _File, names: SampleNames) -> None:
    entry = zipfile.ZipInfo(f"{stem}_en.csv", date_time=FIRST_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # the same on every system
    entry.external_attr = PLAIN_FILE
    with (
        opened.open(entry, "w") as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator=file.line_end)
        writer.writerow(file.columns.split(","))
        writer.writerows(file.rows(names))
