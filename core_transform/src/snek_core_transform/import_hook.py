"""An import hook that virtualizes modules as they are loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from .operators import Operators
from .virtualize_module import Refuse, Take, virtualize_module

Wanted = Callable[[str], bool]


class VirtualizingLoader(SourceFileLoader):
    """Loads a Python file with its functions virtualized; writes no bytecode file."""

    def __init__(self, name: str, path: str, operators: Operators, refuse: Refuse | None, take: Take | None) -> None:
        super().__init__(name, path)
        self.operators, self.refuse, self.take = operators, refuse, take

    def get_code(self, fullname: str) -> CodeType:
        """Return the virtualized code of the module."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return virtualize_module(code, self.operators, self.refuse, self.take)


class VirtualizingFinder(MetaPathFinder):
    """Finds the modules that `wanted` names, as Python's own finder of files does; the others are left to Python."""

    def __init__(
        self, wanted: Wanted, operators: Operators, refuse: Refuse | None = None, take: Take | None = None
    ) -> None:
        self.wanted, self.operators, self.refuse, self.take = wanted, operators, refuse, take

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module is, with a loader that virtualizes it."""
        if not self.wanted(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = VirtualizingLoader(fullname, spec.loader.path, self.operators, self.refuse, self.take)
        return spec


@contextmanager
def virtualized_imports(
    wanted: Wanted, operators: Operators, refuse: Refuse | None = None, take: Take | None = None
) -> Iterator[VirtualizingFinder]:
    """Virtualize with `operators`, inside the `with` block, each module that is loaded and whose name is `wanted`.

    Modules that are loaded already stay as they are. A function that cannot be virtualized makes the import fail,
    unless `refuse` takes it with its error; it then keeps its own code.
    """
    finder = VirtualizingFinder(wanted, operators, refuse, take)
    sys.meta_path.insert(0, finder)
    try:
        yield finder
    finally:
        sys.meta_path.remove(finder)
