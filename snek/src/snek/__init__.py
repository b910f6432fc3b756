"""The front door: `import snek` and the `snek` command."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snek import random as random
    from snek_core_transform.bind import bind as bind
    from snek_core_transform.errors import NoSource as NoSource
    from snek_core_transform.errors import Place as Place
    from snek_core_transform.errors import SnekError as SnekError
    from snek_core_transform.errors import StagingError as StagingError
    from snek_core_transform.errors import UnsupportedSyntax as UnsupportedSyntax
    from snek_core_transform.errors import UsageError as UsageError
    from snek_core_transform.operators import Operators as Operators
    from snek_core_transform.operators import PythonOperators as PythonOperators
    from snek_core_transform.operators import Unbound as Unbound
    from snek_core_transform.recording_operators import RecordingOperators as RecordingOperators
    from snek_core_transform.spelling import Spelling as Spelling
    from snek_core_transform.tracebacks import show_operator_frames as show_operator_frames
    from snek_core_transform.virtualize import virtualize as virtualize
    from snek_strategies.backends.backend import Unavailable as Unavailable
    from snek_strategies.differentiate import grad as grad
    from snek_strategies.differentiate import value_and_grad as value_and_grad
    from snek_strategies.exports.registry import export as export
    from snek_strategies.stage import dynamic as dynamic
    from snek_strategies.stage import stage as stage
    from snek_strategies.stage import static as static

# Loaded when first asked for, so that `snek --help` does not wait for the transform.
_HOMES = {
    "bind": "snek_core_transform.bind",
    "NoSource": "snek_core_transform.errors",
    "Operators": "snek_core_transform.operators",
    "Place": "snek_core_transform.errors",
    "PythonOperators": "snek_core_transform.operators",
    "RecordingOperators": "snek_core_transform.recording_operators",
    "SnekError": "snek_core_transform.errors",
    "Spelling": "snek_core_transform.spelling",
    "StagingError": "snek_core_transform.errors",
    "Unavailable": "snek_strategies.backends.backend",
    "Unbound": "snek_core_transform.operators",
    "UnsupportedSyntax": "snek_core_transform.errors",
    "UsageError": "snek_core_transform.errors",
    "dynamic": "snek_strategies.stage",
    "export": "snek_strategies.exports.registry",
    "show_operator_frames": "snek_core_transform.tracebacks",
    "grad": "snek_strategies.differentiate",
    "stage": "snek_strategies.stage",
    "static": "snek_strategies.stage",
    "value_and_grad": "snek_strategies.differentiate",
    "virtualize": "snek_core_transform.virtualize",
}

_MODULES = frozenset({"random"})

__all__ = sorted({*_HOMES, *_MODULES})


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'snek' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
