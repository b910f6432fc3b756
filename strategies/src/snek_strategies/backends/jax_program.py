"""The back-end `jax`: StableHLO written from the IR, compiled by XLA through JAX for the shapes staged for."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.backend import Run
from snek_strategies.backends.jax_calls import JaxCalls, OtherArguments
from snek_strategies.backends.stablehlo_system import StableHlo
from snek_strategies.backends.stablehlo_text import Dims, DType, Tensor
from snek_strategies.backends.traced_program import Evaluator, TracedProgram, Value
from snek_strategies.ir.syntax import Program


class JaxProgram(TracedProgram):
    """A program as a module of StableHLO, which is one operation of a function of JAX's."""

    backend: ClassVar[str] = "jax"
    alone: ClassVar[bool] = False  # XLA compiles them together
    lacks: ClassVar[frozenset[str]] = frozenset({"extent"})
    lacks_of_complex: ClassVar[frozenset[str]] = frozenset({"argmax", "argmin"})
    kinds: ClassVar[tuple[str, ...]] = ("stablehlo",)
    arrays_of: ClassVar[str] = "jax"

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        system = StableHlo()
        body = self.ready.body
        given = [Tensor(system.text.fresh(), dtype, dims) for dtype, dims in self.shapes()]
        made = Evaluator(system).run(body, given, {})
        self.module = system.module(program.name, given, made)
        self.results: tuple[tuple[DType, Dims], ...] = tuple((one.dtype, one.shape) for one in made)

    @classmethod
    def calls(cls) -> type:
        """Return the class whose calls with JAX's arrays are found by JAX."""
        return JaxCalls

    @classmethod
    def on(cls, device: str) -> AbstractContextManager[object]:  # noqa: ARG003 - JAX's arrays know where they are
        """Return what lets programs have dtypes of 64 bits, whatever the process has set."""
        import jax

        made: AbstractContextManager[object] = jax.enable_x64(True)
        return made

    @classmethod
    def own(cls, value: object, dtype: np.dtype[np.generic]) -> Value:
        """Return a value as an array of JAX's."""
        import jax.numpy

        return value if isinstance(value, jax.Array) else jax.numpy.asarray(value, dtype)

    def as_text(self, kind: str) -> str:
        """Return the program as the `stablehlo` that XLA compiles."""
        return self.module if kind == "stablehlo" else super().as_text(kind)

    def whole(self, value: Value) -> int:
        """Return a whole number of JAX's as Python's."""
        return int(np.asarray(value))  # a view of JAX's memory: `int` itself takes ten times as long

    @functools.cached_property
    def jitted(self) -> Any:
        """Return the function of JAX's."""
        import jax

        operation, results, module, shapes = _operation(), self.results, self.module, self.shapes()

        def function(*arguments: Value) -> tuple[Value, ...]:
            if [(one.dtype, one.shape) for one in arguments] != shapes:
                raise OtherArguments
            return tuple(operation.bind(*arguments, module=module, results=results))

        function.__name__ = self.program.name
        return jax.jit(function)

    def compile(self) -> Run:
        """Compile for the shapes and dtypes that the program was staged for."""
        native = self.compile_native()

        def from_host(value: np.ndarray[Any, Any], dtype: np.dtype[np.generic]) -> Value:
            return value.astype(dtype, copy=False)

        run = self.host(native, from_host)

        def wide(*arguments: object) -> tuple[object, ...]:
            with self.on(""):
                return run(*arguments)

        return wide

    def compile_native(self) -> Run:
        """Compile, over JAX's arrays."""
        import jax

        run = self.jitted
        with self.on(""):
            run.lower(*(jax.ShapeDtypeStruct(dims, dtype) for dtype, dims in self.shapes())).compile()
        # The function finds in JAX's cache what was just compiled, and is called faster than the executable.
        if self.carried is None:
            return run  # type: ignore[no-any-return] # JAX says nothing of what its functions are
        return lambda *arguments: self.checked(run(*arguments))


@functools.cache
def _operation() -> Any:
    """Return the primitive of JAX's that is a whole module, which its lowering puts into the program that calls it."""
    import jax
    from jax.extend.core import Primitive
    from jax.extend.mlir import ir
    from jax.extend.mlir.dialects import func
    from jax.interpreters import mlir

    operation = Primitive("snek_program")
    operation.multiple_results = True

    def types(*_: object, module: str, results: tuple[tuple[DType, Dims], ...]) -> list[object]:  # noqa: ARG001
        return [jax.core.ShapedArray(dims, dtype) for dtype, dims in results]

    def lower(context: Any, *operands: Any, module: str, results: object) -> Any:  # noqa: ARG001
        around = context.module_context
        written = ir.Module.parse(module)
        name = mlir.merge_mlir_modules(around.module, "snek_program", written, dst_symtab=around.symbol_table)
        given = [mlir.aval_to_ir_type(around, one) for one in context.avals_out]
        return func.CallOp(given, ir.FlatSymbolRefAttr.get(name), operands).results

    operation.def_abstract_eval(types)
    mlir.register_lowering(operation, lower)
    return operation
