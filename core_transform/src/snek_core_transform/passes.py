"""The passes, in order, each with the reason for its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gast

from .check_unbound import check_unbound
from .context import Context
from .declare_variables import declare_variables
from .lower_assert import lower_assert
from .lower_break import lower_break
from .lower_comprehensions import lower_comprehensions
from .lower_continue import lower_continue
from .lower_matches import lower_matches
from .lower_named import lower_named
from .lower_return import lower_return
from .lower_targets import lower_targets
from .lower_with import lower_with
from .plainness import note_plainness
from .prepare import prepare
from .separate_comprehensions import separate_comprehensions
from .state import note_state
from .syntax import Rules
from .virtualize_arithmetic import virtualize_arithmetic
from .virtualize_assignments import virtualize_assignments
from .virtualize_attributes import virtualize_attributes
from .virtualize_branches import virtualize_branches
from .virtualize_calls import call_rules, virtualize_calls
from .virtualize_comparisons import comparison_rules, virtualize_comparisons
from .virtualize_comprehensions import virtualize_comprehensions
from .virtualize_definitions import virtualize_definitions
from .virtualize_exceptions import virtualize_exceptions
from .virtualize_guards import virtualize_guards
from .virtualize_imports import virtualize_imports
from .virtualize_literals import virtualize_literals
from .virtualize_logic import logic_rules, virtualize_logic
from .virtualize_loops import virtualize_loops
from .virtualize_matches import virtualize_matches
from .virtualize_names import virtualize_names
from .virtualize_subscripts import virtualize_subscripts
from .virtualize_suspensions import virtualize_suspensions
from .virtualize_ternary import virtualize_ternary
from .virtualize_tries import virtualize_tries
from .virtualize_unpacking import virtualize_unpacking
from .virtualize_with import virtualize_with

Pass = Callable[[gast.AST, Context], gast.AST]

PASSES: tuple[Pass, ...] = (
    lower_assert,  # before prepare: what it makes is an `if` like any other
    lower_with,  # before prepare: what it makes is a `try` like any other
    lower_comprehensions,  # before prepare: what it makes are functions like any other
    lower_matches,  # before prepare: what it makes are `if`s like any other
    lower_named,  # before prepare: what it makes are statements like any other; after `assert`, which is an `if` now
    prepare,  # early: what it notes holds for the user's own text
    note_plainness,  # before anything of the user's becomes something else
    lower_return,  # before lower_break: a `return` in a loop becomes a `break`
    lower_break,  # before lower_continue: it leaves loops whose bodies end early only by `continue`
    lower_continue,
    note_state,  # after the jumps: their flags are variables too; before any statement becomes a thunk
    lower_targets,  # before all that stores: one store a statement
    virtualize_exceptions,  # the values that stay in the frame, before anything moves out of it
    virtualize_matches,
    virtualize_with,
    virtualize_imports,
    virtualize_definitions,
    virtualize_suspensions,
    virtualize_comprehensions,
    virtualize_arithmetic,
    virtualize_unpacking,
    virtualize_names,
    virtualize_attributes,
    virtualize_subscripts,  # before literals: a row of indices with a slice in it is no tuple yet
    virtualize_literals,
    virtualize_guards,  # before the expressions it wraps are rewritten
    virtualize_loops,  # before branches: a loop's test is no statement, so an `if` never moves into it
    virtualize_branches,
    virtualize_tries,  # after the constructs in its blocks, before the expressions in them
    virtualize_assignments,  # before calls: a call in a target moves to a statement of its own
    virtualize_ternary,  # before the expressions that its test is made of
    virtualize_logic,  # the expressions, in any order, after the statements whose tests they are
    virtualize_comparisons,
    virtualize_calls,
    check_unbound,  # after all thunks exist
    declare_variables,  # it looks where assignments ended up
    separate_comprehensions,  # last: it looks at what the thunks mention in the end
)
"""Every pass is `(tree, context) -> tree`."""

SHARED: Mapping[Pass, Callable[[Context], Rules]] = {
    virtualize_logic: logic_rules,
    virtualize_comparisons: comparison_rules,
    virtualize_calls: call_rules,
}
"""The passes that replace expressions of different kinds one by one, each with its rules: neighbours share one walk."""
