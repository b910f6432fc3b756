"""Replace jumps by conditions: what `lower_return`, `lower_break` and `lower_continue` share.

A jump inside an `if` makes the rest of the block the other branch, so no flag is asked where the answer is known:
`if c: return a` and then `return b` becomes `if c: <value> = a` and `else: <value> = b`.
Where only some ways through a statement jump, a flag says so and `if <flag>: pass`, `else: rest` guards the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import gast

from .forms import is_plain, needs_frame
from .overruled_jumps import may_be_overruled, one_at_a_time, taking_back, watched
from .syntax import FUNCTIONS, JUMPS, Block, assign, at, blocks, constant, load, own_nodes

Replace = Callable[[gast.stmt], Block]
LOOPS = (gast.While, gast.For, gast.AsyncFor)
THUNKED = (gast.If, gast.While, gast.For, gast.Try)


class Region(Enum):
    """Where a block stands: a function's own, with no thunk up to the jump's target, in one, or in a loop's in one."""

    TOP = "top"
    NATIVE = "native"
    THUNK = "thunk"
    LOOP = "loop"


class Lowering:
    """One kind of jump, replaced by setting a flag wherever a thunk lies between the jump and its target.

    `replace` gives the statements that record the jump before its flag is set; `leave` gives the real jump, for guards
    that no thunk encloses. Afterwards `asked` tells whether a guard reads the flag, `used` whether a jump sets it.
    """

    def __init__(self, kind: type[gast.stmt], flag: str, replace: Replace, leave: Replace) -> None:
        self.kind, self.flag, self.replace, self.leave = kind, flag, replace, leave
        self.asked = False
        self.used = False
        self._holding: dict[int, bool] = {}

    def block(self, statements: Block, region: Region) -> tuple[Block, bool]:
        """Lower a block; also tell whether its end is out of reach."""
        result: Block = []
        for index, statement in enumerate(statements):
            rest = statements[index + 1 :]
            if isinstance(statement, self.kind):
                return [*result, *self._jump(statement, region), *self._unreached(rest, region)], True
            if isinstance(statement, (gast.Raise, *JUMPS)):
                return [*result, statement, *self._unreached(rest, region)], True
            if not self.holds(statement):
                result.append(statement)
                continue
            if isinstance(statement, gast.If) and self._may_move(statement, rest, region):
                moved = self._move(statement, rest, Region.LOOP if region is Region.LOOP else Region.THUNK)
                if moved:
                    return [*result, moved[0]], moved[1]
            set_by_thunk = self._sets_flag(statement, region)
            lowered, ends = self._statement(statement, region)
            result.append(lowered)
            if not set_by_thunk:
                if ends:
                    return result, True
                continue
            if _is_native(region) and (region is Region.NATIVE or self._any_frame_bound(rest)):
                self.asked = True
                guard = at(gast.If(load(self.flag), self.leave(statement), []), statement)
                guard.plain = True
                after, after_ends = self.block(rest, region)
                return [*result, guard, *after], ends or after_ends
            after, after_ends = self.block(rest, Region.LOOP if region is Region.LOOP else Region.THUNK)
            if region is not Region.LOOP and not after:
                return result, ends
            self.asked = True
            guard = at(gast.If(load(self.flag), self._pass_on(statement, region), []), statement)
            guard.orelse = after
            return [*result, guard], ends or after_ends
        return result, False

    def holds(self, statement: gast.stmt) -> bool:
        """Tell what `holds_jump` tells, each statement looked at once."""
        known = self._holding.get(id(statement))
        if known is None:
            known = isinstance(statement, self.kind)
            inner = (
                statement.orelse
                if isinstance(statement, LOOPS) and self.kind is not gast.Return
                else [child for owner, field in blocks(statement) for child in getattr(owner, field)]
            )
            if not isinstance(statement, (*FUNCTIONS, gast.ClassDef)):
                for child in inner:
                    known = self.holds(child) or known
            self._holding[id(statement)] = known
        return known

    def _unreached(self, rest: Block, region: Region) -> Block:
        """Return what stands behind a jump, where it may be of a class body: what it binds are names of the class."""
        return self.block(rest, region)[0] if region is Region.NATIVE else []

    def _jump(self, statement: gast.stmt, region: Region) -> Block:
        if _is_native(region):
            return [statement]
        self.used = True
        flag = at(assign(self.flag, constant(True)), statement)
        leave_loop = [at(gast.Break(), statement)] if region is Region.LOOP else []
        return [*self.replace(statement), flag, *leave_loop]

    def _pass_on(self, statement: gast.stmt, region: Region) -> Block:
        """Return what a guard does when the jump was taken further in."""
        return [at(gast.Break() if region is Region.LOOP else gast.Pass(), statement)]

    def _may_move(self, statement: gast.If, rest: Block, region: Region) -> bool:
        """Tell whether the rest of the block may become a branch of `statement`."""
        if not _is_native(region):
            return True
        # A jump to a loop that stays Python's must be a real one: a guard after the `if` takes it.
        return region is Region.TOP and not is_plain(statement) and not self._any_frame_bound(rest)

    def _any_frame_bound(self, statements: Block) -> bool:
        return any(is_frame_bound(statement) for statement in statements)

    def _move(self, statement: gast.If, rest: Block, region: Region) -> tuple[gast.stmt, bool] | None:
        """Make the rest of the block the other branch of an `if` that jumps at the end of one of them."""
        body, ends = self.block(statement.body, region)
        if ends:
            orelse, orelse_ends = self.block([*statement.orelse, *rest], region)
            return self._if(statement, body, orelse), orelse_ends
        orelse, ends = self.block(statement.orelse, region)
        if ends:
            body, body_ends = self.block([*statement.body, *rest], region)
            return self._if(statement, body, orelse), body_ends
        return None

    def _if(self, statement: gast.If, body: Block, orelse: Block) -> gast.stmt:
        return _like(statement, gast.If(statement.test, body or [at(gast.Pass(), statement)], orelse))

    def _sets_flag(self, statement: gast.stmt, region: Region) -> bool:
        """Tell whether lowering `statement` in `region` leaves a jump for a guard after it."""
        if not _is_native(region):
            return True
        nodes = own_nodes(gast.Module([statement], []))
        return any(isinstance(node, THUNKED) and not is_plain(node) and self.holds(node) for node in nodes)

    def _statement(self, statement: gast.stmt, region: Region) -> tuple[gast.stmt, bool]:
        """Lower inside one compound statement; also tell whether its end is out of reach."""
        thunked = isinstance(statement, THUNKED) and not is_plain(statement)
        within = region
        if _is_native(region):
            movable = region is Region.TOP and not is_frame_bound(statement)
            within = Region.THUNK if thunked or (movable and self._sets_flag(statement, region)) else Region.NATIVE
        new = _like(statement, type(statement)(**dict(gast.iter_fields(statement))))
        if isinstance(statement, gast.If):
            new.body, ends = self.block(statement.body, within)
            new.orelse, orelse_ends = self.block(statement.orelse, within)
            new.body = new.body or [at(gast.Pass(), statement)]
            return new, ends and orelse_ends
        if isinstance(statement, LOOPS):
            if self.kind is gast.Return:
                inside = Region.NATIVE if within is Region.NATIVE else Region.LOOP
                new.body, _ = self.block(statement.body, inside)
            new.orelse, _ = self.block(statement.orelse, within)
        elif isinstance(statement, gast.With | gast.AsyncWith):
            new = _like(statement, self._with(one_at_a_time(statement), within))
        elif isinstance(statement, gast.Try | gast.TryStar):
            self._try(new, within)
        else:
            assert isinstance(statement, gast.Match), statement
            new.cases = [
                gast.match_case(case.pattern, case.guard, self.block(case.body, within)[0]) for case in statement.cases
            ]
        return new, False

    def _with(self, statement: gast.With | gast.AsyncWith, region: Region) -> gast.stmt:
        """Lower inside a `with`, whose manager may swallow what overrules a jump."""
        overruled = may_be_overruled(statement.body, self.holds)
        body, _ = self.block(statement.body, region)
        return type(statement)(
            statement.items, watched(self.flag, body, _is_native(region)) if overruled else body, None
        )

    def _try(self, new: gast.Try, region: Region) -> None:
        """Lower inside a `try`: its `else` belongs to a body that did not jump, its `finally` runs in every case."""
        overruled = may_be_overruled(new.body, self.holds)
        orelse, _ = self.block(new.orelse, region)
        if orelse and any(holds_jump(statement, self.kind) for statement in new.body) and not _is_native(region):
            self.asked = True
            first = orelse[0]
            orelse = [at(gast.If(load(self.flag), [at(gast.Pass(), first)], orelse), first)]
        new.body, _ = self.block(new.body, region)
        new.orelse = orelse
        new.handlers = [
            gast.copy_location(
                gast.ExceptHandler(handler.type, handler.name, self.block(handler.body, region)[0]), handler
            )
            for handler in new.handlers
        ]
        for handler in new.handlers if overruled else ():
            handler.body = taking_back(self.flag, handler)
        # A jump out of `finally` has kept everything around it plain, so there is none to lower here.


