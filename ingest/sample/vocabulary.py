"""The words of the generated sample: what one does in a trade, why, and how special it can get.

Made up for this purpose and about nobody in particular; knows nothing of files or relations.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of doing: "repair", "repairing", "mend", and the collections of skills it is in."""

    label: str
    gerund: str
    synonym: str
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Verbs of one purpose, the clause that states it, and who does this for a living."""

    name: str
    purpose: str
    roles: tuple[str, str]
    verbs: tuple[Verb, ...]  # four


FAMILIES = (
    Family(
        "making",
        "to a drawing or from experience",
        ("maker", "finisher"),
        (
            Verb("shape", "shaping", "form"),
            Verb("assemble", "assembling", "put together"),
            Verb("finish", "finishing", "complete"),
            Verb("decorate", "decorating", "adorn"),
        ),
    ),
    Family(
        "repairing",
        "so that they last for many more years",
        ("restorer", "adjuster"),
        (
            Verb("repair", "repairing", "mend"),
            Verb("restore", "restoring", "renew"),
            Verb("replace parts of", "replacing parts of", "exchange parts of"),
            Verb("adjust", "adjusting", "set up"),
        ),
    ),
    Family(
        "checking",
        "to find faults before the customer does",
        ("inspector", "tester"),
        (
            Verb("inspect", "inspecting", "examine"),
            Verb("test", "testing", "try out"),
            Verb("compare", "comparing", "contrast", ("researchSkillsCollection",)),
            Verb("measure", "measuring", "gauge"),
        ),
    ),
    Family(
        "preparing",
        "so that work can begin without delay",
        ("preparer", "sorter"),
        (
            Verb("clean", "cleaning", "wash"),
            Verb("sort", "sorting", "grade"),
            Verb("set out", "setting out", "lay out"),
            Verb("gather what is needed for", "gathering what is needed for", "fetch supplies for"),
        ),
    ),
    Family(
        "storing and moving",
        "so that nothing is lost or damaged on the way",
        ("storekeeper", "packer"),
        (
            Verb("store", "storing", "keep"),
            Verb("pack", "packing", "wrap"),
            Verb("label", "labelling", "mark"),
            Verb("deliver", "delivering", "bring"),
        ),
    ),
    Family(
        "planning",
        "in time and within the agreed budget",
        ("designer", "buyer"),
        (
            Verb("design", "designing", "draft"),
            Verb("plan work on", "planning work on", "schedule", ("transversalSkillsCollection",)),
            Verb("order", "ordering", "procure"),
            Verb("estimate the price of", "estimating the price of", "cost"),
        ),
    ),
    Family(
        "saving resources",
        "to waste less material and less energy",
        ("recycler", "salvager"),
        (
            Verb("recycle", "recycling", "recover", ("greenSkillsCollection",)),
            Verb(
                "reuse leftovers of", "reusing leftovers of", "salvage", ("greenSkillsCollection",)
            ),
            Verb("save energy on", "saving energy on", "use less power for"),
            Verb(
                "avoid waste with",
                "avoiding waste with",
                "reduce scrap of",
                ("greenSkillsCollection",),
            ),
        ),
    ),
    Family(
        "working with computers",
        "with a computer, a camera or a tablet",
        ("modeller", "online seller"),
        (
            Verb("model", "modelling", "draw on a screen", ("digitalSkillsCollection",)),
            Verb("scan", "scanning", "digitise", ("digitalSkillsCollection",)),
            Verb(
                "publish pictures of",
                "publishing pictures of",
                "show on the web",
                ("digitalSkillsCollection", "digCompSkillsCollection"),
            ),
            Verb("keep a database of", "keeping a database of", "register"),
        ),
    ),
    Family(
        "teaching",
        "so that others can do it as well",
        ("trainer", "guide"),
        (
            Verb("explain", "explaining", "describe", ("transversalSkillsCollection",)),
            Verb("demonstrate", "demonstrating", "show how to handle"),
            Verb(
                "translate instructions for",
                "translating instructions for",
                "interpret manuals of",
                ("languageSkillsCollection",),
            ),
            Verb("take notes on", "taking notes on", "record", ("researchSkillsCollection",)),
        ),
    ),
    Family(
        "knowing",
        "as a basis for sound decisions",
        ("adviser", "collector"),
        (
            Verb("history of", "studying the history of", "past of"),
            Verb("materials of", "knowing the materials of", "what is in"),
            Verb("safety rules for", "following safety rules for", "precautions with"),
            Verb("types of", "distinguishing types of", "varieties of"),
        ),
    ),
)
KNOWLEDGE = FAMILIES[-1]

# Used only when the plain words are used up: the larger the sample, the more special its skills.
ADJECTIVES = (
    *("", "small", "large", "antique", "custom-made", "lightweight", "second-hand"),
    *("prize-winning", "fragile", "unfinished"),
)
CONTEXTS = (
    *("", "by hand", "with simple machines", "outdoors", "in small workshops", "for schools"),
    *("for hospitals", "for museums", "for public buildings", "for export", "for exhibitions"),
    *("in winter", "at short notice", "at night", "in old houses", "on islands", "for beginners"),
    *("for children", "for farms", "for theatres", "for fairs", "under supervision"),
    *("in a team", "alone", "in wet weather", "in narrow spaces", "at heights", "for collectors"),
    *("for rental", "for film sets"),
)
