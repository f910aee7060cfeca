"""Who is who and who relates to whom in the generated sample: numbers only, no words.

Pure arithmetic on indices, so that a sample of any size streams and is always the same. Skill
`i` and occupation `i` belong to trade `i % trades` and are number `i // trades` there.
Relations between skills point to smaller indices, but for the ones planted on purpose: the
last four skills hold a reference to itself and a cycle of three.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ingest.sample.trades import AREAS
from ingest.sample.vocabulary import FAMILIES

COLLECTIONS = 6
MAX_GROUPS = 640
AREA_SIZE = len(AREAS[0][1])

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One node of a tree of four levels: area, trade, family of doing, thing."""

    code: str  # the digits of its path: "0312"
    parent: int | None
    trade: int | None
    family: int | None
    leaf: int | None

    @property
    def area(self) -> int:
        return int(self.code[0])


@dataclass(frozen=True, kw_only=True)
class SamplePlan:
    """The shape of a sample of `concepts` concepts."""

    concepts: int
    seed: int

    @property
    def groups(self) -> int:
        """How many ISCO groups there are, and how many skill groups."""
        return min(MAX_GROUPS, self.concepts // 10)

    @property
    def occupations(self) -> int:
        return self.concepts * 18 // 100

    @cached_property
    def skills(self) -> int:
        return self.concepts - self.occupations - 2 * self.groups - COLLECTIONS

    @cached_property
    def areas(self) -> int:
        return min(len(AREAS), self.groups // 10)

    @cached_property
    def trades(self) -> int:
        return min(self.areas * AREA_SIZE, self.groups // 4)

    @cached_property
    def tree(self) -> tuple[Group, ...]:
        """The groups, every parent before its children; both pillars have the same tree."""
        return tuple(_tree(self.groups, self.areas, self.trades))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each trade begins in the words: what makes the labels of two seeds differ."""
        return tuple(self.mixed(0, trade) for trade in range(self.trades))

    def group_of(self, trade: int, family: int, *, leaf: bool) -> int:
        """Return the index of the group for this doing in this trade: level four or three."""
        first = self.areas + self.trades
        thirds = (self.groups - first) // 2
        families = (thirds - trade + self.trades - 1) // self.trades
        third = trade + self.trades * (family % families)
        return first + third + (thirds if leaf else 0)

    def broader_skill(self, index: int) -> int | None:
        """Return the broader skill: chains of several levels inside a trade."""
        number = index // self.trades
        if number % 3 == 0 or index >= self.skills - 2:
            return None
        return index % self.trades + self.trades * ((number - 1) // 2)

    def skill_relations(self, index: int) -> Iterator[tuple[str, int]]:
        """Yield the kind and the index of the skills that this one needs."""
        last = self.skills - 1
        planted = {last: last - 1, last - 1: last - 2, last - 2: last, last - 3: last - 3}
        if index in planted:
            yield "optional", planted[index]
            return
        number, trade = index // self.trades, index % self.trades
        if number >= 2 and number % 2 == 0:
            # Halving: the levels of the skills stay few, however many skills there are.
            yield "optional", trade + self.trades * (number // 2 - 1)
        if number % 7 == 3:
            yield "essential", trade + self.trades * (number // 3)

    def broader_occupation(self, index: int) -> int | None:
        number = index // self.trades
        return index % self.trades + self.trades * ((number - 1) // 3) if number % 4 else None

    def needed_skills(self, index: int) -> Iterator[tuple[str, int]]:
        """Yield kind and index of four to eleven different skills of the occupation's trade."""
        trade = index % self.trades
        there = (self.skills - trade + self.trades - 1) // self.trades
        start = self.mixed(1, index)
        essential, needed = 3 + start % 4, 4 + start % 8
        for number in range(needed):
            kind = "essential" if number < essential else "optional"
            yield kind, trade + self.trades * ((start // 64 + number) % there)

    def identifier(self, kind: int, index: int) -> str:
        """Return the UUID of concept `index` of its kind."""
        digits = f"{self.mixed(2 * kind, index):016x}{self.mixed(2 * kind + 1, index):016x}"
        parts = (digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:])
        return "-".join(parts)

    def mixed(self, salt: int, index: int) -> int:
        """Return 64 well mixed bits (splitmix64), the same on every machine."""
        mixed = (self.seed * 0x632BE59BD9B4E019 + salt * 0xD1342543DE82EF95) & _MASK
        mixed = (mixed + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)


def _tree(groups: int, areas: int, trades: int) -> Iterator[Group]:
    codes: list[str] = []
    thirds = (groups - areas - trades) // 2
    for area in range(areas):
        codes.append(str(area))
        yield Group(code=codes[-1], parent=None, trade=None, family=None, leaf=None)
    for trade in range(trades):
        codes.append(f"{codes[trade % areas]}{trade // areas}")
        yield Group(code=codes[-1], parent=trade % areas, trade=trade, family=None, leaf=None)
    for third in range(thirds):
        trade, family = third % trades, third // trades % len(FAMILIES)
        parent = areas + trade
        codes.append(f"{codes[parent]}{family}")
        yield Group(code=codes[-1], parent=parent, trade=trade, family=family, leaf=None)
    for fourth in range(groups - areas - trades - thirds):
        third, leaf = fourth % thirds, fourth // thirds
        parent = areas + trades + third
        trade, family = third % trades, third // trades % len(FAMILIES)
        codes.append(f"{codes[parent]}{leaf}")
        yield Group(code=codes[-1], parent=parent, trade=trade, family=family, leaf=leaf)
