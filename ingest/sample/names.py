"""What the concepts of the generated sample are called: URIs, dates, words, by index.

Pure; knows nothing of files. No URI is one of ESCO's: nothing here can be mistaken for it.
"""

from ingest.sample.plan import SamplePlan
from ingest.sample.text import (
    Words,
    group_words,
    occupation_words,
    skill_verb,
    skill_words,
    trade_of,
)
from ingest.sample.vocabulary import Verb

SITE = "https://sample.example/esco/"

_SKILL_GROUP, _SKILL, _OCCUPATION = 2, 3, 4  # salts of the identifiers


class SampleNames:
    """The names of one plan's concepts."""

    def __init__(self, plan: SamplePlan) -> None:
        self.plan = plan

    def isco(self, index: int) -> str:
        return f"{SITE}isco/C{self.plan.tree[index].code}"

    def skill_group(self, index: int) -> str:
        code = self.plan.tree[index].code
        if len(code) < 3:  # as in real files, not every URI ends in a UUID
            return f"{SITE}field/{code}"
        return f"{SITE}skill/{self.plan.identifier(_SKILL_GROUP, index)}"

    def skill(self, index: int) -> str:
        return f"{SITE}skill/{self.plan.identifier(_SKILL, index)}"

    def occupation(self, index: int) -> str:
        return f"{SITE}occupation/{self.plan.identifier(_OCCUPATION, index)}"

    def isco_words(self, index: int) -> Words:
        return group_words(self.plan.tree[index], self.plan.areas, people=True)

    def skill_group_words(self, index: int) -> Words:
        return group_words(self.plan.tree[index], self.plan.areas, people=False)

    def skill_verb(self, index: int) -> tuple[int, Verb]:
        """Return the index of the skill's family, and its verb: far cheaper than its words."""
        trade, number = index % self.plan.trades, index // self.plan.trades
        return skill_verb(number, start=self.plan.starts[trade])

    def skill_words(self, index: int) -> Words:
        plan = self.plan
        trade = index % plan.trades
        number = index // plan.trades
        return skill_words(trade_of(trade, plan.areas), number, start=plan.starts[trade])

    def occupation_words(self, index: int) -> Words:
        plan = self.plan
        trade = index % plan.trades
        number = index // plan.trades
        return occupation_words(trade_of(trade, plan.areas), number, start=plan.starts[trade])

    def isco_group_of(self, occupation: int) -> int:
        """Return the index of the ISCO group of an occupation: one of the fourth level."""
        family = self.occupation_words(occupation).family
        return self.plan.group_of(occupation % self.plan.trades, family, leaf=True)

    def date(self, index: int) -> str:
        mixed = self.plan.mixed(20, index)
        if mixed % 6 == 0:
            return ""
        day, hour, minute, second = mixed % 28 + 1, mixed % 24, mixed // 64 % 60, mixed // 4096 % 60
        fraction = f".{mixed // 8192 % 1000:03}" if mixed % 5 else ""
        return (
            f"2024-{mixed // 32 % 12 + 1:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"
        )
