"""An exported graph as Python: what its operations are, one call each, with Python's own `if`, `while` and numbers.

PyTorch's own way into an exported graph looks at its arguments' structure, guards and hooks, calls a module for every
trip of a loop, and finds each operation by its schema; this takes as long as a few small operations each time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from snek_strategies.backends.exported_numbers import INFIX, is_number, number

Inner = dict[Any, str]
"""By the node that holds a graph, the name of that graph's function."""

METHODS = frozenset({
    "add", "sub", "mul", "div", "neg", "abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos",
    "tan", "sinh", "cosh", "tanh", "square", "reciprocal", "sigmoid",
})  # fmt: skip
"""Operations that a method writes into a tensor."""
NEW = METHODS | {"where", "matmul", "addmm", "pow", "maximum", "minimum", "atan2", "index_put", "cat"}
"""Operations that make a tensor in memory of its own."""
ENDLESS = 2**63 - 1
"""Where a slice ends that goes on to the end."""


def exported_python(exported: Any, results: int) -> Callable[..., tuple[Any, ...]]:
    """Return a function over tensors that does what an exported program does, and gives its results in order.

    As many `results` are tensors; what follows them may be numbers.
    """
    work = _Writer()
    entry = work.function(exported.graph_module, results)
    specs = exported.graph_signature.input_specs
    held = {at: exported.constants[one.target] for at, one in enumerate(specs) if one.kind.name != "USER_INPUT"}
    run: Callable[..., tuple[Any, ...]] = work.loaded()[entry]
    if not held:
        return run

    def with_held(*arguments: Any) -> tuple[Any, ...]:
        given = iter(arguments)
        return run(*(held[at] if at in held else next(given) for at in range(len(specs))))

    return with_held


class _Writer:
    """Writes a function for each graph, inner ones first; what is no literal is a name of their module's."""

    def __init__(self) -> None:
        self.functions: list[str] = []
        self.bound: dict[str, Any] = {}
        self.names: dict[int, str] = {}

    def loaded(self) -> dict[str, Any]:
        """Return the module's names, functions among them."""
        exec(compile("\n\n".join(self.functions), "<snek exported>", "exec"), self.bound)  # noqa: S102 - written here
        return self.bound

    def function(self, module: Any, tensors: int | None = None) -> str:
        """Write a graph's function; return its name. Of the program's own as many results are `tensors`."""
        nodes = list(module.graph.nodes)
        inner = {node: self.function(getattr(module, node.target)) for node in nodes if node.op == "get_attr"}
        parameters = [node for node in nodes if node.op == "placeholder"]
        last = {one: node for node in nodes for one in (node, *node.all_input_nodes)}
        given = parameters if tensors is not None else []
        lines = [f"{node.name} = {node.name}.item()" for node in given if is_number(node)]
        for node in nodes:
            if node.op == "output":
                lines.append(f"return {self.returned(node.args[0], inner, tensors)}")
            elif node.op == "call_function":
                lines += self.call(node, inner)
                dead = [one.name for one in (node, *node.all_input_nodes) if last[one] is node and one not in inner]
                lines += [f"del {', '.join(dead)}"] if dead else []
        name = f"graph_{len(self.functions)}"
        body = "\n".join(f"    {line}" for line in lines)
        self.functions.append(f"def {name}({', '.join(node.name for node in parameters)}):\n{body}\n")
        return name

    def returned(self, made: Any, inner: Inner, tensors: int | None) -> str:
        """Return a graph's results as text: one, or a tuple."""
        if tensors is None or not isinstance(made, (list, tuple)):
            return self.text(made, inner)
        boxed = [self.boxed(one, inner) for one in made[:tensors]]
        return f"({''.join(f'{text}, ' for text in [*boxed, *(self.text(one, inner) for one in made[tensors:])])})"

    def call(self, node: Any, inner: Inner) -> list[str]:
        """Return the lines of one operation."""
        import torch

        if node.target is torch.ops.higher_order.while_loop:
            test, body, state, around = (self.text(one, inner) for one in node.args)
            step = f"{node.name} = {body}(*{node.name}, *{around})"
            return [f"{node.name} = {state}", f"while {test}(*{node.name}, *{around}):", f"    {step}"]
        if node.target is torch.ops.higher_order.cond:
            flag, then, otherwise, operands = (self.text(one, inner) for one in node.args)
            return [f"{node.name} = {then}(*{operands}) if {flag} else {otherwise}(*{operands})"]
        if node.target is operator.getitem:
            text = f"{node.args[0].name}[{node.args[1]}]"
            of_graph = isinstance(node.args[0].target, torch._ops.HigherOrderOperator)
            return [f"{node.name} = {text}" if of_graph or not is_number(node) else f"{node.name} = {text}.item()"]
        name = node.target._schema.name.removeprefix("aten::")
        texts = [self.text(one, inner) for one in node.args]
        said = number(name, node, texts)
        if said is None:
            said = self.of_tensors(name, node, texts, inner) + (".item()" if is_number(node) else "")
        return [f"{node.name} = {said}"]

    def of_tensors(self, name: str, node: Any, texts: list[str], inner: Inner) -> str:
        """Return the text of an operation that has a tensor among its arguments, or gives one."""
        args = node.args
        if name == "index" and None not in args[1]:
            return f"{texts[0]}[{texts[1].strip('[]')}]"
        if name == "slice" and all(type(one) is int for one in args[1:]):
            return _sliced(texts[0], *args[1:])
        if name == "index_put" and len(args) == 3 and len(args[1]) == 1 and _is_number(args[1][0]):
            return f"{self.name(_stored)}({texts[0]}, {texts[1].strip('[]')}, {self.boxed(args[2], inner)})"
        if not node.kwargs and name in INFIX and len(args) == 2 and _is_number(args[0]) != _is_number(args[1]):
            other = args[_is_number(args[0])]
            mine = args[not _is_number(args[0])]
            if _is_node(other) and other.meta["val"].shape and other.meta["val"].dtype == mine.meta["val"].dtype:
                return f"({texts[0]} {INFIX[name]} {texts[1]})"
        at = _overwritten(name, node)
        given = [self.boxed(one, inner) for one in args]
        if at == 0:
            return f"{given[0]}.{name}_({', '.join(given[1:])})"
        further = [f"{key}={self.boxed(one, inner)}" for key, one in node.kwargs.items()]
        into = [] if at is None else [f"out={given[at]}"]
        return f"{self.name(_own(node.target))}({', '.join([*given, *further, *into])})"

    def boxed(self, value: Any, inner: Inner) -> str:
        """Return an argument as text, with tensors for numbers."""
        if isinstance(value, (list, tuple)):
            items = "".join(f"{self.boxed(one, inner)}, " for one in value)
            return f"[{items[:-2]}]" if isinstance(value, list) else f"({items})"
        if not _is_number(value):
            return self.text(value, inner)
        import torch

        return f"{self.name(torch.scalar_tensor)}({value.name}, dtype={self.name(value.meta['val'].dtype)})"

    def text(self, value: Any, inner: Inner) -> str:
        """Return an argument as text."""
        if _is_node(value):
            return inner.get(value, str(value.name))
        if isinstance(value, (list, tuple)):
            items = "".join(f"{self.text(one, inner)}, " for one in value)
            return f"[{items[:-2]}]" if isinstance(value, list) else f"({items})"
        return repr(value) if value is None or type(value) in (bool, int, str) else self.name(value)

    def name(self, value: Any) -> str:
        """Return the name of an object of the module's."""
        if id(value) not in self.names:
            self.names[id(value)] = f"known_{len(self.names)}"
            self.bound[self.names[id(value)]] = value
        return self.names[id(value)]


