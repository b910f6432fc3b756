"""Each text is right: against its witness in float64, in float32 within its tolerance, and no wider than that."""

import functools
import inspect
import sys

import numpy as np
import pytest

from snek_workloads import registry
from snek_workloads.argument_sets import argument_sets, oracle
from snek_workloads.workload import SIZES


@functools.cache
def drawn(name, size):
    return argument_sets(registry.load(name), size, seed=0)


def agrees(workload, got, expected, relative=None, absolute=None):
    """Tell whether two answers agree leaf by leaf, within the workload's tolerance where none is given."""
    pairs = zip(got, expected, strict=True) if isinstance(expected, tuple) else [(got, expected)]
    return all(
        np.shape(a) == np.shape(b)
        and np.allclose(
            a,
            b,
            rtol=workload.relative_tolerance if relative is None else relative,
            atol=workload.absolute_tolerance if absolute is None else absolute,
        )
        for a, b in pairs
    )


CASES = [(name, size) for name in registry.names() for size in SIZES]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_oracle_agrees_with_the_witness(name, size):
    workload = registry.load(name)
    for arguments in drawn(name, size):
        expected, witness = oracle(workload, arguments), workload.witness(*arguments)
        assert agrees(workload, witness, expected)
        if name not in {"newton", "adaptive_ode"}:  # whose witness solves to the end, where they stop at a tolerance
            assert agrees(workload, witness, expected, relative=1e-10, absolute=1e-12)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_float32_on_numpy_is_within_a_third_of_the_tolerance(name, size):
    """Room is left for other frameworks' order of summation and their functions' last digits."""
    workload = registry.load(name)
    for arguments in drawn(name, size):
        got, expected = workload.program(np, *arguments), oracle(workload, arguments)
        assert agrees(workload, got, expected, workload.relative_tolerance / 3, workload.absolute_tolerance / 3)
        for part in got if isinstance(got, tuple) else (got,):
            assert np.asarray(part).dtype in (np.float32, np.int64)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_programs_leave_their_arguments_alone(name, size):
    workload = registry.load(name)
    arguments = workload.arguments(np.random.default_rng(0), size)
    before = [np.copy(value) for value in arguments]
    workload.program(np, *arguments)
    assert all(np.array_equal(a, b) for a, b in zip(arguments, before, strict=True))


@pytest.mark.parametrize(("name", "size"), CASES)
def test_counts_of_work_are_finite_and_positive(name, size):
    workload = registry.load(name)
    for arguments in drawn(name, size):
        for count in (workload.flops(*arguments), workload.bytes_moved(*arguments)):
            assert isinstance(count, float)
            assert 0 < count < 1e12
        read = sum(np.asarray(value).nbytes for value in arguments)
        answer = workload.program(np, *arguments)
        written = sum(np.asarray(part).nbytes for part in (answer if isinstance(answer, tuple) else (answer,)))
        assert workload.bytes_moved(*arguments) <= read + written


PLANTED = {
    "lstm ignores lengths": ("lstm", "live = (t < lengths)[:, None]", "live = (t < longest + 0 * lengths)[:, None]"),
    "lstm stops one step early": ("lstm", "while t < longest:", "while t < longest - 1:"),
    "lstm stops when the first row ends": ("lstm", "xp.max(lengths)", "lengths[0]"),
    "lstm swaps its gates": ("lstm", "f * c + i * g", "i * c + f * g"),
    "tree swaps its children": ("tree_lstm", "hl @ left_w + hr @ right_w", "hr @ left_w + hl @ right_w"),
    "tree forgets one memory": ("tree_lstm", "fl * cl + fr * cr", "fl * cl"),
    "collatz loses a step": ("collatz", "steps = 0 * n", "steps = 0 * n - 1"),
    "collatz forgets its peak": ("collatz", "xp.maximum(peak, n)", "xp.maximum(n, n)"),
    "newton makes a step too few": ("newton", "> tolerance and", "> 1000 * tolerance and"),
    "newton ignores its budget": ("newton", "and budget > 0", "and budget > -60"),
    "mandelbrot counts one more": ("mandelbrot", "xp.arange(max_iterations)", "xp.arange(max_iterations + 1)"),
    "mandelbrot mixes re and im": ("mandelbrot", "2 * re * im", "2 * next_re * im"),
    "mandelbrot stops when one escapes": ("mandelbrot", "not xp.any", "not xp.all"),
    "rnn stops one step early": ("dynamic_rnn", "while t < longest:", "while t < longest - 1:"),
    "rnn keeps its outputs past the length": ("dynamic_rnn", "xp.where(live, new, nothing)", "new"),
    "rnn forgets its state": ("dynamic_rnn", "h @ wh", "nothing @ wh"),
    "tree loses the losses of one side": ("tree_lstm_training", "below = ll + lr", "below = ll + 0 * lr"),
    "tree takes the class of a child": ("tree_lstm_training", "scores[0, kind[node]]", "scores[0, kind[left[node]]]"),
    "beam search stops at the first end": ("beam_search", "not xp.all(done)", "not xp.any(done)"),
    "beam search ends by another token": ("beam_search", "xp.arange(vocabulary) == 0", "xp.arange(vocabulary) == 1"),
    "beam search does not move its states": ("beam_search", "h = xp.take(h, parent, axis=0)", "h = 1 * h"),
    "L-BFGS makes a step too few": ("lbfgs", "count < steps", "count < steps - 1"),
    "L-BFGS runs one loop": ("lbfgs", "while k < count:", "while k < -1:"),
    "L-BFGS does not scale": ("lbfgs", "curvature / xp.sum(turns[count] * turns[count])", "curvature / curvature"),
    "MAML does not adapt": ("maml", "w2 - rate * s2, b2", "w2 - 0 * rate * s2, b2"),
    "MAML forgets a mask": ("maml", "d1 = live1 * (", "d1 = 1 * ("),
    "MAML's slope stops at the inner step": ("maml", "- rate * turn", "- 0 * rate * turn"),
    "MAML's direction loses a layer": ("maml", "g1 @ w2 + h1 @ t2 + a2", "g1 @ w2 + a2"),
    "MAML takes the first tasks there are": ("maml", "for k in tasks:", "for k, _ in enumerate(tasks):"),
    "Adam does not correct its means": ("maml", "mean / weight)", "mean / 1)"),
    "Adam forgets squares at once": ("maml", "keep_square * square + ", "keep * square + "),
    "the ODE accepts every step": ("adaptive_ode", "error <= 1", "error <= 1000000000"),
    "the ODE keeps an old slope": ("adaptive_ode", "k1 = k7", "k1 = k6"),
    "the ODE uses another table": ("adaptive_ode", "64000 * k3", "64448 * k3"),
    "power is off by one": ("power", "n == 0", "n == 1"),
    "classifier skips the bias": ("classifier", "bias = bias - rate * xp.sum(error, axis=0)", "bias = bias + 0 * rate"),
    "classifier trains on one batch": ("classifier", "images[k]", "images[0 * k]"),
    "classifier's gradient has the wrong sign": ("classifier", "probability - targets[k]", "targets[k] - probability"),
}


