"""The rows of the generated sample's concept files, in ESCO's columns.

They share the quirks of the published ones: labels one a line, ",\n" between schemes, quotes
and line ends of both kinds inside fields.
"""

from collections.abc import Iterator

from ingest.esco.files import COLLECTION_SCHEMES
from ingest.sample.names import SITE, SampleNames

SCHEMES = SITE + "concept-scheme/"
KSC = "KnowledgeSkillCompetence"
REUSE_LEVELS = ("cross-sector", "occupation-specific", "sector-specific", "transversal")


def isco_groups(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index, group in enumerate(names.plan.tree):
        words = names.isco_words(index)
        schemes = f"{SCHEMES}isco,\n{SCHEMES}occupations"
        yield (
            *("ISCOGroup", names.isco(index), group.code, words.label, "released", ""),
            *(schemes, words.description),
        )


def skill_groups(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index, group in enumerate(names.plan.tree):
        words = names.skill_group_words(index)
        note = "Not for machines." if index % 7 == 4 else ""
        yield (
            *("SkillGroup", names.skill_group(index), words.label, "", "", "released"),
            *(names.date(index), note, f"{SCHEMES}skills,\n{SCHEMES}skills-hierarchy"),
            *(words.description, f"S{group.code}"),
        )


def concept_schemes(names: SampleNames) -> Iterator[tuple[str, ...]]:
    tops = [index for index, group in enumerate(names.plan.tree) if group.parent is None]
    own = (
        ("isco", "Groups of occupations", ",\n".join(map(names.isco, tops))),
        ("occupations", "Occupations", ",\n".join(map(names.isco, tops))),
        ("skills", "Skills", ",\n".join(map(names.skill_group, tops))),
        ("skills-hierarchy", "Skills hierarchy", ",\n".join(map(names.skill_group, tops))),
    )
    for name, label, concepts in own:
        yield "ConceptScheme", SCHEMES + name, label, "", "released", "", concepts
    for stem, scheme in COLLECTION_SCHEMES.items():
        label = stem.removesuffix("SkillsCollection").capitalize()
        about = f"Skills of the {label.lower()} kind.\r\nGenerated, like all of this sample."
        yield "ConceptScheme", scheme, label, "", "released", about, ""


def skills(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index in range(names.plan.skills):
        words = names.skill_words(index)
        hidden = f"{words.label} (old)" if index % 9 == 5 else ""
        note = f'See also: "{words.alternatives[0]}".' if index % 8 == 3 else ""
        yield (
            *(KSC, names.skill(index), words.kind, REUSE_LEVELS[index // 3 % 4], words.label),
            *("\n".join(words.alternatives), hidden, "released", names.date(index), note, ""),
            *(f"{SCHEMES}skills,\n{SCHEMES}member-skills", words.description),
        )


def occupations(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index in range(names.plan.occupations):
        words = names.occupation_words(index)
        code = names.plan.tree[names.isco_group_of(index)].code
        yield (
            *("Occupation", names.occupation(index), code, words.label),
            *("\n".join(words.alternatives), "", "released", names.date(index)),
            *(f"{SITE}regulated-professions/unregulated", "", ""),
            *(f"{SCHEMES}occupations,\n{SCHEMES}member-occupations", words.description),
            f"{code}.{index // names.plan.trades + 1}",
        )


def hierarchy(names: SampleNames) -> Iterator[tuple[str, ...]]:
    """Rows as short as their level is deep, like some of the published ones."""
    for index, group in enumerate(names.plan.tree):
        path = [index]
        while (parent := names.plan.tree[path[0]].parent) is not None:
            path.insert(0, parent)
        named: list[str] = []
        for step in path:
            words = names.skill_group_words(step)
            named += [names.skill_group(step), words.label]
        filled = [*named, *[""] * (8 - len(named))]
        codes = [f"S{group.code[:depth]}" for depth in range(1, len(group.code) + 1)]
        yield (*filled, "", "", *codes)