def _stored(array: Any, at: int, row: Any) -> Any:
    made = array.clone()
    made[at] = row
    return made


def _sliced(text: str, axis: int = 0, start: int = 0, end: int = ENDLESS, step: int = 1) -> str:
    """Return a part of a tensor along an axis; all of it is the tensor."""
    if axis < 0:
        return f"{text}[..., {start}:{end}:{step}{', :' * (-1 - axis)}]"
    return text if (start, step) == (0, 1) and end == ENDLESS else f"{text}[{':, ' * axis}{start}:{end}:{step}]"


def _is_node(value: Any) -> bool:
    import torch

    return isinstance(value, torch.fx.Node)


def _is_number(value: Any) -> bool:
    return _is_node(value) and is_number(value)


def _overwritten(name: str, node: Any) -> int | None:
    """Return the argument whose memory an operation may write its result into: nothing else knows it."""
    if name not in METHODS or node.kwargs:
        return None
    for at, one in enumerate(node.args[:2]):
        if _is_node(one) and _is_own(one) and _same(one, node):
            return at
    return None


def _is_own(node: Any) -> bool:
    schema = getattr(node.target, "_schema", None)
    made = schema is not None and schema.name.removeprefix("aten::") in NEW
    return node.op == "call_function" and made and len(node.users) == 1


def _same(one: Any, other: Any) -> bool:
    a, b = one.meta["val"], other.meta["val"]
    return bool(a.shape and a.shape == b.shape and a.dtype == b.dtype and a.dtype.is_floating_point)


def _own(target: Any) -> Any:
    """Return PyTorch's function or method of Python for an operation: their arguments are those of its schema."""
    import torch

    if target.namespace != "aten":
        return target
    name = target._schema.name.removeprefix("aten::")
    return getattr(torch, name, None) or getattr(torch.Tensor, name, None) or target
