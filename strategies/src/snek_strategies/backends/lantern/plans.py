"""What a program of the IR became, kept beside its library: who finds it need not lower the program, nor write C++.

A plan is found by the program as it was staged and by all that decides what lowering makes of it: the text of the IR's
and the back-ends' modules, Python, NumPy, the recursion limit, and what decides about a library.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

import snek_strategies
from snek_strategies.backends.lantern.cache import PLAN, kept, key_of, publish
from snek_strategies.ir.fingerprint import fingerprint
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.verify import checking

LOWERING = ("ir", "backends")
"""The folders whose modules decide what becomes of a program of the IR."""


@dataclass(frozen=True)
class Plan:
    """What running a compiled program takes besides its library."""

    library: str
    """The library's key in the cache."""
    same: tuple[int | None, ...]
    """The parameter that a result is, for each."""
    constants: tuple[np.ndarray, ...]
    text: str
    """What `digest` says of the C++: the same program lowered again must number its exceptions and prints alike."""


def key_for(program: Program, threads: int) -> str | None:
    """Return the key of a program's plan, or None for a program that has none."""
    # Where borders are checked, every pass runs.
    own = None if checking() else fingerprint(program)
    if own is None:
        return None
    return key_of(own, str(threads), str(sys.getrecursionlimit()), sys.version, np.__version__, _lowering())


def find(key: str) -> Plan | None:
    """Return the plan of that key, or None where there is none."""
    content = kept(key, PLAN)
    if content is None:
        return None
    head, _, rest = content.partition(b"\n")
    said = json.loads(head)
    shapes: list[tuple[str, list[int]]] = said["constants"]
    ends = list(accumulate((_size(*one) for one in shapes), initial=0))
    parts = [rest[start:end] for start, end in pairwise(ends)]
    constants = [np.frombuffer(part, dtype).reshape(dims) for part, (dtype, dims) in zip(parts, shapes, strict=True)]
    # Copies, because bytes need not lie where a vector register may read them.
    return Plan(said["library"], tuple(said["same"]), tuple(one.copy() for one in constants), said["text"])


def keep(key: str, plan: Plan) -> None:
    """Put a plan into the cache: one line of JSON, and the constants' memory behind it."""
    said: dict[str, Any] = {"library": plan.library, "same": plan.same, "text": plan.text}
    said["constants"] = [(one.dtype.str, one.shape) for one in plan.constants]
    content = b"\n".join([json.dumps(said).encode(), b"".join(one.tobytes() for one in plan.constants)])
    publish((key, PLAN, content))


def digest(source: str) -> str:
    """Return a digest of C++ without its comments, which are the user's text and may have changed meanwhile."""
    return hashlib.sha256(re.sub(r"^\s*//.*\n", "", source, flags=re.MULTILINE).encode()).hexdigest()


def _size(dtype: str, dims: list[int]) -> int:
    return np.dtype(dtype).itemsize * math.prod(dims)


@cache
def _lowering() -> str:
    """Return a digest of the modules that decide what becomes of a program."""
    package = Path(snek_strategies.__file__).parent
    # `os.walk` takes half the time that a Path's own walk does, and every process asks once.
    found = [f"{at}/{one}" for name in LOWERING for at, _, names in os.walk(package / name) for one in names]
    held = hashlib.sha256()
    for path in sorted(one for one in found if one.endswith(".py")):
        with open(path, "rb") as file:
            held.update(file.read() + b"\0")
    return held.hexdigest()


# Asked as this module is loaded, near to when the others were: later their files may be others'.
_lowering()
