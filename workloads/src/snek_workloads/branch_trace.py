"""Which way a program goes: the decisions that its own code takes while it runs."""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple


class Choice(NamedTuple):
    """A place in a program's source that decides: an `if`, `while`, `for`, `and`, ternary, comprehension and so on.

    The compiler may write one place as several jumps (a `while` test stands before and after the loop); they are one
    choice. Lines count from 1, columns from 0 in bytes of UTF-8, as in `dis`.
    """

    function: str
    line: int
    column: int
    end_line: int
    end_column: int


class Decision(NamedTuple):
    """One decision as it was taken: the test was true, or the loop had a next item, or it was not."""

    choice: Choice
    outcome: bool


class _Jump(NamedTuple):
    choice: Choice
    offset: int
    next_offset: int
    outcome_of_falling_through: bool


def branch_trace(function: Callable[..., object], *args: object) -> tuple[Decision, ...]:
    """Run `function(*args)` and return every decision that code of the function's own file took, in order.

    Two runs with equal traces took the same way. Whatever trace function was set before is set again afterwards, also
    when the program raises.
    """
    filename = _code(function).co_filename
    decisions: list[Decision] = []
    pending: dict[FrameType, _Jump] = {}

    def trace_call(frame: FrameType, event: str, _: object) -> Any:
        if event != "call" or frame.f_code.co_filename != filename:
            return None
        frame.f_trace = trace_opcode  # Python 3.13 heeds the next line only in a frame that is traced already
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return trace_opcode

    def trace_opcode(frame: FrameType, event: str, _: object) -> Any:
        if event == "opcode":
            jump = pending.get(frame)
            if jump and frame.f_lasti != jump.offset:
                del pending[frame]
                fell_through = frame.f_lasti == jump.next_offset
                decisions.append(Decision(jump.choice, fell_through is jump.outcome_of_falling_through))
            if coming := _jumps(frame.f_code).get(frame.f_lasti):
                pending[frame] = coming
        elif event in {"return", "exception"}:
            pending.pop(frame, None)
        return trace_opcode

    before, own = sys.gettrace(), sys._getframe()
    opcodes_before = own.f_trace_opcodes
    # Python 3.12 looks for opcode events only where some frame wants them at the time when the function is set.
    own.f_trace_opcodes = True
    sys.settrace(trace_call)
    try:
        function(*args)
    finally:
        sys.settrace(before)
        own.f_trace_opcodes = opcodes_before
    return tuple(decisions)


def choices(function: Callable[..., object]) -> frozenset[Choice]:
    """Return every place where `function`, a function inside it, or one of its file that it names, decides."""
    return frozenset(
        jump.choice for one in _reached(function) for code in _nested(_code(one)) for jump in _jumps(code).values()
    )


def untaken(function: Callable[..., object], traces: Iterable[tuple[Decision, ...]]) -> frozenset[Decision]:
    """Return the decisions that `function` could take, by its code, and that none of the traces holds."""
    possible = {Decision(choice, outcome) for choice in choices(function) for outcome in (True, False)}
    return frozenset(possible.difference(*traces))


def _reached(function: Callable[..., object]) -> Iterable[Callable[..., object]]:
    """Return `function` and all functions of its file that it, or one that it names, names."""
    found, file = {function}, _code(function).co_filename
    waiting = [function]
    while waiting:
        one = waiting.pop()
        namespace: dict[str, object] = one.__globals__
        named = [namespace.get(name) for code in _nested(_code(one)) for name in code.co_names]
        new = {f for f in named if isinstance(f, FunctionType) and f.__code__.co_filename == file} - found
        found |= new
        waiting += new
    return found


def _code(function: Callable[..., object]) -> CodeType:
    code: CodeType = function.__code__
    return code


def _nested(code: CodeType) -> Iterable[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


@functools.lru_cache(maxsize=256)
def _jumps(code: CodeType) -> dict[int, _Jump]:
    """Find the conditional jumps of `code` by the offset at which an opcode event announces each.

    A jump's name says when it jumps (`POP_JUMP_IF_FALSE`, `FOR_ITER` at the end), on every Python from 3.11 on. An
    `EXTENDED_ARG` and its jump may come as one event or as two.
    """
    found: dict[int, _Jump] = {}
    instructions = [*dis.get_instructions(code)]
    prefixes: list[int] = []
    for instruction, following in itertools.pairwise(instructions):
        if instruction.opname == "EXTENDED_ARG":
            prefixes.append(instruction.offset)
            continue
        if (outcome := _outcome_of_falling_through(instruction.opname)) is not None:
            where = instruction.positions
            assert where is not None
            place = (where.lineno or 0, where.col_offset or 0, where.end_lineno or 0, where.end_col_offset or 0)
            jump = _Jump(Choice(code.co_qualname, *place), instruction.offset, following.offset, outcome)
            found |= dict.fromkeys((*prefixes, instruction.offset), jump)
        prefixes = []
    return found


def _outcome_of_falling_through(opname: str) -> bool | None:
    if opname == "FOR_ITER":
        return True
    if "JUMP" not in opname or "_IF_" not in opname:
        return None
    # For `is None` and `is not None` alike, the outcome is that there is a value.
    return opname.endswith(("IF_FALSE", "IF_FALSE_OR_POP", "IF_NONE"))
