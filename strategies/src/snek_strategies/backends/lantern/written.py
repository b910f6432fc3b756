"""A program's C++ source: its functions, and the entry through which the host runs it."""

from __future__ import annotations

from dataclasses import dataclass

from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.lantern import plans
from snek_strategies.backends.lantern.at_once import pair_parts
from snek_strategies.backends.lantern.back_by_height import back_functions
from snek_strategies.backends.lantern.by_height import by_height
from snek_strategies.backends.lantern.cache import key_of
from snek_strategies.backends.lantern.extents import dims_of
from snek_strategies.backends.lantern.known_dtypes import refuse_unknown
from snek_strategies.backends.lantern.running_time import takes_long
from snek_strategies.backends.lantern.writer import Shared, Writer, cpp_name, scalar_type
from snek_strategies.backends.lifted_functions import Lifted, lifted
from snek_strategies.ir.gradients.handed_on import handed_on
from snek_strategies.ir.passes.optimize import looped
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.symbols import NeedsNumber
from snek_strategies.ir.syntax import Program, Sym

HEAD = """// Made from the Python function {name}.
{headers}

extern "C" const void *constants[{count}];
const void *constants[{count}] = {{}};
template <class T>
static const T *constant(int at) {{
    return static_cast<const T *>(constants[at]);
}}
"""


HEADERS = {
    "<complex>": ("std::complex",),
    '"lantern.hpp"': ("",),
    '"products.hpp"': ("",),
    '"scalar.hpp"': ("",),
    '"tape.hpp"': ("lantern::Tape",),
    '"linear.hpp"': ("lantern::linear::",),
    '"sorting.hpp"': ("lantern::sorting::",),
    '"both.hpp"': ("lantern::both<",),
    '"threads.hpp"': ("lantern::spread<", "lantern::gemm_spread<"),
    '"recursion.hpp"': ("lantern::Computed<",),
}
"""What a program may include, and the words in its text that ask for it: headers take longer than small programs."""


@dataclass(frozen=True)
class Written:
    """C++ source, and what it refers to by number."""

    source: str
    shared: Shared
    same: tuple[int | None, ...]
    """The parameter that a result is, for each."""

    def plan(self) -> plans.Plan:
        """Return what to keep beside the library."""
        return plans.Plan(key_of(self.source), self.same, tuple(self.shared.constants), plans.digest(self.source))


def write(program: Program, threads: int) -> Written:
    """Return a program, after the passes for every back-end, as C++. Raises StagingError for what cannot be said."""
    refuse_unknown(program)
    # What several threads share are loops over all elements.
    core = looped(explicit_checks(core_primitives(program), overflow=False), cut=threads == 1)
    if threads > 1:
        heights = by_height(lifted(core), handed_on(core.body))
        both = [one for made in heights for one in (made.recursion, made.back) if one is not None]
        core = pair_parts(core, frozenset(_index(one.function) for one in both))
    functions = lifted(core)
    shared = Shared(
        threads, tuple(symbol.name for symbol in places_of(tuple(sym.type for sym in program.body.parameters)))
    )
    shared.functions = {one.name.index: one for one in functions if one.name is not None}
    found = by_height(functions, handed_on(core.body))
    if shared.sizes and found:
        raise NeedsNumber("nodes of one height are computed together in a frame whose size is known")
    shared.by_height = {_index(made.recursion.function): made for made in found}
    shared.backs = {_index(made.back.function): made for made in found if made.back is not None}
    bodies = [text for one in functions for text in _functions(shared, one)]
    types = [made.types() for made in found]
    declared = [text.partition(" {\n")[0] + ";" for text in bodies[:-1]]
    text = "\n\n".join([*types, *declared, *bodies])
    asked = [name for name, words in HEADERS.items() if any(word in text for word in words)]
    head = HEAD.format(
        name=program.name,
        headers="\n".join(f"#include {name}" for name in asked),
        count=max(1, len(shared.constants)),
    )
    entry = _entry(program, cpp_name(functions[-1]), len(shared.sizes), takes_long(functions))
    own = {sym.index: at for at, sym in enumerate(program.body.parameters)}
    same = tuple(own.get(atom.index) if isinstance(atom, Sym) else None for atom in program.body.results)
    return Written(f"{head}\n\n{text}\n\n{entry}\n", shared, same)


def _functions(shared: Shared, one: Lifted) -> list[str]:
    made, of = shared.by_height.get(_index(one)), shared.backs.get(_index(one))
    if made is not None:
        return made.functions(shared)
    return [Writer(shared, one).function()] if of is None else back_functions(shared, of)


def _index(one: Lifted) -> int:
    """Return the index of a function's name; the program itself has none."""
    return -1 if one.name is None else one.name.index


def _entry(program: Program, name: str, sizes: int, alone: bool) -> str:
    body = program.body
    last = range(len(body.parameters), len(body.parameters) + sizes)
    given = ["context", *(f"*static_cast<const std::int64_t *>(given[{at}])" for at in last)]
    for at, sym in enumerate(body.parameters):
        pointer = f"static_cast<const {scalar_type(sym.type)} *>(given[{at}])"
        given.append(pointer if dims_of(sym.type) else f"*{pointer}")
    for at, atom in enumerate(body.results):
        pointer = f"static_cast<{scalar_type(atom.type)} *>(made[{at}])"
        given.append(pointer if dims_of(atom.type) else f"*{pointer}")
    return (
        'extern "C" void lantern_connect(const lantern::Services *given) { lantern::services = *given; }\n\n'
        'extern "C" int lantern_run([[maybe_unused]] const void *const *given, '
        "[[maybe_unused]] void *const *made, lantern::Raised *raised) {\n"
        f"    return lantern::run<{str(alone).lower()}>(raised, [&](lantern::Context &context) {{\n"
        f"        {name}({', '.join(given)});\n    }});\n}}"
    )
