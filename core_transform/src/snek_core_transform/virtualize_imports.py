"""Pass what a function imports through an operator."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, call, constant, load


def virtualize_imports(tree: gast.AST, context: Context) -> gast.AST:
    """Pass each name that an `import` binds through `import_`.

    >>> def f():
    ...     import os.path, re as r
    ...     from os import sep
    >>> print(show(f, after="virtualize_imports", operators=RecordingOperators({"import"})))
    def f():
        import os.path, re as r
        os = operators.import_('os.path', os)
        r = operators.import_('re', r)
        from os import sep
        sep = operators.import_('os', sep)
    """
    return each_statement_in_scope(tree, context, _virtualize) if context.wants("import") else tree


def _virtualize(node: gast.stmt, _: Function, context: Context) -> Block:
    if not isinstance(node, gast.Import | gast.ImportFrom):
        return [node]
    whole = isinstance(node, gast.Import)
    result: Block = [node]
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        module = alias.name if whole else "." * (node.level or 0) + (node.module or "")
        value = call(context.value_operator("import_"), constant(module), load(name))
        result.append(at(assign(name, value), node))
    return result
