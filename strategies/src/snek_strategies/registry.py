"""The strategies by name: one literal dict, listed without importing a framework."""

from __future__ import annotations

import importlib

from snek_core_transform.errors import UsageError
from snek_strategies.protocol import Strategy

STRATEGIES: dict[str, str] = {
    "eager/numpy": "snek_strategies.eager_numpy:EagerNumpy",
    "eager/torch": "snek_strategies.eager_torch:EagerTorch",
    "eager/tensorflow": "snek_strategies.eager_tensorflow:EagerTensorFlow",
    "eager/jax": "snek_strategies.eager_jax:EagerJax",
    "trace/torch": "snek_strategies.trace_torch:TraceTorch",
    "trace/tensorflow": "snek_strategies.trace_tensorflow:TraceTensorFlow",
    "trace/jax": "snek_strategies.trace_jax:TraceJax",
    "torchscript/torch": "snek_strategies.torchscript_torch:TorchScript",
    "autograph/tensorflow": "snek_strategies.autograph_tensorflow:AutographTensorFlow",
    "autograph/snek": "snek_strategies.autograph_snek:AutographSnek",
    "snek/interpret": "snek_strategies.snek_interpret:SnekInterpret",
    "snek/lantern": "snek_strategies.snek_lantern:SnekLantern",
    "snek/tensorflow": "snek_strategies.snek_tensorflow:SnekTensorFlow",
    "snek/torch": "snek_strategies.snek_torch:SnekTorch",
    "snek/torchscript": "snek_strategies.snek_torchscript:SnekTorchScript",
    "snek/jax": "snek_strategies.snek_jax:SnekJax",
    "snek/numba": "snek_strategies.snek_numba:SnekNumba",
    "numba/njit": "snek_strategies.numba_njit:NumbaNjit",
    "dynamo/compile": "snek_strategies.dynamo_compile:DynamoCompile",
}


def load(name: str, device: str = "cpu") -> Strategy:
    """Return the strategy of that name for that device. Raises UsageError for an unknown name."""
    if name not in STRATEGIES:
        raise UsageError(f"unknown strategy {name!r}; one of {', '.join(STRATEGIES)}")
    module, _, attribute = STRATEGIES[name].partition(":")
    strategy: Strategy = getattr(importlib.import_module(module), attribute)(device)
    assert strategy.name == name, f"{STRATEGIES[name]} calls itself {strategy.name!r}"
    return strategy
