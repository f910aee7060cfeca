"""Planting a mutant: its module is compiled from the changed source, in this process only.

Knows the import system. No bytecode of the module is read, for it would be that of the sound
source, and none is written, for it would be that of the fault.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from tests.mutants.mutant import Mutant, mutated


class Planter(MetaPathFinder):
    """Finds the mutant's module before anybody else does; `is_planted` once it was asked for."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self.is_planted = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the mutant's module, None for any other."""
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self)
        return spec

    def compiled(self, path: str, source: bytes) -> CodeType:
        """Return the code of the module with the fault in it."""
        changed = mutated(self._mutant, source.decode())
        self.is_planted = True
        code: CodeType = compile(changed, path, "exec")
        return code


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, planter: Planter) -> None:
        super().__init__(fullname, path)
        self._planter = planter

    def get_code(self, fullname: str) -> CodeType:
        """Compile what stands in the file; the inherited method would look for bytecode first."""
        return self._planter.compiled(self.path, self.get_data(self.path))


def plant(mutant: Mutant) -> Planter:
    """Have the next import of the mutant's module be that of the fault.

    Raises:
        RuntimeError: the module is imported already.
    """
    if mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} is imported already: too late to plant anything in it")
    planter = Planter(mutant)
    sys.meta_path.insert(0, planter)
    return planter
