"""Bind one program for one framework, hand it to the framework's own tools, and print what came out as JSON.

Run as a process of its own, because PyTorch and TensorFlow must not share one: `python -P run_bound_program.py torch`.
"""

import importlib
import inspect
import json
import sys

import numpy as np

from snek_core_transform.bind import bind, source
from snek_core_transform.line_map import origin


def cell(xp, x, h, w):
    return xp.tanh(xp.concat([x, h], axis=1) @ w)


def rnn(xp, xs, h, w, steps: int):
    """Run `cell` over `xs` and sum up what is positive."""
    total = xp.zeros_like(h)
    for t in xp.arange(steps):
        h = cell(xp, xs[t], h, w)
        # A comment does not reach the bound text.
        total = xp.where(h > 0, total + h, total)
    return xp.sum(total, axis=1), h


def replace_helpers(bound, change):
    """Put `change(helper)` in the place of each bound helper of `bound`."""
    for home in bound.__closure__:
        if inspect.isfunction(home.cell_contents):
            home.cell_contents = change(home.cell_contents)


def modes(name, bound, spelling):
    """Return the ways in which the framework can run a bound program, by name."""
    if name == "torch":
        torch = importlib.import_module("torch")
        scripted, compiled = torch.jit.script(bound), bind(rnn, spelling)
        # The helper as one graph: a graph that holds the loop would need the loop's tensor as an index.
        replace_helpers(compiled, lambda helper: torch.compile(helper, backend="eager", fullgraph=True))
        return torch.from_numpy, {"as written": bound, "torch.jit.script": scripted, "torch.compile": compiled}
    if name == "tensorflow":
        tf = importlib.import_module("tensorflow")
        # Without AutoGraph's conversion a loop over a tensor raises here, so an answer shows that it read the source.
        return tf.constant, {"as written": bound, "AutoGraph": tf.function(lambda *a: bound(*a[:3], tf.identity(a[3])))}
    if name == "jax":
        jax = importlib.import_module("jax")
        return jax.numpy.asarray, {"as written": bound, "jax.jit": jax.jit(bound, static_argnums=3)}
    if name == "numba":
        numba = importlib.import_module("numba")
        replace_helpers(bound, numba.njit)
        return lambda array: array, {"numba.njit": numba.njit(bound)}
    return lambda array: array, {"as written": bound}


def main(name):
    """Bind, run in every mode, compare with the text run on NumPy as it is."""
    spelling = getattr(importlib.import_module(f"snek_strategies.spellings.{name}_spelling"), name.upper())
    bound = bind(rnn, spelling)
    into, ways = modes(name, bound, spelling)
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in ((4, 2, 3), (2, 5), (8, 5))]
    want = rnn(np, *arrays, 4)
    errors = {}
    for way, run in ways.items():
        got = run(*map(into, arrays), 4)
        errors[way] = max(float(np.abs(np.asarray(g) - w).max()) for g, w in zip(got, want, strict=True))
    text, filename = source(bound), bound.__code__.co_filename
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "where" in words)
    print(json.dumps({
        "source": text,
        "getsource": inspect.getsource(bound),
        "origin": origin(filename, line).text.strip(),
        "errors": errors,
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
