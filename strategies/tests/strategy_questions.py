"""What is asked of one framework or one strategy only; runs inside a child of `run_strategies.py`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from strategy_programs import SETS, A, power, straight

from snek_core_transform.bind import bind
from snek_strategies.protocol import Strategy


def blas_threads() -> int:
    import threadpoolctl

    return max(pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas")


def torch_threads() -> int:
    import torch

    return max(torch.get_num_threads(), torch.get_num_interop_threads())


def tensorflow_threads() -> int:
    import tensorflow as tf

    return max(
        tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads()
    )


def xla_threads() -> int:
    names = [(task / "comm").read_text().strip() for task in Path(f"/proc/{os.getpid()}/task").iterdir()]
    return names.count("tf_XLAEigen")


THREADS: dict[str, Callable[[], int]] = {
    "numpy": blas_threads,
    "numba": blas_threads,
    "torch": torch_threads,
    "tensorflow": tensorflow_threads,
    "jax": xla_threads,
}


def other_static_value(strategy: Strategy) -> object:
    """A trace for n = 3, called with n = 4."""
    run = strategy.stage(bind(power, strategy.spelling), SETS["power"][0]).compile()
    return np.asarray(strategy.to_host(run(strategy.from_host(A), 4))).tolist()


def source_that_nobody_can_read(strategy: Strategy) -> object:
    """A program without source text, which AutoGraph leaves as it is, with a warning only, unless it is strict."""
    namespace: dict[str, Callable[..., object]] = {}
    exec(compile("def program(x):\n    return x + x\n", "<nowhere>", "exec"), namespace)
    try:
        strategy.stage(namespace["program"], (A,))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "staged"


def file_that_autograph_skips(strategy: Strategy) -> object:
    """A program of file `<string>`, which AutoGraph leaves as it is, without a warning."""
    namespace: dict[str, Callable[..., object]] = {}
    exec(compile("def program(x):\n    return x + x\n", "<string>", "exec"), namespace)
    return strategy.stage(namespace["program"], (A,))


def autograph(strategy: Strategy) -> object:
    first = source_that_nobody_can_read(strategy)
    try:
        file_that_autograph_skips(strategy)
    except TypeError as error:
        return [first, f"{type(error).__name__}: {error}"]
    return [first, "staged"]


def numba(strategy: Strategy) -> object:
    """Whether the program run by Python is taken for glue, and what happens where Numba is switched off."""
    import numba.core.config

    program = bind(straight, strategy.spelling)
    staged = strategy.stage(program, SETS["straight"][0])
    glue = staged.is_glue(program.__code__)
    numba.core.config.DISABLE_JIT = 1
    try:
        strategy.stage(program, SETS["straight"][0])
    except TypeError as error:
        return [glue, f"{type(error).__name__}: {error}"]
    return [glue, "staged"]


def dynamo(strategy: Strategy) -> object:
    """Frames seen while a captured program runs, and while PyTorch is told to run it in Python after all."""
    import torch
    from run_strategies import python_frames

    program = bind(straight, strategy.spelling)
    staged = strategy.stage(program, SETS["straight"][0])
    run, native = staged.compile(), tuple(map(strategy.from_host, SETS["straight"][0]))
    run(*native)
    captured = python_frames(staged, program.__code__.co_filename, lambda: run(*native))
    with torch.compiler.set_stance("force_eager"):
        return [captured, python_frames(staged, program.__code__.co_filename, lambda: run(*native))]


QUESTIONS: dict[str, Callable[[Strategy], object]] = {
    "trace/torch": other_static_value,
    "torchscript/torch": other_static_value,
    "trace/jax": other_static_value,
    "autograph/tensorflow": autograph,
    "numba/njit": numba,
    "dynamo/compile": dynamo,
}
