"""The rows of the generated sample's relation and collection files, in ESCO's columns.

They share the quirks of the published ones: " | " between labels, blanks after URIs, a header
without rows, relations to what is not there.
"""

from collections.abc import Iterator

from ingest.sample.concepts import KSC, REUSE_LEVELS
from ingest.sample.names import SITE, SampleNames

MISSING_SKILL = SITE + "skill/no-such-skill"
MISSING_GROUP = SITE + "skill/no-such-group"
SMALL = 1000  # below this, no skill is in the collection of languages: a header alone


def broader_skill_pillar(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index, group in enumerate(names.plan.tree):
        if group.parent is not None:
            parent = names.skill_group(group.parent)
            yield "SkillGroup", names.skill_group(index), "SkillGroup", parent
    for index in range(names.plan.skills):
        skill = names.skill(index)
        number, trade = divmod(index, names.plan.trades)
        family, _ = names.skill_verb(index)
        member_of = names.plan.group_of(trade, family, leaf=number % 2 == 0)
        yield KSC, skill, "SkillGroup", names.skill_group(member_of)
        if number % 3 == 0:
            yield KSC, skill, "SkillGroup", names.skill_group(names.plan.areas + trade)
        broader = names.plan.broader_skill(index)
        if broader is not None:
            yield KSC, skill, KSC, names.skill(broader)
    yield KSC, names.skill(0), "SkillGroup", MISSING_GROUP
    yield KSC, names.skill(1), KSC, MISSING_SKILL


def broader_occupation_pillar(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index, group in enumerate(names.plan.tree):
        if group.parent is not None:
            yield "ISCOGroup", names.isco(index), "ISCOGroup", names.isco(group.parent)
    for index in range(names.plan.occupations):
        broader = names.plan.broader_occupation(index)
        occupation = names.occupation(index)
        if broader is not None:
            yield "Occupation", occupation, "Occupation", names.occupation(broader)
        else:
            isco_group = names.isco(names.isco_group_of(index))
            yield "Occupation", occupation, "ISCOGroup", isco_group


def skill_relations(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index in range(names.plan.skills):
        for kind, needed in names.plan.skill_relations(index):
            yield names.skill(index), "knowledge", kind, "knowledge", names.skill(needed)


def occupation_relations(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index in range(names.plan.occupations):
        occupation = names.occupation(index)
        for kind, needed in names.plan.needed_skills(index):
            yield occupation, kind, "skill/competence", names.skill(needed)
    yield names.occupation(0), "essential", "knowledge", MISSING_SKILL
    yield names.occupation(1), "essential", "knowledge", MISSING_SKILL
    yield names.occupation(1), "optional", "knowledge", MISSING_SKILL


def members(names: SampleNames, stem: str) -> Iterator[tuple[str, ...]]:
    if stem == "languageSkillsCollection" and names.plan.concepts < SMALL:
        return
    for index in range(names.plan.skills):
        if stem in names.skill_verb(index)[1].collections:
            words = names.skill_words(index)
            blank = " " if index % 5 == 0 else ""
            yield (
                *(KSC, names.skill(index) + blank, words.label, "released", words.kind),
                *(REUSE_LEVELS[index // 3 % 4], " | ".join(words.alternatives)),
                *(words.description, "", ""),
            )


def research_occupations(names: SampleNames) -> Iterator[tuple[str, ...]]:
    for index in range(0, min(names.plan.occupations, 100), 10):
        words = names.occupation_words(index)
        yield (
            *("Occupation", names.occupation(index), words.label, "released"),
            *(" | ".join(words.alternatives), words.description, "", ""),
        )
