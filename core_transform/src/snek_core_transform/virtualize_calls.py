"""Make calls operator calls."""

from __future__ import annotations

import sys
from types import MethodType

import gast

from .call_site import CallSite, Given
from .context import Context
from .forms import is_bare
from .inline import bind, both, choose, has_type, has_type_in, is_same, is_steady
from .syntax import Rules, at, attribute, call, constant, embed, embedded, load, rewritten, walk

CALLEE = "<callee>"
REMEMBERED = "<remembered>"
NEW = "<new>"

BUILT_IN = frozenset({list, dict, set, frozenset, str, bytes, bytearray, tuple, int, float})
BUILT_IN_METHODS = frozenset(name for kind in BUILT_IN for name in vars(kind) if not name.startswith("__"))
"""The methods of types whose methods are all made in C, so that a call of one on such a type stays as it is."""

REPEATED = frozenset({gast.Name, gast.Constant, gast.Attribute, gast.UnaryOp, gast.BinOp, gast.keyword})
"""What an argument that is written down twice may consist of."""


def virtualize_calls(tree: gast.AST, context: Context) -> gast.AST:
    """Ask the operator set, at each call, what is called.

    The call itself stays where it is: its arguments, its errors and its place are Python's.

    >>> def f(x):
    ...     return g(x, *x, key=x)
    >>> print(show(f, after="virtualize_calls"))
    def f(x):
        return operators.callee(g)(x, *x, key=x)

    Inline code remembers what it has called; the variables let go of the callee at once, as Python does.

    >>> def f(x):
    ...     return g(x)
    >>> print(show(f, after="virtualize_calls"))  # doctest: +NORMALIZE_WHITESPACE
    def f(x):
        return (<remembered>.new if (<callee> := g) is (<remembered> := site.entry).function
            and <remembered>.owner.__code__ is <remembered>.code
            and ((<callee> := None) is None)
            else operators.callee(<callee>, (<callee> := None)))(x)
    """
    return rewritten(tree, call_rules(context))


def call_rules(context: Context) -> Rules:
    """Return what is done to calls."""

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        if embedded(node.func) is not None or _is_of_text(node.func):
            return node
        _place_as_method(node)
        starred = any(isinstance(argument, gast.Starred) for argument in node.args)
        keywords = [keyword.arg for keyword in node.keywords]
        if not context.remembers_callees or is_bare(node) or starred or None in keywords:
            node.func = at(call(context.operator(context.every_call, "callee"), node.func), node.func)
            return node
        site = CallSite(context.operators, Given(len(node.args), frozenset(keywords)))
        if isinstance(node.func, gast.Attribute) and is_steady(node.func.value, function):
            return _method_call(node, site, context)
        node.func = at(_remembered_function(node.func, site, context), node.func)
        return node

    return {gast.Call: virtualize} if context.wants("call") else {}


def _is_of_text(method: gast.expr) -> bool:
    """Tell whether a callee is a method of a literal text or number: it is made in C."""
    return isinstance(method, gast.Attribute) and isinstance(method.value, gast.Constant)


def _remembered_function(function: gast.expr, site: CallSite, context: Context) -> gast.expr:
    """Return what is called in place of `function`: what the site remembers for it, or what the operator set says."""
    known = is_same(bind(CALLEE, function), _entry(site, "function"))
    let_go = is_same(bind(CALLEE, constant(None)), constant(None))
    return choose(both(known, _has_same_code(), let_go), attribute(load(REMEMBERED), "new"), _ask(site, context))


def _method_call(node: gast.Call, site: CallSite, context: Context) -> gast.expr:
    """Return a call of a method of a variable's value.

    A method that the site remembers is called as a function of that value, and one of a built-in type as it is written:
    so are methods called quickly in Python.
    """
    method, owner = node.func, node.func.value
    known = both(
        has_type(bind(CALLEE, method), MethodType),
        is_same(attribute(load(CALLEE), "__func__"), _entry(site, "function")),
        is_same(attribute(load(CALLEE), "__self__"), load(owner.id)),
        _has_same_code(),
        is_same(bind(CALLEE, constant(None)), constant(None)),
    )
    new, ask = attribute(load(REMEMBERED), "new"), _ask(site, context)
    if any(part.__class__ not in REPEATED for value in (*node.args, *node.keywords) for part in walk(value)):
        node.func = at(choose(known, call(embed(MethodType, "MethodType"), new, load(owner.id)), ask), method)
        return node
    # Called through a name of its own, since `a.b()` looks for a method.
    as_function = _call_as(node, at(bind(NEW, new), method), at(load(owner.id), owner))
    result = choose(at(known, method), as_function, _call_as(node, at(ask, method)))
    if method.attr in BUILT_IN_METHODS:
        is_built_in = has_type_in(load(owner.id), BUILT_IN, "BUILT_IN")
        result = choose(at(is_built_in, owner), _call_as(node, method), result)
    return at(result, node)


def _call_as(node: gast.Call, function: gast.expr, *first: gast.expr) -> gast.expr:
    """Return a call at the place of `node`, with its arguments behind `first`."""
    new = gast.Call(function, [*first, *node.args], node.keywords)
    if hasattr(node, "shown_at"):
        new.shown_at = node.shown_at
    return at(new, node)


def _entry(site: CallSite, field: str) -> gast.expr:
    return attribute(bind(REMEMBERED, attribute(embed(site, "site"), "entry")), field)


def _has_same_code() -> gast.expr:
    code = attribute(attribute(load(REMEMBERED), "owner"), "__code__")
    return is_same(code, attribute(load(REMEMBERED), "code"))


def _ask(site: CallSite, context: Context) -> gast.expr:
    return call(context.operator(site, "callee"), load(CALLEE), bind(CALLEE, constant(None)))


def _place_as_method(node: gast.Call) -> None:
    """Place a call where Python places one of a method: over several lines, at the attribute's name."""
    method = getattr(node.func, "method", node.func)
    starred = any(isinstance(argument, gast.Starred) for argument in node.args)
    if not isinstance(method, gast.Attribute) or starred or any(keyword.arg is None for keyword in node.keywords):
        return
    width = len(method.attr)
    if node.lineno != method.end_lineno and width <= method.end_col_offset:
        # What is made of the call later stands where the user wrote it.
        node.shown_at = {"lineno": method.end_lineno, "col_offset": method.end_col_offset - width}
        if sys.version_info >= (3, 12):
            node.shown_at |= {"end_lineno": method.end_lineno, "end_col_offset": method.end_col_offset}
