"""A program of the IR as C++: functions, `if`, `while`, assignments, and loops over elements."""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from snek_core_transform.errors import Place, StagingError
from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.bounded_counters import bounded_results
from snek_strategies.backends.explicit_checks import Redo
from snek_strategies.backends.lantern import elements, linear, names, tapes
from snek_strategies.backends.lantern.array_nodes import ROWS
from snek_strategies.backends.lantern.arrays import Dims, Lazy, View, at, loops, merged, of_view, row_strides
from snek_strategies.backends.lantern.at_once import write_both
from snek_strategies.backends.lantern.carried_back import CarriedBack, carried_back
from snek_strategies.backends.lantern.cpp_types import Dtype, cast, cpp, number
from snek_strategies.backends.lantern.extents import Extent, count_of, dims_of, is_above
from snek_strategies.backends.lantern.forests import Forest, planted
from snek_strategies.backends.lantern.frames import planned
from snek_strategies.backends.lantern.fused import write_region
from snek_strategies.backends.lantern.liveness import Liveness
from snek_strategies.backends.lantern.pieces import write_pieces
from snek_strategies.backends.lantern.printing import write_print
from snek_strategies.backends.lantern.products import pack_factors
from snek_strategies.backends.lantern.spreading import begun, ended
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.raising import Sites, ends_in_raise
from snek_strategies.ir.interpretations import HOLE, LINEAR
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym
from snek_strategies.ir.types import Fn, Tape, Type

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.by_height import ByHeight

LONGEST = 160
"""How long an expression grows before it gets a name."""
DEEPEST = 24
"""How many operations an element takes before the array gets memory of its own."""
SCALARS = frozenset({"asarray", "astype", "bool", "int", "float", "item", "positive", "copy"})


class Shared:
    """What the functions of one program have in common."""

    def __init__(self, threads: int, sizes: tuple[str, ...] = ()) -> None:
        self.threads = threads
        self.sizes = sizes
        """The names of the extents that only the run tells: every function takes them first."""
        self.sites = Sites("lantern")
        self.constants: list[np.ndarray] = []
        self.prints: list[Node] = []
        self.functions: dict[int, Lifted] = {}
        self.by_height: dict[int, ByHeight] = {}
        """The recursions that are computed by height where they are called from outside."""
        self.backs: dict[int, ByHeight] = {}
        """Those whose gradient is walked back by height, by its function."""


def cpp_name(one: Lifted) -> str:
    """Return a function's name in C++, where keywords and the runtime's own names are taken."""
    return f"{one.text}_"


def scalar_type(type_: Type, place: Place | None = None) -> str:
    """Return the C++ type of a number. Raises StagingError for functions and tapes."""
    if isinstance(type_, (Fn, Tape)):
        raise StagingError(f"back-end 'lantern' cannot express a {type_} that is passed on", place, code="SNK0290")
    return cpp(dtype_of(type_))


