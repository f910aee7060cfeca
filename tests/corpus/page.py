"""docs/bad-input.md, written from the cases: `python -m tests.corpus.page` writes it anew."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.corpus.case import After, Case
from tests.corpus.cases import CASES, KINDS

PAGE = Path(__file__).parents[2] / "docs" / "bad-input.md"

HEAD = """\
# Bad input, and what it gets

Written from the cases in `tests/corpus/` by `python -m tests.corpus.page`; a test holds it
against them, and each case against the command itself. {count} cases.

Whatever is bad: one sentence on stderr, the exit code of [the command line](cli.md), no
traceback, nothing on stdout (with `--json` a document, or nothing), no control character that a
terminal would obey, no secret and no text of a record. Then one of:

- **nothing**: no event is recorded, and the same call says the same again;
- **resumable**: the run is journaled as failed, and goes on once the cause is mended;
- **rejected**: the other records are loaded, and `varity-journal rejected` lists these with file
  and line;
- **loaded**: it is no fault.

Capital letters stand for what differs: FOLDER, URL (of the store), T2V (of the embedder's
service), GRPC (a port). "..." is any text.
"""
ROW = "| {bad} | {code} | {after} | {says} |\n"
OUTCOMES = {
    After.UNTOUCHED: "nothing",
    After.RESUMABLE: "resumable",
    After.LOADED: "loaded",
}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD.format(count=len(CASES))]
    for kind, cases in KINDS.items():
        parts.append(f"\n## {kind}\n\n| what is bad | exit | then | it says |\n|---|---|---|---|\n")
        parts += rows(cases)
    return "".join(parts)


def rows(cases: Iterable[Case]) -> Iterator[str]:
    """Yield a line of the table for each case."""
    for case in cases:
        after = "rejected" if case.rejects else OUTCOMES[case.after]
        yield ROW.format(bad=cell(case.bad), code=case.code, after=after, says=cell(shown(case)))


def shown(case: Case) -> str:
    """Return what a person is told: the sentence, or why each record is rejected."""
    if case.rejects:
        places = (f"{row.file}, line {row.line}: {row.reason}" for row in case.rejects)
        return "; ".join(places)
    said = case.says or case.reports
    return re.sub(r"\{([A-Z0-9]+)\}", r"\1", said.replace("{ANY}", "..."))


def cell(text: str) -> str:
    """Return the text so that Markdown shows it as it is."""
    return re.sub(r"([\\|*_<>\[\]])", r"\\\1", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
