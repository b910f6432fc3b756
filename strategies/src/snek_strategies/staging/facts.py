"""What is known of flags at the point being staged: in a branch its test holds, behind a path that raised it does not.

A flag that says whether a variable is None need not be asked again where an `if` around it, or before it, has asked.
"""

from __future__ import annotations

from snek_strategies.ir.syntax import Atom, Const, Sym
from snek_strategies.staging.builder import builder


def note(atom: Atom, holds: bool) -> None:
    """Note that a flag holds, or does not, from here to the end of the open block, and all that follows from it."""
    pending = [(atom, holds)]
    while pending:
        flag, truth = pending.pop()
        if isinstance(flag, Sym) and known(flag) is None:
            block = builder().open[-1]
            block.facts[flag.index] = (truth, len(block.nodes))
            pending.extend(builder().implied.get((flag.index, truth), ()))


def known(atom: Atom) -> bool | None:
    """Return whether a flag holds at the point being staged, or None where data decide."""
    if isinstance(atom, Const):
        return bool(atom.value)
    found = (block.facts.get(atom.index) for block in reversed(builder().open))
    return next((fact[0] for fact in found if fact is not None), None)


def implies(atom: Atom, holds: bool, consequence: Atom, truth: bool) -> None:
    """Note that wherever one flag holds (or does not), another one does (or does not)."""
    if isinstance(atom, Sym):
        builder().implied.setdefault((atom.index, holds), []).append((consequence, truth))


def follows(result: Atom, flag: Atom, body: Atom, orelse: Atom) -> None:
    """Note what the outcome of `result = body if flag else orelse` tells about `flag`."""
    if orelse is flag:
        orelse = Const(False, flag.type)
    if body is flag:
        body = Const(True, flag.type)
    for value, path in ((body, True), (orelse, False)):
        if isinstance(value, Const):
            # An outcome that this path does not give comes from the other one.
            implies(result, not value.value, flag, not path)
