"""Load the function that a user names on the command line: `FILE.py:FUNCTION`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from snek_core_transform.errors import UsageError


def load_file(path: str) -> ModuleType:
    """Run the Python file at `path` once and return its module, which can import its neighbours.

    The module stands in `sys.modules` under a name of its own, because dataclasses look their module up there.
    Raises UsageError where there is no such file; what the file itself raises passes through.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise UsageError(f"no such file: {path!r}; name an existing Python file, as in FILE.py:FUNCTION")
    name = f"<snek user file {file}>"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"not a Python file: {path!r}; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.parent))
    return module


def load_function(target: str) -> object:
    """Return what `FILE.py:FUNCTION` names; FUNCTION may be dotted, as in `Model.forward`.

    Raises UsageError where the file or the function does not exist, naming the functions that do.
    """
    path, colon, qualname = target.rpartition(":")
    if not colon or not path or not qualname:
        raise UsageError(f"not a function's place: {target!r}; write FILE.py:FUNCTION")
    found: object = load_file(path)
    for part in qualname.split("."):
        if not hasattr(found, part):
            home = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
            known = sorted(n for n, v in vars(found).items() if callable(v) and getattr(v, "__module__", None) == home)
            raise UsageError(f"no {part!r} in {target!r}; there are {', '.join(known) or 'no functions'}")
        found = getattr(found, part)
    return found
