"""Gradients inside a staging: a function is traced as a block, the block differentiated, and both put in line."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.backends.lower_lists import without_lists
from snek_strategies.ir.gradients.drafts import substituted
from snek_strategies.ir.gradients.reverse import gradient
from snek_strategies.ir.passes.lower_tries import without_tries
from snek_strategies.ir.types import Array, Scalar, Tensor
from snek_strategies.staging.attempts import ATTEMPTS
from snek_strategies.staging.builder import builder
from snek_strategies.staging.functions import CALLS, Calls
from snek_strategies.staging.join import Absent, Raises, fill, is_tuple, opened, project, rebuild, slots
from snek_strategies.staging.modules import copy_of_module, parameters_of
from snek_strategies.staging.partly_bound import settle
from snek_strategies.staging.pytrees import containers_in, empty_dict, held_by, is_record, is_registered_node, steps
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.regions import Unfounded, trace
from snek_strategies.staging.registered_nodes import taken_apart
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.tensors import flagged, is_module

LIST_ROOM = 256
"""How many items a list may have where a gradient flows through it; one more raises at run time."""


Leaf = Callable[[object], object]


def mapped(value: Any, leaf: Leaf, module: Callable[[Any, Leaf], object]) -> Any:
    """Return a structure of tuples, lists, dicts and dataclasses with `leaf` of everything else in it.

    An `nn.Module` becomes what `module` makes of it.
    """
    if is_tuple(value):
        return rebuild(value, [mapped(one, leaf, module) for one in value])
    if isinstance(value, list):
        return [mapped(one, leaf, module) for one in value]
    if isinstance(value, dict):
        made = empty_dict(value)
        for name, one in value.items():
            made[name] = mapped(one, leaf, module)
        return made
    if is_record(value):
        record = copy.copy(value)
        for (_, name), one in steps(value):
            object.__setattr__(record, str(name), mapped(one, leaf, module))
        return record
    if is_registered_node(value):
        found = taken_apart(value)
        return found.made([mapped(one, leaf, module) for one in found.children])
    return module(value, leaf) if is_module(value) else leaf(value)


def by_name(module: Any, leaf: Leaf) -> dict[str, object]:
    """Return `leaf` of each parameter of a module, by its name as `named_parameters` gives it."""
    return {name: leaf(one) for name, one in parameters_of(module).items()}


def with_parameters(module: Any, leaf: Leaf) -> object:
    """Return a module of the same class with `leaf` of each parameter in its place."""
    made = {id(one): leaf(one) for one in parameters_of(module).values()}

    def inside(one: object) -> object:
        if id(one) not in made and is_module(one):
            copy_of_module(one, made, inside)
        return made.get(id(one), one)

    return copy_of_module(module, made, inside)


def is_differentiable(value: object) -> bool:
    """Tell whether a leaf has a gradient: floats and arrays of floats; refuses other data known in the next stage."""
    if isinstance(value, float):
        return True
    if not isinstance(value, (Rep, np.ndarray, np.generic)):
        return False
    type_ = lift(value).type
    if type_ == Scalar("float") or (isinstance(type_, Array) and type_.dtype.kind == "f"):
        return True
    return refuse(
        f"a gradient by a value of type {type_}; only floats have gradients: convert it with astype(float)",
        code="SNK0218",
    )


def value_and_gradient(
    function: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, object],
    by: tuple[int, ...],
    name: str,
    memory: str = "all",
) -> tuple[object, tuple[object, ...]]:
    """Emit `function(*args, **kwargs)` and its gradients by the arguments at these positions; return Reps of both."""
    leaves: list[object] = []
    for at in by:
        mapped(args[at], lambda one: leaves.append(one) if is_differentiable(one) else None, by_name)
    operands = tuple(map(lift, leaves))

    def run(*reps: Rep) -> object:
        own = iter(reps)
        given = list(args)
        for at in by:
            given[at] = mapped(given[at], lambda one: next(own) if is_differentiable(one) else one, with_parameters)
        before = [(one, held_by(one)) for _, one in containers_in(given)]
        atoms = [rep.atom for rep in reps]
        result = settle(function(*given, **kwargs))
        stores = [rep for rep, atom in zip(reps, atoms, strict=True) if rep.atom is not atom]
        if stores or any(
            len(held) != len(held_by(one)) or not all(map(operator.is_, held, held_by(one))) for one, held in before
        ):
            refuse(
                f"a gradient of {name}, which changes its arguments in place; build a new value instead", code="SNK0218"
            )
        return result

    # Functions that were staged outside cannot be differentiated from here: inside, they are staged again.
    token = CALLS.set(Calls())
    apart = ATTEMPTS.set(())
    try:
        block, result = trace(
            run,
            tuple(atom.type for atom in operands),
            (args, kwargs),
            what="differentiated function",
            given=lambda: operands,
        )
    finally:
        CALLS.reset(token)
        ATTEMPTS.reset(apart)
    if isinstance(result, Raises):
        refuse(f"a gradient of {name}, which raises whatever its arguments are", code="SNK0218")
    if isinstance(result, Absent):
        raise Unfounded(None)
    for rep, _ in block.written:
        refuse(f"a gradient of {name}, which changes {rep!r} in place; build a new array instead", code="SNK0218")
    if not (isinstance(result, (float, np.floating)) or (isinstance(result, Rep) and _is_float(result))):
        what = (
            f"a value of type {result.type}" if isinstance(result, Rep) else f"{type(result).__name__} {result!r:.60}"
        )
        refuse(f"a gradient of {name}, which gives {what}; give one float: a sum or a mean", code="SNK0218")
    template = opened(result, frozenset(block.bound))
    answer = lift(result)
    final = builder().reopen(block, lambda: (answer, *project(template, result)))
    final = without_lists(without_tries(final, builder().sym), LIST_ROOM, builder().sym)
    made = substituted(gradient(final, 0, range(len(operands)), builder().sym, memory), operands)
    here = builder().open[-1]
    here.nodes.extend(made.nodes)
    here.bound.update(sym.index for node in made.nodes for sym in node.results)
    count = len(tuple(slots(template)))
    value = fill(template, iter(map(Rep, made.results[1 : 1 + count])))
    pairs = zip(made.results[1 + count :], operands, strict=True)
    found = (Rep(flagged(atom) if isinstance(of.type, Tensor) else atom) for atom, of in pairs)
    return value, tuple(
        mapped(args[at], lambda one: next(found) if is_differentiable(one) else one, by_name) for at in by
    )


def _is_float(value: Rep) -> bool:
    type_ = value.type
    return type_ == Scalar("float") or (isinstance(type_, Array) and type_.dtype.kind == "f" and not type_.dims)
