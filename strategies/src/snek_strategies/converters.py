"""Systems that convert a function into one whose constructs can be overloaded: Snek's own core and its rivals."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from snek_core_transform.groups import CONTROL
from snek_core_transform.operators import PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

Function = Callable[..., Any]


class Converted(NamedTuple):
    """A converted function, and what counts its operators' firings where the system can tell."""

    function: Function
    firings: Mapping[str, int] | None = None


class Converter(NamedTuple):
    """One system: `needs` is the module that it is imported as, None where nothing need be installed."""

    convert: Callable[[Function], Converted]
    needs: str | None = None

    def missing(self) -> str | None:
        """Return why the system cannot run here, or None where it can."""
        if self.needs is None or importlib.util.find_spec(self.needs) is not None:
            return None
        return f"module {self.needs!r} is not installed; install snek[rivals,tensorflow]"


def _as_written(function: Function) -> Converted:
    return Converted(function)


def _inline(function: Function) -> Converted:
    return Converted(virtualize(function, PythonOperators()))


def _recording(function: Function) -> Converted:
    operators = RecordingOperators(CONTROL)
    return Converted(virtualize(function, operators), operators.firings)


def _autograph(function: Function) -> Converted:
    import tensorflow as tf

    tf.autograph.set_verbosity(0)
    return Converted(tf.autograph.to_graph(function))


def _malt(function: Function) -> Converted:
    import malt

    return Converted(malt.to_graph(function))


CONVERTERS: Mapping[str, Converter] = {
    "plain": Converter(_as_written),
    "snek": Converter(_inline),
    "snek-recording": Converter(_recording),
    "autograph": Converter(_autograph, "tensorflow"),
    "malt": Converter(_malt, "malt"),
}
"""By name: the function as it is, the core with plain values inline, the core with every construct an operator call
that is counted, TensorFlow's AutoGraph, diastatic-malt."""
