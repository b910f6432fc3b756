"""Programs that run on their system's own arrays, on whatever device these are, and give such arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snek_core_transform.errors import StagingError
from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.backends.raising import host_value
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.types import Array, ListOf, Type
from snek_strategies.staging.foreign_arrays import system_of
from snek_strategies.staging.pytrees import leaves_in
from snek_strategies.staging.tensors import host_array, is_tensor


def device_of(args: object, backend: str, system: str) -> str | None:
    """Return where a program for these arguments runs on its system's own arrays, or None where it runs on NumPy's.

    That is the device of tensors on a GPU, and nothing for arrays that know it themselves. Raises StagingError for
    tensors where the back-end does not run, and on several devices.
    """
    leaves = list(leaves_in(args))
    devices = dict.fromkeys(str(one.device) for one in leaves if is_tensor(one))
    if all(device == "cpu" for device in devices):
        return "" if system and any(system_of(one) == system for one in leaves) else None
    if len(devices) > 1:
        raise StagingError(f"tensors on {' and '.join(devices)}; move them to one device", code="SNK0217")
    (device,) = devices
    if system != "torch":
        raise StagingError(
            f"a tensor on {device}, where back-end {backend!r} does not run; use back-end 'torch' or 'torchscript', or "
            "convert it with .cpu()",
            code="SNK0217",
        )
    return device


def run_on_own(lowered: LoweredProgram, kind: type[LoweredProgram], program: Program, device: str) -> Run:
    """Return the program of a back-end as a callable over its system's arrays, or the host's, to the system's arrays.

    Numbers of Python's come back as such. Raises StagingError for a list from a GPU whose length depends on data.
    """
    results = [atom.type for atom in program.body.results]
    if any(isinstance(one, ListOf) for one in results):
        if device:
            raise StagingError(
                f"{program.name} gives a list whose length depends on data, which does not come back from {device}; "
                "give an array and its length, or convert the arguments with .cpu()",
                code="SNK0217",
            )
        listed = lowered.compile()
        return lambda *arguments: listed(*map(host_array, arguments))
    dtypes = [dtype_of(sym.type) for sym in program.body.parameters]
    with kind.on(device):
        native = lowered.compile_native()

    def run(*arguments: object) -> tuple[object, ...]:
        with kind.on(device):
            values = native(*[kind.own(one, dtype) for one, dtype in zip(arguments, dtypes, strict=True)])
        return tuple(_results(results, values))

    return run


def _results(types: list[Type], values: Iterable[object]) -> Iterator[object]:
    for type_, value in zip(types, values, strict=True):
        yield value if isinstance(type_, Array) else host_value(type_, host_array(value))
