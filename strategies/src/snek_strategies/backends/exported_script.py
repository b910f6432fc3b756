"""An exported graph as TorchScript: what its operations are, `if` and `while` around them, and TorchScript's numbers.

PyTorch's own way into an exported graph looks at its arguments' structure, guards and hooks, calls a module for every
trip of a loop, and finds each operation by its schema; this takes as long as a few small operations each time. From
Python each operation is a call; TorchScript's interpreter goes from one to the next.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from snek_strategies.backends.exported_numbers import BITS, INFIX, is_node, is_number, kind, literal, number, unboxed
from snek_strategies.backends.torchscript_expressions import STORED, STORES
from snek_strategies.torch_values import deprecated_torchscript

METHODS = frozenset({
    "add", "sub", "mul", "div", "neg", "abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos",
    "tan", "sinh", "cosh", "tanh", "square", "reciprocal", "sigmoid",
})  # fmt: skip
"""Operations that a method writes into a tensor."""
NEW = METHODS | {"where", "matmul", "addmm", "pow", "maximum", "minimum", "atan2", "index_put", "cat"}
"""Operations that make a tensor in memory of its own."""


def exported_script(exported: Any, results: int) -> Callable[..., tuple[Any, ...]]:
    """Return a function over tensors that does what an exported program does, and gives its results in order.

    As many `results` are tensors; what follows them may be numbers.
    """
    import torch

    writer = _Writer()
    entry = writer.function(exported.graph_module, results)
    with deprecated_torchscript():
        unit = torch.jit.CompilationUnit("\n\n".join([STORES, *writer.functions]))
    run: Callable[..., tuple[Any, ...]] = getattr(unit, entry)
    specs = exported.graph_signature.input_specs
    held = {at: exported.constants[one.target] for at, one in enumerate(specs) if one.kind.name != "USER_INPUT"}
    if not held:
        return run

    def with_held(*arguments: Any) -> tuple[Any, ...]:
        given = iter(arguments)
        return run(*(held[at] if at in held else next(given) for at in range(len(specs))))

    return with_held


class _Writer:
    """Writes a function for each graph, inner ones first."""

    def __init__(self) -> None:
        self.functions: list[str] = []
        self.copied: set[Any] = set()
        """Copies that are made: what a caller gets, and what a loop writes into."""
        self.in_place: set[Any] = set()
        """Stores into an array that only their loop knows."""

    def function(self, module: Any, tensors: int | None = None) -> str:
        """Write a graph's function; return its name. Of the program's own as many results are `tensors`."""
        nodes = list(module.graph.nodes)
        if tensors is not None:
            self.copied.update(nodes[-1].all_input_nodes)
        head, lines = [], []
        for node in nodes:
            if node.op == "placeholder":
                boxed = tensors is not None and is_number(node)
                head.append(f"{node.name}_tensor: Tensor" if boxed else f"{node.name}: {kind(node)}")
                lines += [f"{node.name} = {unboxed(f'{node.name}_tensor', node)}"] if boxed else []
            elif node.op == "call_function":
                lines += self.call(node)
        types, texts = self.returned(nodes[-1].args[0], tensors or 0)
        lines.append(f"return {texts}")
        name = f"graph_{len(self.functions)}"
        self.functions.append("\n    ".join([f"def {name}({', '.join(head)}) -> {types}:", *lines]) + "\n")
        return name

    def returned(self, made: Any, tensors: int) -> tuple[str, str]:
        """Return the type of a graph's results, one or a tuple, and their text."""
        if not isinstance(made, (list, tuple)):
            return kind(made), self.text(made)
        types = ["Tensor"] * tensors + list(map(kind, made[tensors:]))
        texts = [*map(self.boxed, made[:tensors]), *map(self.text, made[tensors:])]
        return f"Tuple[{', '.join(types) or '()'}]", f"({''.join(f'{one}, ' for one in texts)})"

    def call(self, node: Any) -> list[str]:
        """Return the lines of one operation."""
        import torch

        if node.target is torch.ops.higher_order.while_loop:
            return self.loop(node)
        if node.target is torch.ops.higher_order.cond:
            return self.choice(node)
        if node.target is operator.getitem:
            made, at = node.args
            if isinstance(made.target, torch._ops.HigherOrderOperator):
                return [f"{node.name} = {_part(made, at)}"]
            return [f"{node.name} = {unboxed(f'{made.name}[{at}]', node)}"]
        name = node.target._schema.name.removeprefix("aten::")
        if name == "clone" and node not in self.copied:
            return [f"{node.name} = {self.text(node.args[0])}"]
        said = number(name, node)
        return [f"{node.name} = {unboxed(self.of_tensors(name, node), node) if said is None else said}"]

    def choice(self, node: Any) -> list[str]:
        """Return the lines of `torch.cond`."""
        flag, then, otherwise, operands = node.args
        names = [self.function(_graph_of(one)) for one in (then, otherwise)]
        given = ", ".join(map(self.text, operands))
        calls = [f"    {line}" for name in names for line in _taken(node, then, f"{name}({given})")]
        return [f"if {self.text(flag)}:", calls[0], "else:", calls[1]]

    def loop(self, node: Any) -> list[str]:
        """Return the lines of `while_loop`; a row that it stores into an array of its own is written there."""
        test, body, state, around = node.args
        own = {at: store for at in range(len(state)) if (store := _own_store(_graph_of(body), at)) is not None}
        self.in_place.update(own.values())
        asked, step = self.function(_graph_of(test)), self.function(_graph_of(body))
        names = [_part(node, at) for at in range(len(state))]
        starts = [f"{self.text(one)}.clone()" if at in own else self.text(one) for at, one in enumerate(state)]
        given = ", ".join([*names, *map(self.text, around)])
        lines = [f"{name} = {start}" for name, start in zip(names, starts, strict=True)]
        return [*lines, f"while {asked}({given}):", *(f"    {one}" for one in _taken(node, body, f"{step}({given})"))]

    def of_tensors(self, name: str, node: Any) -> str:
        """Return the text of an operation that has a tensor among its arguments, or gives one."""
        args = node.args
        if name == "index" and all(is_node(one) and kind(one) == "int" for one in args[1]):
            return f"{self.text(args[0])}[{', '.join(map(self.text, args[1]))}]"
        if _stores_a_row(node):
            array = self.text(args[0]) if node in self.in_place else f"{self.text(args[0])}.clone()"
            return f"{STORED}({array}, {self.text(args[1][0])}, {self.boxed(args[2])})"
        if not node.kwargs and name in INFIX and len(args) == 2 and is_number(args[0]) != is_number(args[1]):
            mine, other = args if is_number(args[0]) else args[::-1]
            if is_node(other) and other.meta["val"].shape and other.meta["val"].dtype == mine.meta["val"].dtype:
                # TorchScript takes a number first for one where both are, in what works on bits.
                first, second = (other, mine) if name in BITS else args
                return f"({self.text(first)} {INFIX[name]} {self.text(second)})"
        at = _overwritten(name, node)
        given = [
            self.indices(one) if name.startswith("index") and k == 1 else self.boxed(one) for k, one in enumerate(args)
        ]
        if at == 0:
            return f"{given[0]}.{name}_({', '.join(given[1:])})"
        further = [f"{key}={self.boxed(one)}" for key, one in node.kwargs.items()]
        into = [] if at is None else [f"out={given[at]}"]
        return f"torch.ops.{node.target.namespace}.{name}({', '.join([*given, *further, *into])})"

    def indices(self, value: Any) -> str:
        """Return what an index takes along the first axes, None for all of one."""
        return f"torch.jit.annotate(List[Optional[Tensor]], {self.boxed(value)})"

    def boxed(self, value: Any) -> str:
        """Return an argument as text, with tensors for numbers."""
        if isinstance(value, (list, tuple)) and value:
            return f"[{', '.join(map(self.boxed, value))}]"
        if not is_number(value):
            return self.text(value)
        return f"torch.scalar_tensor({value.name}, dtype={value.meta['val'].dtype})"

    def text(self, value: Any) -> str:
        """Return an argument as text."""
        return str(value.name) if is_node(value) else literal(value)


