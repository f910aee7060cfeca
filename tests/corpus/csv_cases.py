"""CSV files that are not what they should be."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

from tests.corpus.case import TELLTALE, Case, Rejects, loads, rejected
from tests.corpus.data import SKILL, folder, more_skills, skill_row
from tests.ingest.esco_builder import FILES, OCCUPATION_1, SKILL_1, SKILL_2

SKILLS = "skills_en.csv"
LINE = 9  # of a row after the tiny set's
RLO, BELL, ESCAPE = "\u202e", "\x07", "\x1b[31m\x1b]0;owned\x07"


def row(reason: str, *, file: str = SKILLS, line: int = LINE) -> Rejects:
    return Rejects(file=file, line=line, reason=reason)


NO_URI = "the URI is not absolute (http, https or urn, without blanks)"
NO_DATE = "the date is none (it must look like 2024-01-25T11:28:50Z)"
NAMES = FILES["skills"].split("\n", 1)[0]

BYTES = (
    loads("csv-bom", "a byte order mark", folder(skills=b"\xef\xbb\xbf" + FILES["skills"].encode())),
    loads("csv-crlf-mix", "line ends of both kinds", folder(
        occupationSkillRelations=FILES["occupationSkillRelations"].replace("\n", "\r\n", 2))),
    loads("csv-cr-only", "lone CR as line ends", folder(
        occupationSkillRelations=FILES["occupationSkillRelations"].replace("\n", "\r"))),
    Case(name="csv-latin-1", bad="Latin-1 instead of UTF-8", code=2,
         arrange=folder(skills=FILES["skills"].encode() + skill_row(label="é").encode("latin-1")),
         says="skills_en.csv, line 9: byte 584 is not UTF-8: save the file as UTF-8"),
    Case(name="csv-utf-16", bad="UTF-16 instead of UTF-8", code=2,
         arrange=folder(skills=FILES["skills"].encode("utf-16")), says="skills_en.csv is UTF-16, it must be UTF-8: save it as UTF-8"),
    Case(name="csv-cut-character", bad="a file cut inside a character", code=2,
         arrange=folder(skills=FILES["skills"].encode() + "é".encode()[:1]), says="skills_en.csv, line 9: byte 529 is not UTF-8: save the file as UTF-8"),
    Case(name="csv-zero-bytes", bad="a file of zero bytes", code=2,
         arrange=folder(skills=b""), says="skills_en.csv is empty: download it again"),
    Case(name="csv-blank-lines", bad="a file of blank lines", code=2,
         arrange=folder(skills="\n\n\n"), says="skills_en.csv has no header: its first line must name the columns"),
    Case(name="csv-header-only", bad="a header and no row, where there must be some", code=2,
         arrange=folder(skills=NAMES + "\n"), says="skills_en.csv has a header and no row: it must have some"),
    Case(name="csv-duplicate-header", bad="a column named twice", code=2,
         arrange=folder(skills=FILES["skills"].replace("inScheme", "status", 1)), says="skills_en.csv names a column twice in its header: keep one of them"),
    Case(name="csv-missing-column", bad="a column missing", code=2,
         arrange=folder(skills=FILES["skills"].replace("hiddenLabels", "hidden", 1)), says="skills_en.csv has no column hiddenLabels: its first line must be the header of ESCO's file"),
    Case(name="csv-million-columns", bad="a million columns", code=2,
         arrange=folder(skills="a," * 1_000_000 + "\n1\n"), says="skills_en.csv has more than 200 columns: this is not ESCO's file"),
    Case(name="csv-no-newline", bad="40 MB without a line end", code=2,
         arrange=folder(skills=NAMES.encode() + b"\n" + b"x" * 40_000_000), says="skills_en.csv, line 2: longer than 33,554,432 bytes; this is not a CSV file of ESCO's"),
    Case(name="csv-huge-field", bad="a field of 17 million characters", code=2,
         arrange=more_skills(skill_row(description='"' + "x" * 17_000_000 + '"')), says="skills_en.csv, line 9: a field runs over more than 16,777,216 characters: close its quote"),
    Case(name="csv-open-quote", bad="a quote that is never closed", code=2,
         arrange=more_skills(skill_row(label='"file')), says="skills_en.csv, line 9: a quote is opened and never closed: close it"),
    Case(name="csv-nul-file", bad="a file of NUL bytes", code=2,
         arrange=folder(skills=b"\0" * 4096), says="skills_en.csv has no column conceptUri: its first line must be the header of ESCO's file"),
)  # fmt: skip

ROWS = (
    rejected("csv-nul", "a NUL in a field", more_skills(skill_row(label="fi\0le")),
             row("a field holds a NUL character")),
    rejected("csv-text-after-quote", "text after a closing quote",
             more_skills(skill_row(label='"file"s')),
             row("there is text between a closing quote and the next comma")),
    rejected("csv-short-row", "a row of too few columns", more_skills(f"x,{SKILL},,\n"),
             row("4 columns instead of 13")),
    rejected("csv-long-row", "a row of too many columns",
             more_skills(skill_row().replace("\n", ",more\n")), row("14 columns instead of 13")),
    rejected("csv-lone-cr", "a lone CR inside a row", more_skills(skill_row(label="fi\rle")),
             row("5 columns instead of 13"), row("9 columns instead of 13", line=LINE + 1)),
    rejected("csv-long-field", "a field of more than a million characters",
             more_skills(skill_row(description="x" * 1_000_001)),
             row("a field is longer than 1,000,000 characters")),
    rejected("csv-lone-surrogate", "half a surrogate pair in a text",
             more_skills(skill_row(label="a\ud800b"), errors="surrogatepass"),
             row("a field holds half a character (a lone surrogate)")),
    rejected("csv-surrogate-in-uri", "half a surrogate pair in a URI",
             more_skills(skill_row(uri=SKILL + "\udfff"), errors="surrogatepass"), row(NO_URI)),
    rejected("csv-no-uri", "a row without a URI", more_skills(skill_row(uri="")),
             row("the URI is missing")),
    rejected("csv-relative-uri", "a relative URI", more_skills(skill_row(uri="/skill/9")),
             row(NO_URI)),
    rejected("csv-uri-scheme", "a URI of another scheme",
             more_skills(skill_row(uri="javascript:alert(1)")), row(NO_URI)),
    rejected("csv-uri-blank", "a blank in a URI", more_skills(skill_row(uri=SKILL + " 9")),
             row(NO_URI)),
    rejected("csv-uri-control", "control characters in a URI",
             more_skills(skill_row(uri=SKILL + ESCAPE)), row(NO_URI)),
    rejected("csv-uri-c1", "a C1 control character in a URI",
             more_skills(skill_row(uri=SKILL + "\x9b31m")), row(NO_URI)),
    rejected("csv-uri-rlo", "a right-to-left override in a URI",
             more_skills(skill_row(uri=SKILL + RLO + "gpj.exe")), row(NO_URI)),
    rejected("csv-uri-long", "a URI of more than 2,048 characters",
             more_skills(skill_row(uri=SKILL + "9" * 2048)),
             row("the URI is longer than 2,048 characters")),
    rejected("csv-same-uri", "two rows of one URI that differ",
             more_skills(skill_row(uri=SKILL_2, label="other")),
             row("an earlier row has this URI and says otherwise")),
    rejected("csv-no-date", "a date that is none", more_skills(skill_row(date="yesterday")),
             row(NO_DATE)),
    rejected("csv-date-32", "the 32nd of January",
             more_skills(skill_row(date="2024-01-32T00:00:00Z")), row(NO_DATE)),
    rejected("csv-date-zone", "a date that its zone moves before the year 1",
             more_skills(skill_row(date="0001-01-01T00:00:00+23:59")), row(NO_DATE)),
    loads("csv-same-row", "a row that stands there twice",
          more_skills(skill_row(), skill_row()), counts={"Skill": 4}),
    loads("csv-uri-quotes", "quotes in a URI",
          more_skills(skill_row(uri=f'"{SKILL}\'""9"')), counts={"Skill": 4},
          shown=("search file",)),
    loads("csv-label-escape", "escape sequences in a label",
          more_skills(skill_row(label="file" + ESCAPE + BELL)), counts={"Skill": 4},
          shown=("search file", "search file --json")),
    loads("csv-label-c1", "C1 control characters in a label",
          more_skills(skill_row(label="file\x9b31m\x85")), counts={"Skill": 4},
          shown=("search file", "search file --json")),
    loads("csv-label-rlo", "right-to-left overrides in a label",
          more_skills(skill_row(label=f"file{RLO}exe\u2066\u2028")), counts={"Skill": 4},
          shown=("search file", "search file --json")),
    loads("csv-label-markup", "console markup and a link in a label",
          more_skills(skill_row(label="file [red]x[/] [link=http://x]y[/link]")),
          counts={"Skill": 4}, shown=("search file",)),
)  # fmt: skip

RELATED = "skillSkillRelations_en.csv"
RELATIONS = FILES["skillSkillRelations"]
BROADER = FILES["broaderRelationsSkillPillar"]

EDGES = (
    loads("relation-dangling", "a relation to a skill that is not there", folder(
        skillSkillRelations=RELATIONS + f"{SKILL_1},x,essential,x,{SKILL}\n"), dangling=1),
    loads("relation-wrong-class", "a skill relation to an occupation", folder(
        skillSkillRelations=RELATIONS + f"{SKILL_1},x,essential,x,{OCCUPATION_1}\n"), dangling=1),
    loads("relation-self", "a skill that is broader than itself", folder(
        broaderRelationsSkillPillar=BROADER + f"KnowledgeSkillCompetence,{SKILL_1},"
        f"KnowledgeSkillCompetence,{SKILL_1}\n")),
    loads("relation-isco-code", "an occupation of an ISCO group that is not there", folder(
        occupations=FILES["occupations"].replace(",01,joiner", ",99,joiner")), dangling=1),
    rejected("relation-type", "a relation neither essential nor optional", folder(
        skillSkillRelations=RELATIONS + f"{SKILL_1},x,vital,x,{SKILL_2}\n"),
        row("the relation is neither essential nor optional", file=RELATED, line=3)),
    rejected("relation-pair", "a broader relation between types that have none", folder(
        broaderRelationsSkillPillar=BROADER + f"Occupation,{SKILL_1},SkillGroup,{SKILL_2}\n"),
        row("no broader relation joins these two types", line=5,
            file="broaderRelationsSkillPillar_en.csv")),
    rejected("relation-uri-rlo", "a right-to-left override in a relation", folder(
        skillSkillRelations=RELATIONS + f"{SKILL_1},x,essential,x,{SKILL_2}{RLO}\n"),
        row(NO_URI, file=RELATED, line=3)),
    rejected("relation-to-rejected", "a relation to a rejected skill", folder(
        skills=FILES["skills"] + skill_row(date=TELLTALE),
        skillSkillRelations=RELATIONS + f"{SKILL_1},x,essential,x,{SKILL}\n"),
        row(NO_DATE), dangling=1),
)  # fmt: skip

CASES: tuple[Case, ...] = (*BYTES, *ROWS, *EDGES)
