"""Exceptions that the user's program raises where data decides: a `raise` node, and a path that goes no further."""

from __future__ import annotations

import dis
import operator
import sys
from types import CodeType, FrameType, TracebackType
from weakref import WeakKeyDictionary

from snek_core_transform.errors import Place
from snek_strategies.staging.attempts import HANDLED, Thrown, taking
from snek_strategies.staging.builder import builder
from snek_strategies.staging.join import same_static
from snek_strategies.staging.refusal import OURS, is_users, place_of_error, refuse
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.text import held_by_exception


class Diverged(BaseException):
    """Ends the tracing of a path that has raised: what would follow is never reached."""


def is_users_raise(error: BaseException) -> bool:
    """Tell whether an exception comes from a `raise` or `assert` statement of the user's, and not from a call."""
    if any(error is one for one, _ in HANDLED.get([])):
        return True
    last: TracebackType | None = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or not is_users(last.tb_frame.f_code.co_filename):
        return False
    # A variable without a value raises by itself, and nothing else raises this.
    return _raises(last) or type(error) is UnboundLocalError


def _raises(traceback: TracebackType) -> bool:
    code = traceback.tb_frame.f_code
    return dis.opname[code.co_code[traceback.tb_lasti]] == "RAISE_VARARGS"


def stage_raise(error: BaseException) -> None:
    """Emit the raising of an exception like this one, or the way to the `try` around it that takes it.

    Refuses where it cannot be made again at run time.
    """
    place = place_of_error(error)
    name = type(error).__name__
    handler = covering_try()
    if handler is not None:
        refuse(
            f"{name} is raised where data decides, inside try or with at line {handler}; raise it outside of them, "
            "or set a flag",
            place,
            code="SNK0214",
        )
    thrown, reps = _thrown(error, place)
    attempt = taking(error)
    if attempt is not None:
        attempt.leave(thrown, reps)
        return
    params: dict[str, object] = {"exception": thrown.exception, "arguments": thrown.arguments}
    if thrown.cause is not None:
        params["cause"] = thrown.cause
    builder().reflect("raise", tuple(map(lift, reps)), params, types=())


def _thrown(error: BaseException, place: Place | None) -> tuple[Thrown, tuple[Rep, ...]]:
    """Return what an exception is made of, and the values of the next stage in it."""
    arguments, reps = _made_of(error, place)
    if error.__cause__ is None:
        return Thrown(type(error), arguments, None, tuple(rep.type for rep in reps)), reps
    if error.__cause__.__cause__ is not None:
        refuse(
            f"{type(error).__name__} is raised from an exception with a cause of its own where data decides",
            place,
            code="SNK0215",
        )
    caused, further = _made_of(error.__cause__, place)
    reps = (*reps, *further)
    return Thrown(type(error), arguments, (type(error.__cause__), caused), tuple(rep.type for rep in reps)), reps


_MADE_OF: WeakKeyDictionary[BaseException, tuple[tuple[object, ...], tuple[object, ...]]] = WeakKeyDictionary()
"""Of exceptions that a user's `__init__` has made: what it was given, and what the exception held then."""


def note_made(error: BaseException, args: tuple[object, ...]) -> None:
    """Note what an exception's own `__init__` was given: at run time another is made of the same."""
    _MADE_OF[error] = args, (error.args, *vars(error).values())


def _made_of(error: BaseException, place: Place | None) -> tuple[tuple[object, ...], tuple[Rep, ...]]:
    """Return what an exception is made of. Refuses one that holds more."""
    # Only classes of the user's have objects that can be referred to weakly.
    args, held = _MADE_OF.get(error, ((), None)) if type(error).__weakrefoffset__ else ((), None)
    now = (error.args, *vars(error).values())
    if held is not None and len(held) == len(now) and all(map(operator.is_, held, now)):
        return held_by_exception(args)
    try:
        again = type(error)(*error.args)
    except TypeError:
        again = None
    if again is None or not _same_attributes(again, error) or len(again.args) != len(error.args):
        refuse(
            f"{type(error).__name__} holds more than the arguments it is made of; raise one that is made of its "
            "arguments",
            place,
            code="SNK0215",
        )
    return held_by_exception(error.args)


def _same_attributes(a: BaseException, b: BaseException) -> bool:
    mine, others = vars(a), vars(b)
    return mine.keys() == others.keys() and all(same_static(one, others[name]) for name, one in mine.items())


def check_not_caught(primitive: str) -> None:
    """Refuse an operation that may raise for some data inside a try: the handler is Python's, and would not run."""
    handler = covering_try(("try",))
    if handler is not None:
        refuse(
            f"{primitive} may raise where data decides, inside try at line {handler}, whose handler would not run; "
            "test the data before, outside of try",
            code="SNK0214",
        )


def covering_try(kinds: tuple[str, ...] = ("try", "with")) -> int | None:
    """Return the line at which a try or with of the program's lies around the point being staged, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _entry():
        if not frame.f_code.co_filename.startswith(OURS) and _handler(frame.f_code, frame.f_lasti) in kinds:
            return frame.f_lineno
        frame = frame.f_back
    return None


def _entry() -> CodeType:
    """Return the code that runs the whole program: what lies around it is not the program's."""
    from snek_strategies.staging.trace import collect

    return collect.__code__


def _handler(code: CodeType, offset: int) -> str | None:
    """Tell which handler of the same code an exception at this instruction would reach: of a `try`, of a `with`."""
    if not code.co_exceptiontable:
        return None
    found = None
    for start, end, target, *_ in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        # Other targets only clean up and raise again.
        if start <= offset < end and dis.opname[code.co_code[target]] == "PUSH_EXC_INFO":
            with_exit = dis.opname[code.co_code[target + 2]] == "WITH_EXCEPT_START"
            found = "with" if with_exit and found is None else "try"
    return found