def _is_native(region: Region) -> bool:
    return region in (Region.TOP, Region.NATIVE)


def _like(old: gast.stmt, new: gast.stmt) -> gast.stmt:
    """Give `new` the place and the form of `old`."""
    gast.copy_location(new, old)
    if is_plain(old):
        new.plain = True
    return new


def holds_jump(statement: gast.AST, kind: type[gast.stmt]) -> bool:
    """Tell whether a jump in `statement` leads out of it: `break` and `continue` stop at their own loop."""
    stack: list[gast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, kind):
            return True
        if isinstance(node, (*FUNCTIONS, gast.ClassDef, gast.expr, *JUMPS)):
            continue
        if isinstance(node, LOOPS) and kind is not gast.Return:
            stack.extend(node.orelse)
        else:
            stack.extend(gast.iter_child_nodes(node))
    return False


def is_frame_bound(statement: gast.stmt) -> bool:
    """Tell whether `statement` cannot stand in a thunk: it suspends or reads its frame, or jumps out of `finally`."""
    for node in own_nodes(gast.Module([statement], [])):
        if needs_frame(node):
            return True
        # A jump out of `finally` stays Python's, in the frame of its own target.
        final = node.finalbody if isinstance(node, gast.Try | gast.TryStar) else []
        if any(holds_jump(statement, kind) for statement in final for kind in JUMPS):
            return True
    return False


def without_flag(statements: Block, flag: str) -> Block:
    """Remove the assignments to a flag that no guard reads."""

    def sets(statement: gast.stmt) -> bool:
        target = statement.targets[0] if isinstance(statement, gast.Assign) else None
        return isinstance(target, gast.Name) and target.id == flag

    for root in statements:
        for node in own_nodes(gast.Module([root], [])):
            if not isinstance(node, gast.stmt) or isinstance(node, (*FUNCTIONS, gast.ClassDef)):
                continue
            for owner, field in blocks(node):
                block = getattr(owner, field)
                kept = [statement for statement in block if not sets(statement)]
                if field == "body" and not kept:
                    kept = [at(gast.Pass(), node)]
                setattr(owner, field, kept)
    return [statement for statement in statements if not sets(statement)]
