"""Static arguments: tell Python scalars, known while staging, from arrays, known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable

from snek_core_transform.errors import StagingError


def is_static(value: object) -> bool:
    """Tell whether a host argument is static: it is unless it has a dtype, as NumPy arrays and NumPy scalars do."""
    return not hasattr(value, "dtype")


def static_positions(example: tuple[object, ...]) -> tuple[int, ...]:
    """Return the positions of the static arguments.

    >>> static_positions((3, "relu", 0.5))
    (0, 1, 2)
    """
    return tuple(position for position, value in enumerate(example) if is_static(value))


def dynamic_positions(example: tuple[object, ...]) -> tuple[int, ...]:
    """Return the positions of the dynamic arguments."""
    return tuple(position for position, value in enumerate(example) if not is_static(value))


def close_over(program: Callable[..., object], example: tuple[object, ...]) -> Callable[..., object]:
    """Return `program` as a function of its dynamic arguments, with the static ones of `example` filled in.

    The program itself where all its arguments are dynamic: no frame is added.
    """
    if not static_positions(example):
        return program

    def of_dynamic_arguments(*arrays: object) -> object:
        rest = iter(arrays)
        return program(*(value if is_static(value) else next(rest) for value in example))

    return of_dynamic_arguments


def without_static(run: Callable[..., object], example: tuple[object, ...]) -> Callable[..., object]:
    """Return `run`, a function of the dynamic arguments, as one of all arguments; refuse other static values.

    `run` itself where all arguments are dynamic: no frame is added. Raises StagingError, at the call, for static
    values that are not those of `example`, because `run` was staged for these only.
    """
    static = static_positions(example)
    if not static:
        return run
    expected = [(type(example[position]), example[position]) for position in static]
    dynamic = dynamic_positions(example)

    def call(*arguments: object) -> object:
        if [(type(arguments[position]), arguments[position]) for position in static] != expected:
            _refuse(arguments, expected, static)
        return run(*[arguments[position] for position in dynamic])

    return call


def _refuse(arguments: tuple[object, ...], expected: list[tuple[type, object]], static: tuple[int, ...]) -> None:
    given = [arguments[position] for position in static]
    raise StagingError(
        f"static arguments {given!r}, but the program was staged for {[value for _, value in expected]!r}; "
        f"stage it again for other static values"
    )
