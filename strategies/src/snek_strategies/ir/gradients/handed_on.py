"""Parameters that a recursion hands on as they are: its weights, say. What they stand for lies around the function."""

from __future__ import annotations

from collections import defaultdict

from snek_strategies.ir.syntax import Atom, Block, Node, Sym, every_node


def handed_on(block: Block) -> dict[int, Sym]:
    """Return what parameters of functions always stand for: the one name from around the function, by their index."""
    functions = {one.results[0].index: one for one in every_node(block) if one.primitive == "function"}
    given: dict[int, list[Atom]] = defaultdict(list)
    for node in every_node(block):
        if node.primitive == "call" and isinstance(node.operands[0], Sym):
            parameters = functions[node.operands[0].index].blocks[0].parameters
            for parameter, atom in zip(parameters, node.operands[1:], strict=True):
                given[parameter.index].append(atom)
    bound = _bound_in(block)
    found = {}
    for function, around in _functions(block, ()):
        for parameter in function.blocks[0].parameters:
            origins = _origins(parameter, given)
            (origin, *more) = origins or (None,)
            if not more and isinstance(origin, Sym) and bound.get(origin.index) in (None, *around):
                found[parameter.index] = origin
    return found


def _origins(parameter: Sym, given: dict[int, list[Atom]]) -> list[Atom]:
    """Return the values that calls give a parameter, each once, through the parameters that hand it on."""
    found: dict[int, Atom] = {}
    seen, pending = {parameter.index}, list(given[parameter.index])
    while pending:
        atom = pending.pop()
        if not isinstance(atom, Sym) or atom.index not in given:
            found[atom.index if isinstance(atom, Sym) else -id(atom)] = atom
        elif atom.index not in seen:
            seen.add(atom.index)
            pending += given[atom.index]
    return list(found.values())


def _bound_in(block: Block) -> dict[int, int]:
    """Return in which block, by `id`, each name is bound."""
    blocks = [block, *(inner for node in every_node(block) for inner in node.blocks)]
    return {
        sym.index: id(one)
        for one in blocks
        for sym in (*one.parameters, *(sym for node in one.nodes for sym in node.results))
    }


def _functions(block: Block, around: tuple[int, ...]) -> list[tuple[Node, tuple[int, ...]]]:
    """Return the functions, and by `id` the blocks around each."""
    found = []
    here = (*around, id(block))
    for node in block.nodes:
        if node.primitive == "function":
            found.append((node, here))
        for inner in node.blocks:
            found += _functions(inner, here)
    return found
