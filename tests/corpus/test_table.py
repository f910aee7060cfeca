"""The table itself: it is whole, and docs/bad-input.md shows it."""

from tests.corpus.case import After
from tests.corpus.cases import CASES
from tests.corpus.page import PAGE, page


def test_the_page_shows_exactly_the_cases() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.corpus.page writes it anew"


def test_names_and_descriptions_stand_once() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert all(case.bad for case in CASES)


def test_the_issue_asks_for_eighty_cases() -> None:
    assert len(CASES) >= 80


def test_every_fault_has_a_sentence_and_only_faults_have() -> None:
    for case in CASES:
        is_told = bool(case.says or case.reports)
        assert is_told == (case.code != 0), case.name
        assert (case.after is After.LOADED) == (case.code in (0, 3)), case.name
