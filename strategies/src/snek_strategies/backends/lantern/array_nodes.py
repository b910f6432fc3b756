"""How array primitives that are not elementwise are written in C++: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.lantern.arrays import Lazy, View, at, loops, merged, row_strides
from snek_strategies.backends.lantern.cpp_types import cast, cpp, number
from snek_strategies.backends.lantern.extents import Extent, count_of, dims_of, sized
from snek_strategies.backends.lantern.products import matmul
from snek_strategies.backends.lantern.reductions import Accumulator, accumulator
from snek_strategies.backends.placed_index import Along, At, Placed, placed
from snek_strategies.ir import shape_rules
from snek_strategies.ir.syntax import Atom, Node

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer


def _first(view: View) -> str:
    return at(view, view.strides, ["0"] * len(view.dims))


def _one(w: Writer, node: Node) -> str:
    view = w.view(node.operands[0])
    text = cast(_first(view), view.dtype, dtype_of(node.results[0].type))
    return f"!{cast(_first(view), view.dtype, np.dtype(bool))}" if node.primitive == "not" else text


def _reshape(w: Writer, node: Node) -> View | Lazy | str:
    atom = node.operands[0]
    dims = dims_of(node.results[0].type)
    if not dims:
        return _one(w, node)
    if not dims_of(atom.type):
        return replace(w.elements(atom), dims=dims)
    return replace(w.together(atom), dims=dims, strides=row_strides(dims))


def _transpose(w: Writer, node: Node) -> View:
    view = w.view(node.operands[0])
    axes: Any = dict(node.params)["axes"]
    return replace(view, dims=tuple(view.dims[k] for k in axes), strides=tuple(view.strides[k] for k in axes))


def _broadcast_to(w: Writer, node: Node) -> View | Lazy:
    dims = dims_of(node.results[0].type)
    made = w.elements(node.operands[0])
    if not made.loads:
        return replace(made, dims=dims)
    view = made.loads[0] if not made.size and len(made.loads) == 1 else w.materialised(made, made.dims)
    return view.spread(dims)


def _concatenate(w: Writer, node: Node) -> View:
    (result,) = node.results
    axis = int(str(dict(node.params)["axis"]))
    target = w.place_for(result)
    start: Extent = 0
    for atom in node.operands:
        dims = dims_of(atom.type)
        part = replace(target, dims=dims).moved(str(start * target.strides[axis]))
        w.store(w.elements(atom), part)
        start += dims[axis]
    return target


def _where(w: Writer, node: Node, array: Atom, dynamic: tuple[Atom, ...]) -> tuple[Placed, list[str | View]]:
    """Return where an index leads, and its dynamic parts: names of numbers, and arrays."""
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    where = placed(shape_rules.dims_of(array.type), index, tuple(atom.type for atom in dynamic))
    where = replace(where, shape=sized(where.shape))
    parts: list[str | View] = []
    for atom in dynamic:
        if dims_of(atom.type):
            parts.append(w.view(atom))
            continue
        text = w.use(atom)
        if not text.isidentifier():
            name = w.fresh()
            w.line(f"const std::int64_t {name} = {text};")
            text = name
        parts.append(text)
    return where, parts


def _wrapped(text: str, size: Extent) -> str:
    return f"({text} < 0 ? {text} + {size} : {text})"


def _from_front(position: int, size: Extent) -> Extent:
    return size + position if position < 0 else position


def _located(view: View, where: Placed, parts: list[str | View]) -> View | None:
    """Return what an index without arrays takes, as a view; None where it has arrays."""
    strides: list[Extent] = [0] * len(where.shape)
    offsets: list[str] = []
    fixed: Extent = 0
    for axis, one in enumerate(where.places):
        step = view.strides[axis]
        if isinstance(one, At):
            fixed = fixed + _from_front(one.position, view.dims[axis]) * step
        elif isinstance(one, Along):
            fixed = fixed + one.start * step
            strides[one.axis] = one.step * step
        else:
            part = parts[one.operand]
            if isinstance(part, View):
                return None
            text = _wrapped(part, view.dims[axis])
            offsets.append(text if step == 1 else f"{step} * {text}")
    return replace(view.moved(str(fixed), *offsets), dims=where.shape, strides=tuple(strides))


def _getitem(w: Writer, node: Node) -> View | str:
    array, *dynamic = node.operands
    (result,) = node.results
    where, parts = _where(w, node, array, tuple(dynamic))
    view = w.view(array)
    made = _located(view, where, parts)
    if made is not None:
        return made if where.shape else _first(made)
    target = w.place_for(result)
    if 0 in where.shape:
        return target
    heads = list(loops(where.shape))
    names = [name for name, _ in heads]
    for _, head in heads:
        w.line(head)
        w.depth += 1
    w.line(f"{at(target, target.strides, names)} = {_gathered(view, where, parts, names)};")
    w.close(len(heads))
    return target


def _gathered(view: View, where: Placed, parts: list[str | View], names: list[str]) -> str:
    places = [view.offset] if view.offset else []
    for axis, one in enumerate(where.places):
        step = view.strides[axis]
        if isinstance(one, At):
            places.append(str(step * _from_front(one.position, view.dims[axis])))
        elif isinstance(one, Along):
            places.append(f"{step} * ({one.start} + {one.step} * {names[one.axis]})")
        else:
            part = parts[one.operand]
            if isinstance(part, View):
                wide = part.spread(tuple(where.shape[k] for k in one.axes))
                part = f"std::int64_t({at(wide, wide.strides, [names[k] for k in one.axes])})"
            places.append(f"{step} * {_wrapped(part, view.dims[axis])}")
    return f"{view.base}[{' + '.join(places) or '0'}]"


def _store(w: Writer, node: Node, target: View, made: Lazy) -> None:
    """Write the elements of a store, or those that are added, into the target."""
    array, _, *dynamic = node.operands
    where, parts = _where(w, node, array, tuple(dynamic))
    dims = made.dims
    while len(dims) > len(where.shape) and dims[0] == 1:
        dims = dims[1:]
    if dims != made.dims:
        made = replace(
            made,
            dims=dims,
            loads=tuple(replace(v, dims=dims, strides=v.strides[len(v.dims) - len(dims) :]) for v in made.loads),
        )
    sign = "+=" if node.primitive == "additem" else "="
    part = _located(target, where, parts)
    if part is not None:
        w.store(made, part, sign)
        return
    if 0 in where.shape:
        return
    heads = list(loops(where.shape))
    names = [name for name, _ in heads]
    for _, head in heads:
        w.line(head)
        w.depth += 1
    views = [one.spread(where.shape) for one in made.loads]
    value = cast(made.render([at(one, one.strides, names) for one in views]), made.dtype, target.dtype)
    w.line(f"{_gathered(target, where, parts, names)} {sign} {value};")
    w.close(len(heads))


def _reduce(w: Writer, node: Node) -> View | str:
    """Write a reduction: a variable for each element of the result; those of the last axis are a row of them."""
    (atom,) = node.operands
    (result,) = node.results
    dims = dims_of(atom.type)
    axis: Any = dict(node.params)["axis"]
    axes = axis if isinstance(axis, tuple) else (int(axis),)
    given, made = dtype_of(atom.type), dtype_of(result.type)
    if "c" in (given.kind, made.kind) and node.primitive not in ("sum", "prod"):
        raise cannot_say("lantern", node, "complex numbers have no order in C++")
    if node.primitive in ("max", "min") and 0 in (dims[one] for one in axes):
        raise cannot_say("lantern", node, "there is no extreme of no elements")
    total = accumulator(node.primitive, given, made)
    elements = w.elements(atom)
    views = tuple(one.spread(dims) for one in elements.loads)
    strides = [one.strides for one in views]
    if len(axes) == len(dims) and 0 not in dims:
        dims, strides = merged(dims, views)
        axes = tuple(range(len(dims)))
    heads = list(loops(dims))
    names = [name for name, _ in heads]
    element = elements.render([at(one, own, names) for one, own in zip(views, strides, strict=True)])
    kept = [one for one in range(len(dims)) if one not in axes]
    inner = [heads[one][1] for one in axes]
    if not kept:
        name = w.fresh("total")
        _accumulate(w, total, name, element, inner)
        return total.answer(name)
    target = w.place_for(result)
    where = at(target, target.strides, [names[one] for one in kept])
    rows = kept[-1] == len(dims) - 1 and dims[-1] not in (0, 1)
    outer = [heads[one][1] for one in (kept[:-1] if rows else kept)]
    for head in outer:
        w.line(head)
        w.depth += 1
    if rows:
        _accumulate_row(w, total, (element, where), inner, (dims[-1], *heads[-1]))
    else:
        name = w.fresh("total")
        _accumulate(w, total, name, element, inner)
        w.line(f"{where} = {total.answer(name)};")
    w.close(len(outer))
    return target


def _accumulate(w: Writer, total: Accumulator, name: str, element: str, heads: list[str]) -> None:
    """Write a variable, and the loops that give it its elements."""
    w.line(f"{total.kind} {name} = {total.start};")
    for head in heads:
        if head is heads[-1] and total.made.kind != "c":
            w.line(f"#pragma omp simd reduction({total.sign} : {name})")
        w.line(head)
        w.depth += 1
    w.line(total.step(name, element))
    w.close(len(heads))


def _accumulate_row(
    w: Writer, total: Accumulator, texts: tuple[str, str], heads: list[str], last: tuple[Extent, str, str]
) -> None:
    """Write a row of variables along the last axis, and the loops that give each its elements."""
    element, where = texts
    size, index, head = last
    name = f"{w.buffer((size,), total.held).base}[{index}]"
    steps = [(f"{name} = {total.start};", []), (total.step(name, element), heads)]
    for statement, around in [*steps, (f"{where} = {total.answer(name)};", [])]:
        for one in around:
            w.line(one)
            w.depth += 1
        w.line("#pragma GCC ivdep")
        w.line(head)
        w.line(f"    {statement}")
        w.line("}")
        w.close(len(around))


def _argument(w: Writer, node: Node) -> View | str:
    """Write `argmax` or `argmin`: the first of the extreme elements along an axis."""
    (atom,) = node.operands
    (result,) = node.results
    dims = dims_of(atom.type)
    axis = int(str(dict(node.params)["axis"]))
    view = w.view(atom)
    if view.dtype.kind == "c":
        raise cannot_say("lantern", node, "complex numbers have no order in C++")
    if not dims[axis]:
        raise cannot_say("lantern", node, "there is no extreme of no elements")
    heads = list(loops(dims))
    names = [name for name, _ in heads]
    kept = [one for one in range(len(dims)) if one != axis]
    target = w.place_for(result) if kept else None
    for one in kept:
        w.line(heads[one][1])
        w.depth += 1
    first = at(view, view.strides, ["0" if one == axis else name for one, name in enumerate(names)])
    most, best = w.fresh("most"), w.fresh("best")
    kind = cpp(view.dtype)
    w.line(f"{kind} {most} = {first};")
    w.line(f"std::int64_t {best} = 0;")
    w.line(heads[axis][1])
    element = at(view, view.strides, names)
    test = "above" if node.primitive == "argmax" else "below"
    then = f"{most} = {element}; {best} = {names[axis]};"
    w.line(f"    if (lantern::{test}<{kind}>({element}, {most})) {{ {then} }}")
    w.line("}")
    if target is None:
        return best
    w.line(f"{at(target, target.strides, [names[one] for one in kept])} = {best};")
    w.close(len(kept))
    return target


def _running(w: Writer, node: Node) -> View:
    (result,) = node.results
    axis = int(str(dict(node.params)["axis"]))
    dtype = dtype_of(result.type)
    view = w.view(node.operands[0])
    target = w.place_for(result)
    names = [f"i{one}" for one in range(len(view.dims))]
    heads = [head for _, head in loops(view.dims)]
    for one, head in enumerate(heads):
        if one != axis:
            w.line(head)
            w.depth += 1
    total = w.fresh("sum")
    sign, start = ("+", 0) if node.primitive == "cumsum" else ("*", 1)
    w.line(f"{cpp(dtype)} {total} = {number(start, dtype)};")
    w.line(heads[axis])
    w.depth += 1
    w.line(f"{total} = {cpp(dtype)}({total} {sign} {cast(at(view, view.strides, names), view.dtype, dtype)});")
    w.line(f"{at(target, target.strides, names)} = {total};")
    w.close(len(heads))
    return target


def _sorted(w: Writer, node: Node) -> View:
    (result,) = node.results
    view = w.together(node.operands[0])
    if view.dtype.kind == "c":
        raise cannot_say("lantern", node, "complex numbers have no order in C++")
    target = w.place_for(result)
    size = view.dims[-1]
    rows = count_of(view.dims[:-1])
    w.line(f"for (std::int64_t i0 = 0; i0 < {rows}; ++i0) {{")
    w.depth += 1
    source, row = f"({view.pointer} + {size} * i0)", f"({target.base} + {size} * i0)"
    name = "values" if node.primitive == "sort" else "positions"
    w.line(f"lantern::sorting::{name}<{cpp(view.dtype)}>({source}, {row}, {size});")
    w.close(1)
    return target


ROWS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("bool", "int", "float", "item", "not"), _one),
    "extent": lambda _, node: str(dims_of(node.operands[0].type)[dict(node.params)["axis"]]),
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "getitem": _getitem,
    "store": _store,
    **dict.fromkeys(("sum", "prod", "max", "min", "any", "all"), _reduce),
    **dict.fromkeys(("argmax", "argmin"), _argument),
    "matmul": matmul,
    **dict.fromkeys(("cumsum", "cumprod"), _running),
    **dict.fromkeys(("sort", "argsort"), _sorted),
}
"""One row for each core primitive that is not elementwise; each gives a view, elements, or a number's text."""
