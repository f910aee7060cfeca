"""What a mutant is: one fault, the harm it would do, and the tests that must find it.

Knows nothing of how faults are planted or tests are run.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault.

    `changes` are (old text, new text) in the source of `module`; each old text stands there
    exactly once. `killed_by` names, by file below `tests/`, tests of which every one must fail.
    """

    name: str
    harm: str
    module: str
    changes: tuple[tuple[str, str], ...]
    killed_by: Mapping[str, tuple[str, ...]]

    @property
    def node_ids(self) -> tuple[str, ...]:
        """The tests' ids as pytest takes them."""
        return tuple(f"tests/{file}::{test}" for file, test in self.tests())

    def tests(self) -> Iterator[tuple[str, str]]:
        """Yield (file below `tests/`, test)."""
        for file, tests in self.killed_by.items():
            for test in tests:
                yield file, test

    def written(self) -> str:
        """Return the mutant as a line of JSON, for the process that it is planted in."""
        return json.dumps(asdict(self))


def read_mutant(line: str) -> Mutant:
    """Return what `written` wrote."""
    found = json.loads(line)
    killed_by = {file: tuple(tests) for file, tests in found.pop("killed_by").items()}
    changes = tuple((old, new) for old, new in found.pop("changes"))
    return Mutant(**found, changes=changes, killed_by=killed_by)


class CodeChanged(Exception):
    """The text that a mutant replaces is not there, or not once. Remedy: mend the mutant."""


def mutated(mutant: Mutant, source: str) -> str:
    """Return the source of the mutant's module with the fault in it.

    Raises:
        CodeChanged: an old text does not stand there exactly once.
    """
    for old, new in mutant.changes:
        found = source.count(old)
        if found != 1:
            raise CodeChanged(
                f"mutant {mutant.name}: {mutant.module} holds {old!r} {found} times and not once:"
                " the code changed, mend the mutant"
            )
        source = source.replace(old, new)
    return source
