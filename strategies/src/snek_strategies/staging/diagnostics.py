"""Every refusal of Snek's by its stable id: what happened, why, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Diagnostic(NamedTuple):
    """What an id stands for."""

    title: str
    why: str
    remedy: str
    about: str = ""
    """What its message gives the origin of: the dynamic `value` that is refused, or what decides the `choice`."""


KINDS: Mapping[str, str] = {"SNK01": "conversion", "SNK02": "staging", "SNK03": "run time"}
"""The kinds of errors, by how their ids begin."""

DIAGNOSTICS: Mapping[str, Diagnostic] = {
    "SNK0101": Diagnostic(
        "A construct keeps Python's own form here, and a staged value reaches it",
        "Its body cannot become a function: it suspends, looks at its frame, or leaves a `finally` block.",
        "Move the construct, or the staged value, out of that code.",
        "value",
    ),
    "SNK0102": Diagnostic(
        "The text of a function cannot be had",
        "Snek rewrites source text; the function has none, or its file has changed since it was loaded.",
        "Write the function into a file, and load it again after a change.",
    ),
    "SNK0200": Diagnostic(
        "This cannot be staged",
        "An operator set or a part of Snek without ids of its own refuses it; the message says why.",
        "Follow the message.",
    ),
    "SNK0201": Diagnostic(
        "Python needs a value that is known only in the next stage",
        "The value comes from an array that is an argument, and the construct (an index, a text, a dict key, identity) "
        "has no form in the staged program.",
        "Use the array operation that the message names, or make the value static: a Python number, or `snek.static`.",
        "value",
    ),
    "SNK0202": Diagnostic(
        "A value left the branch, loop or function that computes it",
        "It was kept in a place that staging does not carry over the end of a region, or after staging ended.",
        "Assign it to a local variable, or return it.",
    ),
    "SNK0203": Diagnostic(
        "The operands do not fit the operation",
        "NumPy would raise for values of these dtypes and shapes, whatever they hold.",
        "Convert or reshape one of them.",
        "value",
    ),
    "SNK0204": Diagnostic(
        "A function has no staged form",
        "It was given a value of the next stage and is neither the user's Python nor in the tables of functions.",
        "Use one of the functions that the message names, or call it outside of the staged program.",
        "value",
    ),
    "SNK0205": Diagnostic(
        "A shape, a type or a direction would depend on data",
        "Shapes and types are known while staging; this operation would choose one by a value of the next stage.",
        "Use `np.where`, or make the value static.",
        "value",
    ),
    "SNK0206": Diagnostic(
        "An effect would happen once, while staging",
        "The call acts on the world outside the program, and a staged program runs its Python once only.",
        "Return the value, and act on it outside.",
    ),
    "SNK0207": Diagnostic(
        "A call gives another value every time",
        "Staged, a clock or a random generator would be asked once, and its answer kept for ever.",
        "Ask it outside, and pass the value as an argument; or draw with `snek.random` from a key that is one.",
    ),
    "SNK0208": Diagnostic(
        "A variable has no one type",
        "Which path is taken depends on data, and the paths give the variable values that no one type holds.",
        "Give it numbers or arrays of one dtype and shape on all paths.",
        "choice",
    ),
    "SNK0209": Diagnostic(
        "A recursion cannot be staged as a function",
        "It has no base case, gives results of several types, or changes a static argument at every level.",
        "Add a base case, give one type, or make the argument that changes an array.",
    ),
    "SNK0210": Diagnostic(
        "Staged code changes an object outside it",
        "The change would happen once, while staging, and not at every call or on the path that data choose. A step of "
        "an iterator is one.",
        "Return the new value, or assign it to a local variable; make a list of an iterator.",
        "choice",
    ),
    "SNK0211": Diagnostic(
        "A container has other names on each path, or a list of unknown length is used as a whole",
        "What a dict or object holds is carried over a branch or loop under fixed names; a list whose length depends "
        "on data is a value of numbers or arrays of one type, which Python's functions cannot take apart.",
        "Give a dict all its items before, and say by a value which of them count; append to such a list, pop, index, "
        "measure and iterate over it.",
        "choice",
    ),
    "SNK0212": Diagnostic(
        "An array that may share its memory is changed in place",
        "The store would have to be seen under another name too (a view, or one array on some path), and that is used "
        "again.",
        "Build a new array, `x = x + value`, or take the view again after the change.",
        "value",
    ),
    "SNK0213": Diagnostic(
        "A loop cannot be staged",
        "It never ends, its test changes something, it runs over many items of a kind that has no staged loop, or over "
        "an iterator that a loop before it has left where data said so, or that another iterator walks.",
        "Loop over a range, an array or a list, or stage with a larger `unroll=`.",
    ),
    "SNK0214": Diagnostic(
        "A handler would miss what is raised where data decide",
        "The handler is not staged (it stands in a library, or in code that suspends), or no test before the operation "
        "tells whether it raises.",
        "Test the data before, outside of the `try`, or set a flag.",
        "value",
    ),
    "SNK0215": Diagnostic(
        "An exception cannot be made again at run time",
        "It holds more than the arguments of its class.",
        "Raise one that is made of its arguments.",
    ),
    "SNK0216": Diagnostic(
        "A call raises on a path that data choose",
        "What a call of Python's raises while staging is no `raise` statement that could be staged.",
        "Test before the call, and raise by a `raise` statement.",
        "choice",
    ),
    "SNK0217": Diagnostic(
        "An argument or a result has a class that staging does not take apart",
        "Programs take and give numbers and NumPy arrays, in tuples, lists, dicts and objects of your classes.",
        "Take the object's arrays and numbers as arguments, and return them.",
    ),
    "SNK0218": Diagnostic(
        "A gradient does not exist",
        "The program gives no float, takes none, changes its arguments, always raises, or has an operation without a "
        "derivative; or, with memory='sqrt', a loop prints in a function that it calls or in its test, or is one of "
        "another gradient.",
        "Give one float: a sum or a mean; print in the loop's own body.",
    ),
    "SNK0290": Diagnostic(
        "A back-end's system cannot say this",
        "The staged program has an operation that the system behind the back-end has no form for.",
        "Use another back-end: `interpret` takes every program.",
    ),
    "SNK0301": Diagnostic(
        "A compiled program is given other arguments",
        "It was compiled for other dtypes, shapes or static values.",
        "Trace it for these, or call what `snek.stage` returned.",
    ),
    "SNK0302": Diagnostic(
        "Something that a compiled program relies on has changed",
        "A global, a variable of an enclosing function or an attribute that it read as static holds another value.",
        "Stage it anew, or call what `snek.stage` returned.",
    ),
    "SNK0303": Diagnostic(
        "Two arguments may share memory, and one is changed in place",
        "The staged program was made for arrays that are apart.",
        "Hand in a copy of one of them.",
    ),
    "SNK0304": Diagnostic(
        "The staged program and plain Python differ",
        "`verify=` ran both and found another answer: a fault in Snek, or signs of eigenvectors that it is made of.",
        "Report it with the program, and run it as plain Python until then.",
    ),
}
"""Every id; `docs/diagnostics.md` is made of it."""


def kind_of(code: str) -> str:
    """Return the kind of an error: conversion, staging or run time."""
    return KINDS[code[:5]]


def as_markdown() -> str:
    """Return the page that explains every id."""
    lines = ["# Diagnostics", "", "Every refusal carries its id as `error.code`, and shows it under its traceback."]
    for code, one in DIAGNOSTICS.items():
        lines += [
            "",
            f"## {code} ({kind_of(code)})",
            "",
            f"**{one.title}.** {one.why}",
            "",
            f"What to do: {one.remedy}",
        ]
        if one.about:
            subject = "the value" if one.about == "value" else "what decides"
            lines += ["", f"The message says since which line {subject} is dynamic, and from which argument."]
    return "\n".join(lines) + "\n"
