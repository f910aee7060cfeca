"""What a case of the corpus says: what is bad, what is called, and what must come of it.

Knows nothing of how a case is run; the kinds of bad input stand in modules of their own.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")

SECRET = "canary-key-4f1b9d"  # in the environment of every case, nowhere else ever
TELLTALE = "TELLTALE"  # in the texts of records; in no message and no event

LOAD = "ingest data --embedder hashing"


class After(Enum):
    """What is there when the command has ended."""

    UNTOUCHED = "nothing is recorded"  # the journal is what it was
    RESUMABLE = "the run failed; it goes on once this is mended"
    LOADED = "the load is complete"


class World(Protocol):
    """What a case may arrange: a folder that is the current one, and how to reach the rest."""

    folder: Path
    names: dict[str, str]  # what {NAME} stands for, in commands and in sentences
    mend: Callable[[], None]  # takes away what is bad
    recorded: Callable[[], object]  # what the journal holds

    def set(self, variable: str, value: str) -> None:
        """Set an environment variable."""
        ...

    def change(self, where: str, value: object) -> None:
        """Set a time or a limit of the program ("module.NAME") to a smaller one."""
        ...

    def open(self, context: AbstractContextManager[T]) -> T:
        """Enter a context until the case is over."""
        ...

    def varity(self, command: str) -> None:
        """Run a command that must succeed."""
        ...


Arrange = Callable[[World], None]


def nothing(world: World) -> None:
    """Arrange nothing: the command line itself is bad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects:
    """A row that must be listed by `rejected`."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of bad input. `says` is the one sentence, whole; {ANY} in it is any text."""

    name: str
    bad: str
    code: int
    says: str = ""
    arrange: Arrange = nothing
    command: str | tuple[str, ...] = LOAD
    after: After = After.UNTOUCHED
    rejects: tuple[Rejects, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # that differ from the tiny set's
    dangling: int = 0
    reports: str = ""  # what the document on stdout says under "error"
    shown: tuple[str, ...] = ()  # further commands whose output is looked at
    needs_server: bool = False


def loads(name: str, bad: str, arrange: Arrange, **more: object) -> Case:
    """Return a case that is no fault: it loads whole."""
    return Case(name=name, bad=bad, arrange=arrange, code=0, after=After.LOADED, **more)  # type: ignore[arg-type]


def rejected(name: str, bad: str, arrange: Arrange, *rows: Rejects, **more: object) -> Case:
    """Return a case of rows that are left out, listed, and exit 3."""
    records = "1 record" if len(rows) == 1 else f"{len(rows)} records"
    return Case(
        name=name,
        bad=bad,
        arrange=arrange,
        code=3,
        says=f"{records} rejected, 0 allowed (--max-rejected); the others are loaded;"
        " see `varity-journal rejected`",
        after=After.LOADED,
        rejects=rows,
        **more,  # type: ignore[arg-type]
    )
