"""What the concepts of the generated sample are called and how they are described.

Pure: words for the numbers of ingest/sample/plan.py. Labels are unique for a million concepts.
"""

from dataclasses import dataclass

from ingest.sample.plan import AREA_SIZE, Group
from ingest.sample.trades import AREAS, Trade
from ingest.sample.vocabulary import ADJECTIVES, CONTEXTS, FAMILIES, KNOWLEDGE, Family, Verb

# With the index of their family.
VERBS = tuple((index, verb) for index, family in enumerate(FAMILIES) for verb in family.verbs)
ROLES = tuple((index, role) for index, family in enumerate(FAMILIES) for role in family.roles)
THINGS = len(AREAS[0][1][0].things)

# Steps through all pairs of a doing and a thing, neighbours far apart (coprime to their number).
_SKILL_STEP = 149
_ROLE_STEP = 69


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of one concept, and the index of its family of doing."""

    label: str
    alternatives: tuple[str, ...]
    description: str
    kind: str = ""
    family: int = 0


def trade_of(trade: int, areas: int) -> Trade:
    """Return trade number `trade`; the trades go round the areas."""
    return AREAS[trade % areas][1][trade // areas % AREA_SIZE]


def skill_verb(number: int, *, start: int) -> tuple[int, Verb]:
    """Return the verb of skill `number` of a trade, and the index of its family."""
    return VERBS[(number * _SKILL_STEP + start) % len(VERBS)]


def skill_words(trade: Trade, number: int, *, start: int) -> Words:
    """Return the words of skill `number` of a trade; `start` says which pair comes first."""
    index, verb = skill_verb(number, start=start)
    family, pairs = FAMILIES[index], len(VERBS) * THINGS
    thing = trade.things[(number * _SKILL_STEP + start) % pairs // len(VERBS)]
    thing = _special(thing, number // pairs)
    return Words(
        label=f"{verb.label} {thing}",
        alternatives=(f"{verb.synonym} {thing}", f"{verb.gerund} {thing}"),
        description=_skill_description(trade, family, verb, thing, number),
        kind="knowledge" if family is KNOWLEDGE else "skill/competence",
        family=index,
    )


def occupation_words(trade: Trade, number: int, *, start: int) -> Words:
    """Return the words of occupation `number` of a trade; number 0 is its worker as such."""
    if number == 0:
        return Words(
            label=trade.worker,
            alternatives=(f"{trade.name} specialist",),
            description=(
                f"A {trade.worker} knows {trade.name} from the first sketch to the last touch: "
                f"{', '.join(trade.things[:3])} and more, with {_list(trade.tools)}."
            ),
        )
    pairs = len(ROLES) * THINGS
    pair = ((number - 1) * _ROLE_STEP + start) % pairs
    index, role = ROLES[pair % len(ROLES)]
    family = FAMILIES[index]
    thing = _special(trade.things[pair // len(ROLES)], (number - 1) // pairs)
    return Words(
        label=f"{role} of {thing}",
        alternatives=(f"{trade.worker} and {role}", f"{role} for {thing}"),
        description=(
            f"Works in {trade.name} and is asked when it comes to {family.name}: "
            f"{family.verbs[0].gerund} or {family.verbs[1].gerund} {thing}, {family.purpose}.\n"
            f'Colleagues say "{trade.worker}" for short.'
        ),
        family=index,
    )


def group_words(group: Group, areas: int, *, people: bool) -> Words:
    """Return the words of a group of people (ISCO) or of skills."""
    area = AREAS[group.area][0]
    if group.trade is None:
        label = f"{area} workers" if people else f"working with {area}"
        about = f"everything that is made of or done with {area}"
    elif group.family is None:
        trade = trade_of(group.trade, areas)
        label = f"{trade.name} workers" if people else trade.name
        about = f"{_list(trade.things[:3])}, with {_list(trade.tools)}"
    else:
        trade, family = trade_of(group.trade, areas), FAMILIES[group.family]
        thing = f"{family.name} in {trade.name}"
        if group.leaf is not None:
            thing = f"{family.name}: {trade.things[group.leaf]}"
        label = f"{trade.worker}s, {thing}" if people else thing
        about = f"{family.name} in {trade.name}, {family.purpose}"
    start = "People whose work is" if people else "Skills for"
    return Words(label=label, alternatives=(), description=f"{start} {about}.")


def _skill_description(trade: Trade, family: Family, verb: Verb, thing: str, number: int) -> str:
    first = f"{verb.gerund.capitalize()} {thing} in {trade.name}, {family.purpose}."
    tool = trade.tools[number % len(trade.tools)]
    if number % 5 == 2:  # as in real files: a second paragraph, a line end of another system
        return f'{first}\r\nThe {trade.worker} calls it "{verb.synonym} {thing}".'
    return f"{first} Usual tools are the {tool} and a keen eye."


def _special(thing: str, level: int) -> str:
    adjective = ADJECTIVES[level % len(ADJECTIVES)]
    context = CONTEXTS[level // len(ADJECTIVES) % len(CONTEXTS)]
    return " ".join(part for part in (adjective, thing, context) if part)


def _list(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