@pytest.mark.parametrize("size", ["tiny", "small"])
@pytest.mark.parametrize("claim", PLANTED)
def test_a_planted_fault_is_outside_the_tolerance_on_some_set(claim, size):
    name, right, wrong = PLANTED[claim]
    workload = registry.load(name)
    text = inspect.getsource(sys.modules[workload.program.__module__])
    assert right in text
    namespace = {"__name__": "planted"}
    exec(text.replace(right, wrong), namespace)
    sets = drawn(name, size)
    with np.errstate(all="ignore"):  # a fault may well divide by zero
        answers = [namespace[name](np, *arguments) for arguments in sets]
    assert not all(
        agrees(workload, got, oracle(workload, arguments)) for got, arguments in zip(answers, sets, strict=True)
    )


@pytest.mark.parametrize(
    "name",
    ["adaptive_ode", "beam_search", "collatz", "lstm", "mandelbrot", "newton", "tree_lstm", "tree_lstm_training"],
)
def test_a_way_frozen_at_the_first_set_is_wrong_on_another(name):
    """What `torch.jit.trace` does: it replays the decisions of its example on all later arguments."""
    workload = registry.load(name)
    for size in ("tiny", "small"):
        example, *others = drawn(name, size)
        replay = frozen(workload.program, example)
        assert agrees(workload, replay(*example), oracle(workload, example))
        assert not all(agrees(workload, replay(*arguments), oracle(workload, arguments)) for arguments in others)


def frozen(program, example):
    """Return the program with the decisions that the example takes, as a tracer would record it."""
    decisions = []

    def run(arguments, take):
        return program(
            Recorder(take), *(Wrapped(value, take) if hasattr(value, "dtype") else value for value in arguments)
        )

    def record(value):
        decisions.append(bool(value))
        return decisions[-1]

    unwrap(run(example, record))

    def replay(*arguments):
        taken = iter(decisions)
        with np.errstate(all="ignore"):  # on a way that is not its own, a program may leave the numbers
            return unwrap(run(arguments, lambda _: next(taken)))

    return replay


def unwrap(value):
    return (
        tuple(map(unwrap, value)) if isinstance(value, tuple) else value.value if isinstance(value, Wrapped) else value
    )


class Recorder:
    """An array namespace over wrapped values."""

    def __init__(self, decide):
        self.decide = decide

    def __getattr__(self, name):
        function = getattr(np, name)
        if isinstance(function, type):
            return function
        return lambda *args, **kwargs: Wrapped(function(*map(unwrap, args), **kwargs), self.decide)

    def arange(self, stop, **kwargs):
        return np.arange(stop, **kwargs)


class Wrapped:
    """A value whose truth is asked of `decide`."""

    def __init__(self, value, decide):
        self.value = value
        self.decide = decide

    def __bool__(self):
        return self.decide(self.value)

    def __getattr__(self, name):
        return getattr(self.value, name)

    def __getitem__(self, key):
        key = tuple(map(unwrap, key)) if isinstance(key, tuple) else unwrap(key)
        return Wrapped(self.value[key], self.decide)

    def __neg__(self):
        return Wrapped(-self.value, self.decide)


def _binary(name):
    def apply(self, other):
        return Wrapped(getattr(np.asarray(self.value), name)(unwrap(other)), self.decide)

    return apply


ARITHMETIC = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "mod", "matmul")
for _name in (*ARITHMETIC, "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Wrapped, f"__{_name}__", _binary(f"__{_name}__"))
