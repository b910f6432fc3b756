"""Run one framework's strategies on the small programs, each in a forked process, and print what came out as JSON.

Run as a process of its own, because PyTorch and TensorFlow must not share one: `python -P run_strategies.py torch`.
As in the harness, the parent only imports; the children pin their threads, stage and run.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from snek_core_transform.bind import bind
from snek_core_transform.errors import SnekError
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.registry import STRATEGIES, load

sys.path.append(str(Path(__file__).parent))
import strategy_questions
from strategy_programs import GRADIENT_SETS, GRADIENTS, PROGRAMS, SETS, A, slopes, tried, tried_gradients


def leaves(value: object) -> list[Any]:
    """Return the leaves of nested tuples."""
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, tuple) else [value]


def same(got: object, want: object) -> bool:
    """Tell whether results agree in structure, in values, and in dtype wherever the result has one."""
    pairs = list(zip(leaves(got), leaves(want), strict=False))
    return len(leaves(got)) == len(leaves(want)) and all(
        np.allclose(a, b, rtol=1e-5) and (getattr(a, "dtype", b.dtype) == b.dtype) for a, b in pairs
    )


def python_frames(staged: Staged, filename: str, call: Callable[[], object]) -> int:
    """Return how many frames of the program's file run in Python during a call, the system's entry code apart."""
    frames = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal frames
        frames += event == "call" and frame.f_code.co_filename == filename and not staged.is_glue(frame.f_code)

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return frames


def conformance(strategy: Strategy, name: str) -> dict[str, object]:
    """Stage and run one program; say whether it was right, and the evidence of capture."""
    program = bind(PROGRAMS[name], strategy.spelling)
    sets = SETS[name]
    try:
        staged = strategy.stage(program, sets[0])
        run = staged.compile()
        strategy.wait(run(*map(strategy.from_host, sets[0])))
    except Exception as error:
        return {"outcome": "rejected", "error": f"{type(error).__name__}: {error}"}
    first = dict(staged.counters())
    right, frames = True, 0
    for arguments in (*sets[1:], sets[0]):
        native = tuple(map(strategy.from_host, arguments))
        want = PROGRAMS[name](np, *arguments)
        right = right and same(strategy.to_host(run(*native)), want)
        frames += python_frames(staged, program.__code__.co_filename, lambda native=native: run(*native))
    answer: dict[str, object] = {
        "outcome": "right" if right else "wrong",
        "frames": frames,
        "first": first,
        "last": dict(staged.counters()),
        "dump": {title: text[:4000] for title, text in staged.dump().items()},
    }
    if name == "straight":
        answer["other dtype"] = other_dtype(strategy, staged, run)
    return answer


def gradient(strategy: Strategy, name: str) -> dict[str, object]:
    """Stage one program with its gradients and run it; say whether all of them were right, and the evidence."""
    program = bind(GRADIENTS[name], strategy.spelling)
    try:
        staged = strategy.stage_gradient(program, GRADIENT_SETS[0], (0, 1, 2))
        run = staged.compile()
        strategy.wait(run(*map(strategy.from_host, GRADIENT_SETS[0])))
    except Exception as error:
        return {"outcome": "rejected", "error": f"{type(error).__name__}: {error}"}
    right, frames = True, 0
    for arguments in (*GRADIENT_SETS[1:], GRADIENT_SETS[0]):
        native = tuple(map(strategy.from_host, arguments))
        value, found = strategy.to_host(run(*native))  # type: ignore[misc]
        want = slopes(name, arguments)
        right = right and same(np.asarray(value), np.asarray(GRADIENTS[name](np, *arguments)))
        right = right and len(found) == 3 and all(one.dtype == np.float32 for one in found)
        right = right and all(
            np.allclose(a, b, rtol=1e-4, atol=1e-4) and a.shape == b.shape for a, b in zip(found, want)
        )
        frames += python_frames(staged, program.__code__.co_filename, lambda native=native: run(*native))
    answer = {"outcome": "right" if right else "wrong", "frames": frames, "counters": dict(staged.counters())}
    return {**answer, "error": "", "dumped": bool(staged.dump())}


def other_dtype(strategy: Strategy, staged: Staged, run: Program) -> dict[str, object]:
    """Call what was staged for float32 with float64, and say what came out and what the counters say."""
    wide = A.astype(np.float64)
    got = strategy.to_host(run(strategy.from_host(wide), strategy.from_host(wide)))
    return {"right": same(got, PROGRAMS["straight"](np, wide, wide)), "counters": dict(staged.counters())}


def round_trips(strategy: Strategy) -> list[str]:
    """Return what does not survive the way to the framework and back: value, shape or dtype."""
    values = [A, A.astype(np.float64), np.arange(6).reshape(2, 3), A > 1, np.array(2.5, np.float32), np.zeros((0, 2))]
    scalars = [np.float32(1.5), np.float64(2.5), np.int64(2**40), np.int32(7), np.bool_(True)]
    lost = []
    for value in (*values, *scalars):
        back = strategy.to_host(strategy.from_host(value))
        if not (back.dtype == value.dtype and back.shape == value.shape and (back == value).all()):  # type: ignore[attr-defined]
            lost.append(f"{value!r} came back as {back!r}")
    lost += [f"static {value!r}" for value in (3, 0.5, True, "relu") if strategy.from_host(value) is not value]
    nested = strategy.to_host({"a": [strategy.from_host(A), 3], "b": (0.5, (strategy.from_host(A),))})
    if not (nested["a"][1] == 3 and nested["b"][0] == 0.5 and (nested["b"][1][0] == A).all()):  # type: ignore[index]
        lost.append(f"nested result {nested!r}")
    return lost


def questions(strategy: Strategy) -> dict[str, object]:
    """Answer everything that is asked of one strategy, in the process that is its own."""
    strategy.pin_threads(1)
    answers: dict[str, object] = {name: conformance(strategy, name) for name in tried(strategy.name)}
    answers["gradients"] = {name: gradient(strategy, name) for name in tried_gradients(strategy.name)}
    answers["round trips"] = round_trips(strategy)
    answers["threads"] = strategy_questions.THREADS[strategy.framework]()
    ask = strategy_questions.QUESTIONS.get(strategy.name)
    try:
        answers["own"] = ask(strategy) if ask else None
    except SnekError as error:
        answers["own"] = f"{type(error).__name__}: {error}"
    return answers


def main(framework: str) -> None:
    """Fork a child for each strategy of the framework, and print all answers by strategy's name."""
    strategies = [strategy for strategy in map(load, STRATEGIES) if strategy.framework == framework]
    for module in dict.fromkeys(module for strategy in strategies for module in strategy.imports):
        importlib.import_module(module)
    answers = {}
    for strategy in strategies:
        begin = time.perf_counter()
        ours, theirs = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            child = os.fork()
            if child == 0:
                try:
                    answer: object = questions(strategy)
                except BaseException:
                    answer = {"crash": traceback.format_exc()}
                with os.fdopen(theirs, "w") as pipe:
                    json.dump(answer, pipe)
                os._exit(0)
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            answers[strategy.name] = json.load(pipe)
        os.waitpid(child, 0)
        print(f"{strategy.name}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