def _graph_of(node: Any) -> Any:
    """Return the module that a node of a graph gets."""
    return getattr(node.graph.owning_module, node.target)


def _part(node: Any, at: int) -> str:
    """Return the name of one result of an operator that gives several."""
    return f"part_{at}_of_{node.name}"


def _taken(node: Any, inner: Any, call: str) -> list[str]:
    """Return the line that takes apart what the function of an inner graph gives."""
    made = list(_graph_of(inner).graph.nodes)[-1].args[0]
    names = [_part(node, at) for at in range(len(made))]
    return [f"{names[0]} = {call}[0]" if len(names) == 1 else f"{', '.join(names)} = {call}"]


def _stores_a_row(node: Any) -> bool:
    """Tell whether an operation is a store of one row, or element, at a number."""
    schema = getattr(node.target, "_schema", None)
    if schema is None or schema.name != "aten::index_put" or len(node.args) != 3 or len(node.args[1]) != 1:
        return False
    return is_node(node.args[1][0]) and kind(node.args[1][0]) == "int"


def _own_store(body: Any, at: int) -> Any:
    """Return the store that a loop's state at a position comes from, where it is all that becomes of it in a trip."""
    nodes = list(body.graph.nodes)
    state = [one for one in nodes if one.op == "placeholder"][at]
    made = nodes[-1].args[0][at]
    own = is_node(made) and _stores_a_row(made) and made.args[0] is state
    once = own and len(state.users) == len(made.users) == 1 and nodes[-1].args[0].count(made) == 1
    return made if once and state not in made.args[1:] else None


def _overwritten(name: str, node: Any) -> int | None:
    """Return the argument whose memory an operation may write its result into: nothing else knows it."""
    if name not in METHODS or node.kwargs:
        return None
    for at, one in enumerate(node.args[:2]):
        if is_node(one) and _is_own(one) and _same(one, node):
            return at
    return None


def _is_own(node: Any) -> bool:
    schema = getattr(node.target, "_schema", None)
    made = schema is not None and schema.name.removeprefix("aten::") in NEW
    return node.op == "call_function" and made and len(node.users) == 1


def _same(one: Any, other: Any) -> bool:
    a, b = one.meta["val"], other.meta["val"]
    return bool(a.shape and a.shape == b.shape and a.dtype == b.dtype and a.dtype.is_floating_point)
