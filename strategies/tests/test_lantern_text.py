"""Lantern's C++ can be read and compiled: the user's names and lines are in it, and it says how."""

from __future__ import annotations

import ctypes
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler, names

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


def network(inputs, weights, rate, trips):
    hidden = np.tanh(inputs @ weights)
    for step in range(trips):
        energy = (hidden * hidden).sum()
        if energy > 4:
            hidden = hidden * rate
        else:
            hidden = np.sin(hidden @ weights) + step
    template = hidden.max()
    register = template * 2
    return hidden, template + register, energy


ARGS = (np.eye(3), np.ones((3, 3)), np.float64(0.5), snek.dynamic(3))


def cpp(function, *args):
    return snek.stage(function, backend="lantern").trace(*args).lower().as_text("cpp")


def cpp_of_entry() -> str:
    return (compiler.RUNTIME / "caller.cpp").read_text()


def grown(x):
    return snek.grad(while_small)(x)


def while_small(x):
    while x.sum() < 100.0:
        x = x * np.sin(x) + x
    return x.sum()


def test_the_users_variables_and_lines_are_in_the_text() -> None:
    text = cpp(network, *ARGS)
    assert re.search(
        r"network_\(lantern::Context &context, const double \*inputs, const double \*weights, double rate, "
        r"std::int64_t trips, double \*out0,",
        text,
    )
    assert "// " + str(network.__code__.co_firstlineno + 3) + ": energy = (hidden * hidden).sum()" in text
    for name in ("hidden", "energy", "step", "template_v", "inputs, weights, matmul"):
        assert re.search(rf"\b{name}\b", text), name
    assert not re.search(r"\bdouble register\b|\bdouble template\b", text)


def test_what_a_gradient_computes_is_named_by_the_line_that_it_goes_back_through() -> None:
    def loss(x, w, n):
        h = x
        for _ in range(n):
            h = np.tanh(h @ w)
        return h.sum()

    text = snek.grad(loss, (0, 1), backend="lantern").trace(np.eye(3), np.ones((3, 3)), snek.dynamic(3))
    text = text.lower().as_text("cpp")
    assert "lantern::product<double, 3, 3, 3, 3, 1, 1, 3>(d_h, w, d_h_" in text


def test_the_text_compiles_with_the_command_that_it_shows(tmp_path: Path) -> None:
    text = cpp(network, *ARGS)
    (tmp_path / "program.cpp").write_text(text)
    shown = text.partition("// Compile with:\n//   ")[2].partition("\n")[0]
    done = subprocess.run(shlex.split(shown), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert hasattr(ctypes.CDLL(str(tmp_path / "program.so")), "lantern_run")


@pytest.mark.parametrize(
    ("program", "asked"),
    [
        (lambda x: x * 2.0, set()),
        (lambda x: np.sort(x), {'"sorting.hpp"'}),
        (lambda x: np.linalg.inv(x), {'"linear.hpp"'}),
        (lambda x: (x + 1j).real, {"<complex>"}),
        (grown, {'"tape.hpp"'}),
    ],
    ids=["plain", "sorting", "linear", "complex", "tape"],
)
def test_a_program_includes_what_it_asks_for_and_no_more(program, asked) -> None:
    found = re.findall(r"^#include (\S+)$", cpp(program, np.eye(3)), re.MULTILINE)
    assert set(found) == {'"lantern.hpp"', '"products.hpp"', '"scalar.hpp"', *asked}


@pytest.mark.parametrize("text", [cpp_of_entry, lambda: cpp(network, *ARGS)], ids=["entry", "program"])
def test_what_takes_long_to_parse_in_the_standard_library_is_not_included(text, tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(text())
    asked = [one for one in compiler.command(str(tmp_path / "program.cpp"), "-") if one not in ("-o", "-", "-shared")]
    done = subprocess.run([*asked, "-M"], capture_output=True, text=True, check=True)
    files = {Path(one).name for one in done.stdout.split()}
    assert "lantern.hpp" in files or "python_abi.hpp" in files
    assert not files & {"vector", "algorithm", "complex", "chrono", "string", "specfun.h"}


def test_names_that_cpp_or_the_runtime_has_are_spelled_otherwise() -> None:
    assert [names.spelled(one) for one in ("h", "__h_", "double", "i0", "EOF", "été", "context", "x1")] == [
        "h", "h", "double_v", "i0_v", "EOF_v", "", "context_v", "x1"
    ]  # fmt: skip


def frame(int_, context, x, i0, out0, depth):
    for double in range(int_):
        if x > 3:
            context = context + double * i0
            x = x * 0.5
        else:
            x = x + context + out0 - depth
    std = x + i0
    return std, context


def test_a_program_whose_variables_have_such_names_is_right() -> None:
    args = [np.float64(one) for one in (2.0, 1.5, 0.25, 0.5, 0.125)]
    for trips in (0, 5):
        got = snek.stage(frame, backend="lantern")(snek.dynamic(trips), *args)
        assert got == frame(trips, *args)
