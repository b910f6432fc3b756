"""The pass `bind`: specialise a program's array namespace to one framework's own words.

>>> from snek_core_transform.spelling import Spelling
>>> MATH = Spelling("math", {"math": "math"}, {"exp(x, /)": "math.exp(x)", "log(x, /)": "math.log(x)"})
>>> def double(xp, x):
...     return x + x
>>> def softplus(xp, x: float, sharpness: float = 1.0) -> float:
...     if x > 30.0:
...         return x
...     return xp.log(1.0 + xp.exp(double(xp, sharpness) * x))
>>> bound = bind(softplus, MATH)
>>> print(source(bound), end="")
from __future__ import annotations
import math
<BLANKLINE>
<BLANKLINE>
def double(x):
    return x + x
<BLANKLINE>
<BLANKLINE>
def softplus(x: float, sharpness: float=1.0) -> float:
    if x > 30.0:
        return x
    return math.log(1.0 + math.exp(double(sharpness) * x))
>>> bound(31.0), round(bound(0.0), 4)
(31.0, 0.6931)
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import FunctionType

from snek_core_transform.bind_load import load
from snek_core_transform.bind_print import print_texts
from snek_core_transform.bind_text import gather
from snek_core_transform.deep import in_deep_stack
from snek_core_transform.errors import UsageError
from snek_core_transform.line_map import register
from snek_core_transform.spelling import Spelling


def bind(function: Callable[..., object], spelling: Spelling) -> Callable[..., object]:
    """Return `function` without its first parameter, an array namespace, written in the words of `spelling`.

    The new function has source text of its own, which `inspect` reads under a file name such as
    `<snek lstm torch 1a2b3c4d>`; `line_map.origin` leads from its lines to the user's file. Equal inputs give equal
    text and an equal name. A function of yours that the namespace is passed to is bound as well, as it is when `bind`
    runs, and stands in the same text. Everything else is live: globals are those of the user's module and free
    variables its own cells, so that a name rebound later is seen; imports and bound helpers reach the text as cells
    of this binding alone. Defaults, annotations and attributes are those of `function`; decorators are not applied
    again.

    Raises UnsupportedSyntax, at the user's place, where the namespace is used in a way that the table cannot spell or
    that bind cannot follow; NoSource where there is no text; UsageError where `function` is not a plain function or a
    module of the spelling is missing.
    """
    if not isinstance(function, FunctionType):
        raise UsageError(f"not a function defined with `def`: {function!r}; bind the function itself")
    if function.__code__.co_argcount == 0:
        raise UsageError(f"no first parameter to bind: {function.__qualname__!r}; it takes the array namespace first")
    return in_deep_stack(lambda: _bind(function, spelling))


def _bind(function: FunctionType, spelling: Spelling) -> FunctionType:
    texts = gather((function, function.__code__.co_varnames[0]), spelling)
    used = {name for text in texts for name in text.imports}
    imports = {name: module for name, module in spelling.imports.items() if name in used}
    printed = print_texts(texts, imports)
    filename = register(f"{texts[-1].name} {spelling.name}", printed.text, printed.places)
    return load(texts, printed, filename, imports)[-1]


def source(bound: Callable[..., object]) -> str:
    """Return the whole text that a bound function lives in: the imports, its bound helpers, itself."""
    assert isinstance(bound, FunctionType)
    return "".join(linecache.getlines(bound.__code__.co_filename))
