"""The environment of the processes that compute: threads pinned, the device fixed, caches and logs quiet."""

from __future__ import annotations

import os
from collections.abc import Mapping

_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
    "TORCHINDUCTOR_COMPILE_THREADS",
    "NPROC",  # what XLA's CPU client sizes its thread pool by
)  # fmt: skip


def pinned_environment(threads: int, device: str, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a parent process: the inherited one, with threads and device fixed."""
    environment = dict(os.environ if inherited is None else inherited)
    environment |= dict.fromkeys(_THREADS, str(threads))
    environment |= {
        "OMP_WAIT_POLICY": "PASSIVE",  # idle cells wait beside the one that is timed: they must not spin
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if threads == 1:
        flags = f"{environment.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        environment["XLA_FLAGS"] = flags.strip()
    if device == "cpu":
        environment |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    else:  # the cells of a block live side by side: none may take most of the GPU's memory when it starts
        environment |= {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return environment