class Writer:
    """Writes one function."""

    def __init__(self, shared: Shared, one: Lifted) -> None:
        self.shared = shared
        self.one = one
        self.lines: list[str] = []
        self.depth = 1
        self.texts: dict[int, str] = {}
        self.views: dict[int, View] = {}
        self.pending: dict[int, str] = {}
        self.lazies: dict[int, Lazy] = {}
        self.waiting: dict[int, Sym] = {}
        self.bounded: set[int] = set()
        self.buffers: dict[str, tuple[Dtype, Extent]] = {}
        self.pointers: list[tuple[str, str]] = []
        self.sharing: dict[str, set[int]] = {}
        self.destinations: dict[int, View] = {}
        self.packed: dict[tuple[int, Extent], str] = {}
        self.after: tuple[Node, ...] = ()
        """What follows a loop in its block."""
        self.forests: dict[int, Forest] = {}
        self.carried: dict[int, CarriedBack] = {}
        self.liveness = Liveness(one.block, shared.functions)
        self.hints = names.hints(one.block)
        self.taken = set(shared.sizes)
        self.names = 0
        self.said: Place | None = None
        self.tapes = tapes.Origins(one.block, (*one.block.parameters, *one.captured))

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self.depth + text)

    def fresh(self, letter: str = "v", hint: str = "") -> str:
        """Return a name that the function does not have yet: that of the hint where it is free, or with a number."""
        name = names.spelled(hint)
        base = f"{name}_" if name else letter
        while not name or name in self.taken:
            name = f"{base}{self.names}"
            self.names += 1
        self.taken.add(name)
        return name

    def name_for(self, sym: Sym, letter: str = "v") -> str:
        """Return a new name for a value, by what the user calls it."""
        return self.fresh(letter, self.hints.get(sym.index, sym.hint))

    def buffer(self, dims: Dims, dtype: Dtype, name: str = "") -> View:
        """Return memory of its own in the function's frame."""
        name = name or self.fresh("a")
        self.buffers[name] = (dtype, count_of(dims))
        return View(name, dtype, dims, row_strides(dims), frozenset({name}))

    def place_for(self, sym: Sym) -> View:
        """Return where a name's elements go: the caller's memory where they are the function's result."""
        known = self.destinations.get(sym.index)
        return known or self.buffer(dims_of(sym.type), dtype_of(sym.type), self.name_for(sym, "a"))

    def bind(self, sym: Sym, view: View) -> None:
        """Let a name stand for an array in memory."""
        self.views[sym.index] = view
        for root in view.roots:
            self.sharing.setdefault(root, set()).add(sym.index)

    def forget(self, names: set[int]) -> None:
        """Let names of a block that is written stand for nothing any more."""
        for index in names & self.views.keys():
            for root in self.views.pop(index).roots:
                self.sharing[root].discard(index)

    def remember(self, before: dict[int, View]) -> None:
        """Let names stand again for what they stood for: a branch may have taken their memory, which another reads."""
        for index in before.keys() - self.views.keys():
            self.views[index] = before[index]
            for root in before[index].roots:
                self.sharing.setdefault(root, set()).add(index)

    def is_mine(self, atom: Atom) -> bool:
        """Tell whether an array is alone in a buffer of this function's and nobody reads it after this node."""
        if not isinstance(atom, Sym) or atom.index in self.lazies:
            return False
        view = self.view(atom)
        (root, *more) = view.roots
        if more or root not in self.buffers or not view.together:
            return False
        return not any(map(self.liveness.read_later, self.sharing[root] | {atom.index}))

    def whole(self, view: View) -> bool:
        """Tell whether a view is all of one of this function's buffers."""
        return view.base in self.buffers and not view.offset and count_of(view.dims) == self.buffers[view.base][1]

    def function(self) -> str:
        """Return the function's text."""
        block = self.one.block
        parameters = ["lantern::Context &context", *(f"std::int64_t {name}" for name in self.shared.sizes)]
        for sym in (*block.parameters, *self.one.captured):
            if tapes.is_tape(sym):
                self.texts[sym.index] = self.fresh("tape")
                parameters.append(f"lantern::Tape &{self.texts[sym.index]}")
                continue
            name = self.name_for(sym)
            kind = scalar_type(sym.type)
            dims = dims_of(sym.type)
            if dims:
                parameters.append(f"const {kind} *{name}")
                self.bind(sym, View(name, dtype_of(sym.type), dims, row_strides(dims), frozenset({"given"})))
            else:
                parameters.append(f"{kind} {name}")
                self.texts[sym.index] = name
        same = tapes.pairs(block.parameters, block.results)
        for number_, atom in enumerate(block.results):
            if number_ in same:
                continue
            kind = "lantern::Tape" if tapes.is_tape(atom) else scalar_type(atom.type)
            parameters.append(f"{kind} {'*' if dims_of(atom.type) else '&'}out{number_}")
        if self.one.recursive:
            parameters.append("std::int64_t depth")
        self.aim(block)
        self.liveness.enter(block, loops=False)
        self.nodes(block)
        if not ends_in_raise(block):
            moves = []
            for number_, atom in enumerate(block.results):
                if tapes.is_tape(atom):
                    target = self.use(block.parameters[same[number_]]) if number_ in same else f"out{number_}"
                    moves.append((target, self.use(atom)))
                else:
                    self.answer(f"out{number_}", atom)
            tapes.move(self, moves)
        head = [f"static void {cpp_name(self.one)}({', '.join(parameters)}) {{"]
        if self.one.recursive:
            head.append(f"    lantern::enter(context, depth, {sys.getrecursionlimit()});")
        if self.buffers:
            frame = planned(self.lines, self.buffers, self.pointers)
            head.append(f"    const lantern::Frame frame(context, {frame.size});")
            for name, (dtype, _) in self.buffers.items():
                head.append(f"    {cpp(dtype)} *{name} = frame.at<{cpp(dtype)}>({frame.offsets[name]});")
        return "\n".join([*head, *self.lines, "}"])

    def aim(self, block: Block) -> None:
        """Note which names of a function's block are computed straight into the caller's memory."""
        made = {sym.index for node in block.nodes for sym in node.results}
        for number_, atom in enumerate(block.results):
            if isinstance(atom, Sym) and dims_of(atom.type) and atom.index in made:
                self.destinations.setdefault(atom.index, self.target(f"out{number_}", atom.type))

    def answer(self, name: str, atom: Atom) -> None:
        """Give the caller a result."""
        if not dims_of(atom.type):
            self.line(f"{name} = {self.use(atom)};")
        elif not (isinstance(atom, Sym) and atom.index in self.views and self.views[atom.index].base == name):
            self.store(self.elements(atom), self.target(name, atom.type))

    def target(self, name: str, type_: Type) -> View:
        """Return the memory of that name as an array of a type."""
        dims = dims_of(type_)
        return View(name, dtype_of(type_), dims, row_strides(dims), frozenset({name}))

    # Values

    def use(self, atom: Atom) -> str:
        """Return the text of a number."""
        if isinstance(atom, Const):
            return number(np.asarray(atom.value).item(), dtype_of(atom.type))
        if atom.index in self.pending:
            return self.pending.pop(atom.index)
        return self.texts[atom.index]

    def kept(self, atom: Atom) -> str:
        """Return the text of a number that others use too."""
        if isinstance(atom, Sym) and atom.index in self.pending:
            text, self.texts[atom.index] = self.pending.pop(atom.index), self.name_for(atom)
            self.line(f"const {scalar_type(atom.type)} {self.texts[atom.index]} = {text};")
        return self.use(atom)

    def elements(self, atom: Atom) -> Lazy:
        """Return an array, or a number, as elements to compute with."""
        dtype = dtype_of(atom.type)
        if not dims_of(atom.type):
            text = self.use(atom)
            if isinstance(atom, Sym) and not text.isidentifier():
                name = self.fresh()
                self.line(f"const {cpp(dtype)} {name} = {text};")
                text = name
            return Lazy(dtype, (), (), lambda _: text, 0)
        if isinstance(atom, Const):
            value = np.asarray(atom.value)
            if value.size and bool(np.all(value == value.flat[0])):
                text = number(value.flat[0].item(), dtype)
                return Lazy(dtype, value.shape, (), lambda _: text, 0)
        elif atom.index in self.lazies:
            return self.lazies.pop(atom.index)
        return of_view(self.view(atom))

    def view(self, atom: Atom) -> View:
        """Return an array that lies in memory."""
        if isinstance(atom, Const):
            value = np.ascontiguousarray(atom.value)
            self.shared.constants.append(value)
            name = f"constant<{cpp(value.dtype)}>({len(self.shared.constants) - 1})"
            return View(name, value.dtype, value.shape, row_strides(value.shape), frozenset({"given"}))
        if atom.index not in self.views:
            self.bind(atom, self.materialised(self.elements(atom), dims_of(atom.type), atom))
        return self.views[atom.index]

    def materialised(self, made: Lazy, dims: Dims, sym: Sym | None = None) -> View:
        """Return elements in memory of their own; a name's, where it has a place for them."""
        target = self.buffer(dims, made.dtype) if sym is None else self.place_for(sym)
        self.store(made, target)
        return target

    def together(self, atom: Atom) -> View:
        """Return an array whose elements lie in order."""
        view = self.view(atom)
        return view if view.together else self.materialised(of_view(view), view.dims)

    def store(self, made: Lazy, target: View, sign: str = "=") -> None:
        """Write the loops that compute elements into memory."""
        if 0 in target.dims:
            return
        views = tuple(one.spread(target.dims) for one in made.loads)
        dims, strides = merged(target.dims, (target, *views))
        heads = list(loops(dims))
        indices = [name for name, _ in heads]
        heads = begun(self, dims, heads)
        for axis, (_, head) in enumerate(heads):
            if axis == len(heads) - 1 and sign == "=":
                self.line("#pragma GCC ivdep")
            self.line(head)
            self.depth += 1
        texts = [at(view, own, indices) for view, own in zip(views, strides[1:], strict=True)]
        self.line(f"{at(target, strides[0], indices)} {sign} {cast(made.render(texts), made.dtype, target.dtype)};")
        self.close(len(heads))
        ended(self, dims)

    def close(self, count: int) -> None:
        """End that many blocks."""
        for _ in range(count):
            self.depth -= 1
            self.line("}")

    def define(self, sym: Sym, made: Lazy | View, once: bool = False) -> None:
        """Bind a name to an array."""
        if isinstance(made, View):
            self.bind(sym, made)
        elif once and made.size < DEEPEST and len(set(made.loads)) < 9:
            self.lazies[sym.index] = made
            self.waiting[sym.index] = sym
        else:
            self.bind(sym, self.materialised(made, dims_of(sym.type), sym))

    def settle(self) -> None:
        """Compute what waits for its use and reads memory: what follows may change that."""
        for index in list(self.lazies):
            self.view(self.waiting[index])

    # Nodes

    def nodes(self, block: Block) -> None:
        """Write a block's nodes; what is used once, right here, waits for its use."""
        counts: Counter[int] = Counter(atom.index for atom in block.results if isinstance(atom, Sym))
        further: set[int] = set()
        for node in block.nodes:
            counts.update(atom.index for atom in _operands(node) if isinstance(atom, Sym))
            if node.primitive != "fused":
                further.update(sym.index for one in node.blocks for sym in self.liveness.free[id(one)])
        for at_, node in enumerate(block.nodes):
            self.liveness.at(at_)
            self.place(node)
            once = len(node.results) == 1 and counts[node.results[0].index] == 1
            once = once and node.results[0].index not in further
            if node.primitive == "function":
                continue
            if node.primitive == "fused":
                write_region(self, node)
            elif node.primitive in ("if", "while", "call"):
                if node.primitive == "while":
                    self.after = block.nodes[at_ + 1 :]
                if _stores(node):
                    self.settle()
                getattr(self, {"if": "choice", "while": "loop", "call": "call"}[node.primitive])(node)
            elif node.primitive == "at_once":
                write_both(self, node)
            elif node.primitive == "piecewise":
                self.settle()
                write_pieces(self, node)
            elif node.primitive == "raise":
                texts = [str(self.shared.sites.number(node)), *map(self.use, node.operands)]
                if len(texts) > 16:
                    raise cannot_say("lantern", node, "an exception holds at most 15 numbers")
                self.line(f"lantern::raise({', '.join(texts)});")
            elif node.primitive == "print":
                write_print(self, node)
            elif node.primitive in tapes.ROWS:
                tapes.ROWS[node.primitive](self, node)
            elif node.primitive in LINEAR:
                linear.write(self, node)
            elif node.primitive in ("setitem", "additem"):
                self.stored(node)
            elif not node.results:
                raise cannot_say("lantern", node, "it is not written in C++ yet; use back-end 'interpret'")
            elif dims_of(node.results[0].type) or any(dims_of(one.type) for one in node.operands):
                self.array(node, once)
            else:
                self.number(node, once)

    def place(self, node: Node) -> None:
        """Say which line of the user's a statement is from, once for each."""
        place = node.place
        if place is not None and (self.said is None or place.line != self.said.line):
            text = linecache.getline(place.filename, place.line).strip()
            if text:
                self.line(f"// {place.line}: {text}".rstrip("\\"))
            self.said = place

    def number(self, node: Node, once: bool) -> None:
        """Write a node over numbers."""
        texts = [self.use(atom) for atom in node.operands]
        (result,) = node.results
        self.named(result, self.number_text(node, texts), once)

    def number_text(self, node: Node, texts: list[str], both: bool = False) -> str:
        """Return the text of a node over numbers; see `elements.element` for `both`."""
        name = node.primitive
        if elements.is_checked(node) and node.results[0].index not in self.bounded:
            params = (("exception", Redo(name)), ("arguments", (HOLE,) * len(node.operands)))
            site = self.shared.sites.number(Node((), "raise", node.operands, params, (), node.effects, node.place))
            whole = [elements.operand(t, a, np.dtype("int64")) for t, a in zip(texts, node.operands, strict=True)]
            return f"lantern::{name}({', '.join([*whole, str(site)])})"
        if name in ELEMENTWISE or name == "where":
            return elements.element(node, texts, both)
        given, wanted = dtype_of(node.operands[0].type), dtype_of(node.results[0].type)
        if name in SCALARS or name in ("reshape", "broadcast_to", "transpose", "sum", "prod", "max", "min", "getitem"):
            return cast(texts[0], given, wanted)
        if name in ("any", "all", "not"):
            return f"{'!' if name == 'not' else ''}{cast(texts[0], given, np.dtype(bool))}"
        if name == "math":
            return elements.math_call(node, texts)
        if name in ("real", "imag"):
            return f"{texts[0]}.{name}()" if given.kind == "c" else (texts[0] if name == "real" else "0")
        raise cannot_say("lantern", node, "it is not written in C++ yet; use back-end 'interpret'")

    def named(self, sym: Sym, text: str, once: bool) -> None:
        """Bind a name to a number."""
        if once and len(text) < LONGEST and "[" not in text:
            self.pending[sym.index] = text
        elif text.isidentifier():
            self.texts[sym.index] = text
        else:
            self.texts[sym.index] = self.name_for(sym)
            self.line(f"const {scalar_type(sym.type)} {self.texts[sym.index]} = {text};")

    def array(self, node: Node, once: bool) -> None:
        """Write a node that takes or gives arrays."""
        (result,) = node.results
        dims = dims_of(result.type)
        name = node.primitive
        if name in ELEMENTWISE or name in ("where", "astype", "asarray", "copy", "real", "imag"):
            self.define(result, self.elementwise(node, dims), once)
            return
        row = ROWS.get(name)
        if row is None:
            raise cannot_say("lantern", node, "it is not written in C++ for arrays yet; use back-end 'interpret'")
        made = row(self, node)
        if isinstance(made, str):
            self.named(result, made, once)
        else:
            self.define(result, made, once)

    def elementwise(self, node: Node, dims: Dims) -> Lazy:
        """Return a node's elements."""
        parts = []
        for atom in node.operands:
            made = self.elements(atom)
            if made.loads and made.dims != dims and made.size:
                made = of_view(self.materialised(made, made.dims))
            parts.append(made)
        loads = tuple(view.spread(dims) for one in parts for view in one.loads)

        def render(texts: list[str]) -> str:
            left, own = list(texts), []
            for one in parts:
                own.append(one.render(left[: len(one.loads)]))
                del left[: len(one.loads)]
            return self.number_text(node, own)

        probe = render(["x"] * len(loads))  # refuses here what cannot be said
        return Lazy(
            dtype_of(node.results[0].type), dims, loads, render, sum(one.size for one in parts) + 1 + len(probe) // 200
        )

    def stored(self, node: Node) -> None:
        """Write a store; where nobody reads the old array any more, it is changed in place."""
        target, value, *_ = node.operands
        (result,) = node.results
        self.settle()
        made = self.elements(value)
        if made.loads and dims_of(target.type):
            made = of_view(self.materialised(made, made.dims))
        before = self.view(target)
        if node.operands.count(target) > 1 or not self.is_mine(target):
            before = self.materialised(of_view(before), before.dims)
        ROWS["store"](self, node, before, made)
        self.bind(result, before)

    # Control

    def declared(self, sym: Sym) -> str:
        """Declare a number that is assigned later."""
        name = self.texts[sym.index] = self.name_for(sym)
        self.line(f"{scalar_type(sym.type)} {name};")
        return name

    def call(self, node: Node) -> None:
        """Write a call of one of the program's functions."""
        function, *operands = node.operands
        assert isinstance(function, Sym), "a function is called by its name"
        one = self.shared.functions[function.index]
        given = ["context", *self.shared.sizes]
        for atom in (*operands, *one.captured):
            if not tapes.is_tape(atom):
                scalar_type(atom.type, node.place)
            given.append(self.together(atom).pointer if dims_of(atom.type) else self.use(atom))
        same = tapes.pairs(operands, node.results)
        for number_, sym in enumerate(node.results):
            if number_ in same:
                self.texts[sym.index] = self.use(operands[same[number_]])
            elif tapes.is_tape(sym):
                given.append(tapes.declared(self, sym))
            elif dims_of(sym.type):
                self.bind(sym, self.place_for(sym))
                given.append(self.views[sym.index].base)
            else:
                given.append(self.declared(sym))
        if one.recursive:
            given.append("depth + 1" if self.one.recursive else "1")
        name = cpp_name(one)
        carried = self.carried.get(id(node))
        if carried is not None:
            name += "_later"
            given.append(carried.waiting)
        elif function.index in self.shared.by_height.keys() | self.shared.backs.keys() and one is not self.one:
            name += "_by_height"
        forest = self.forests.get(id(node))
        if forest is None:
            self.line(f"{name}({', '.join(given)});")
            return
        self.line(f"if ({forest.ready}) {{")
        self.depth += 1
        forest.handed_on(self, node.results)
        self.depth -= 1
        self.line("} else {")
        self.line(f"    {name}({', '.join(given)});")
        self.line("}")

    def choice(self, node: Node) -> None:
        """Write an `if`; an array that it gives is a pointer to where the branch taken has it."""
        test = self.use(node.operands[0])
        for sym in node.results:
            if tapes.is_tape(sym):
                if self.tapes.is_own(sym):
                    tapes.declared(self, sym)
            elif not dims_of(sym.type):
                self.declared(sym)
        arrays = [sym for sym in node.results if dims_of(sym.type)]
        branches = [self.branch(block, node) for block in node.blocks]
        ends = [made for _, made in branches if made is not None]
        for number_, sym in enumerate(arrays):
            given = [one[number_] for one in ends]
            if given and all(one.pointer == given[0].pointer for one in given):
                self.bind(sym, given[0])
                continue
            name = self.name_for(sym, "p")
            self.line(f"const {cpp(dtype_of(sym.type))} *{name};")
            for lines, made in branches:
                if made is not None:
                    self.pointers.append((name, made[number_].base))
                    lines.append("    " * (self.depth + 1) + f"{name} = {made[number_].pointer};")
            roots = frozenset({"chosen"}).union(*(one.roots for one in given))
            self.bind(sym, replace(self.target(name, sym.type), roots=roots))
        (body, _), (orelse, _) = branches
        self.lines += ["    " * self.depth + f"if ({test}) {{", *body]
        if orelse:
            self.lines += ["    " * self.depth + "} else {", *orelse]
        self.line("}")

    def branch(self, block: Block, node: Node, loops: bool = False) -> tuple[list[str], list[View] | None]:
        """Return a branch's lines, and where it has the arrays that it gives; None where it raises.

        One that `loops` leaves memory from around it as it is.
        """
        outer, self.lines = self.lines, []
        before = dict(self.views)
        self.depth += 1
        self.liveness.enter(block, loops)
        self.nodes(block)
        ends = None
        if not ends_in_raise(block):
            ends = [self.together(atom) for atom in block.results if dims_of(atom.type)]
            moves = []
            for sym, atom in zip(node.results, block.results, strict=True):
                if tapes.is_tape(sym):
                    # Where both branches give the tape from before them, it stays in its variable.
                    text = self.use(atom)
                    moves.append((self.texts.setdefault(sym.index, text), text))
                elif not dims_of(sym.type):
                    self.line(f"{self.texts[sym.index]} = {self.use(atom)};")
            tapes.move(self, moves)
        self.forget(self.liveness.leave())
        self.remember(before)
        self.depth -= 1
        lines, self.lines = self.lines, outer
        return lines, ends

    def loop(self, node: Node) -> None:
        """Write a `while`; an array of its state has memory that changes places with what the body computes."""
        test, body = node.blocks
        self.bounded |= bounded_results(node)
        # Before the loop's variables take the texts, and the memory, of what they begin with.
        self.forests |= planted(self, node)
        state = {sym.index: self.begun(sym, atom, node) for sym, atom in zip(node.results, node.operands, strict=True)}
        packed = pack_factors(self, node)
        carried = carried_back(self, node)
        self.carried |= carried
        ticks = self.fresh("ticks")
        self.line(f"for (std::uint32_t {ticks} = 1;; ++{ticks}) {{")
        self.depth += 1
        self.entered(test, node, state)
        self.line(f"if (!({self.use(test.results[0])})) break;")
        self.forget(self.liveness.leave())
        self.line(f"if (({ticks} & {'0x3f' if _is_heavy(body) else '0xffff'}) == 0) lantern::poll(context);")
        before = self.buffers.keys() | set()
        self.entered(body, node, state)
        if not ends_in_raise(body):
            self.assign(node, body, state, before)
        self.forget(self.liveness.leave())
        self.depth -= 1
        self.line("}")
        self.said = None
        for factors in packed:
            del self.packed[factors]
        for one in carried.values():
            one.settled(self, state)
        for sym in node.results:
            if dims_of(sym.type):
                self.bind(sym, state[sym.index])  # type: ignore[arg-type]

    def begun(self, sym: Sym, given: Atom, node: Node) -> View | None:
        """Give a loop's variable its first value; return an array's memory."""
        if tapes.is_tape(sym):
            self.texts[sym.index] = self.use(given)
            return None
        if dims_of(sym.type):
            if node.operands.count(given) == 1 and self.is_mine(given) and self.whole(self.view(given)):
                view = self.view(given)
                read = {one.index for block in node.blocks for one in self.liveness.free[id(block)]}
                # Another variable may begin with what a branch chose, this memory or another.
                read |= {one.index for one in node.operands if isinstance(one, Sym) and one != given}
                if not self.sharing[view.base] & read:
                    self.forget(set(self.sharing[view.base]))
                    return view
            made = self.elements(given)
            own = self.buffer(dims_of(sym.type), made.dtype, self.name_for(sym, "a"))
            self.store(made, own)
            return own
        text = self.use(given)
        self.texts[sym.index] = self.name_for(sym)
        self.line(f"{scalar_type(sym.type, node.place)} {self.texts[sym.index]} = {text};")
        return None

    def entered(self, block: Block, node: Node, state: dict[int, View | None]) -> None:
        """Write the nodes of a loop's test or body over the loop's variables."""
        for parameter, sym in zip(block.parameters, node.results, strict=True):
            view = state[sym.index]
            if view is not None:
                self.bind(parameter, view)
            else:
                self.texts[parameter.index] = self.texts[sym.index]
        self.liveness.enter(block, loops=True)
        self.nodes(block)

    def assign(self, node: Node, body: Block, state: dict[int, View | None], before: set[str]) -> None:
        """Give the loop's state its next values, all at once; `before` are the buffers from before the body."""
        numbers, arrays, moves = [], [], []
        taken: set[str] = set()
        for sym, atom in zip(node.results, body.results, strict=True):
            own = state[sym.index]
            if own is None:
                text = self.use(atom)
                if tapes.is_tape(sym):
                    moves.append((self.texts[sym.index], text))
                    continue
                if text != self.texts[sym.index]:
                    numbers.append((self.texts[sym.index], text, scalar_type(sym.type)))
                continue
            made = self.elements(atom)
            if made.size == 0 and made.loads == (own,):
                continue
            fresh = self.exchanged(made, own, taken, before)
            taken |= fresh.roots
            arrays.append((own, fresh))
        self.numbers(numbers)
        for own, fresh in arrays:
            for root in sorted(fresh.roots - {own.base, "chosen"}):
                test = "" if len(fresh.roots) == 1 else f"if ({fresh.base} == {root}) "
                self.line(f"{test}std::swap({own.base}, {root});")
                self.pointers.append((own.base, root))
        tapes.move(self, moves)

    def exchanged(self, made: Lazy, own: View, taken: set[str], before: set[str]) -> View:
        """Return elements in memory of this trip's own, which may change places with a variable's."""
        if made.size == 0 and len(made.loads) == 1:
            view = made.loads[0]
            fresh = view.roots - {own.base, "chosen"}
            chosen = "chosen" in view.roots and not view.offset
            private = fresh <= self.buffers.keys() and not fresh & (taken | before)
            equal = all(self.buffers[one] == (own.dtype, count_of(own.dims)) for one in fresh & self.buffers.keys())
            if fresh and view.together and private and equal and (chosen or self.whole(view)):
                return view
        return self.materialised(made, own.dims)

    def numbers(self, changed: list[tuple[str, str, str]]) -> None:
        """Assign numbers at once: one that another's text still reads waits in a name of its own."""
        if len(changed) == 1:
            self.line(f"{changed[0][0]} = {changed[0][1]};")
            return
        ready = []
        for name, text, kind in changed:
            waiting = self.fresh()
            self.line(f"const {kind} {waiting} = {text};")
            ready.append(f"{name} = {waiting};")
        for text in ready:
            self.line(text)


def _big(node: Node) -> bool:
    return any(
        is_above(count_of(dims_of(sym.type)), 64) for sym in node.results if not isinstance(sym.type, (Fn, Tape))
    )


def _operands(node: Node) -> list[Atom]:
    """Return what a node reads itself; a region reads what its nodes read."""
    inner = node.blocks[0].nodes if node.primitive == "fused" else ()
    return [*node.operands, *(atom for one in inner for atom in one.operands)]


def _is_heavy(block: Block) -> bool:
    """Tell whether a trip takes so long that the ear for Ctrl-C costs nothing."""
    return any(
        node.primitive in ("while", "call") or _big(node) or any(map(_is_heavy, node.blocks)) for node in block.nodes
    )


def _stores(node: Node) -> bool:
    """Tell whether a node may change memory that others read."""
    return node.primitive in ("while", "setitem", "additem") or any(
        _stores(inner) for one in node.blocks for inner in one.nodes
    )
