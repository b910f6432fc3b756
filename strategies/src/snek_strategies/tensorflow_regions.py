"""Staged regions of a TensorFlow graph: choices become `tf.cond`, loops `tf.while_loop`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from snek_core_transform.errors import SnekError
from snek_core_transform.operators import State
from snek_strategies.staging.join import same_static
from snek_strategies.staging.refusal import refuse, user_place
from snek_strategies.staging.regions import WATCHES, refuse_raise
from snek_strategies.staging.watch import Watch, describe, roots_of
from snek_strategies.tensorflow_join import TensorSlot, fill, join, opened, project, slots

WIDENINGS = 16


def truth(value: Any) -> Any:
    """Return the truth of a value: Python's own, or a scalar tensor of bools."""
    import tensorflow as tf

    if not tf.is_symbolic_tensor(value):
        return bool(value)
    if value.shape.rank is None or (value.shape.rank and value.shape.num_elements() != 1):
        refuse(f"the truth of a tensor of shape {value.shape} is ambiguous; use any or all")
    scalar = tf.reshape(value, []) if value.shape.rank else value
    return scalar if scalar.dtype == tf.bool else tf.not_equal(scalar, tf.zeros([], scalar.dtype))


def watched(function: Callable[..., object], run: Callable[[], object], state: Iterable[object], what: str) -> object:
    """Run a region, and refuse it where it raises or changes a host object: that would happen once, while staging."""
    watching = Watch(cells=False)
    watching.add(*roots_of(function), *state)
    token = WATCHES.set((*WATCHES.get(), watching))
    place = user_place()
    try:
        result = run()
    except SnekError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes the refusal's reason
        refuse_raise(error, what)
    finally:
        WATCHES.reset(token)
    changed = watching.changed()
    if changed is not None:
        refuse(
            f"a staged {what} changes {describe(changed)}; that would happen once, while staging: build a new value "
            "and assign it to a local variable",
            place,
        )
    return result


def look(function: Callable[..., object], entering: tuple[TensorSlot, ...], state: Iterable[object], what: str) -> Any:
    """Run a region in a graph that is thrown away, and return what it gives, to learn its types."""
    import tensorflow as tf

    seen: list[object] = []

    def probe(*tensors: Any) -> None:
        seen.append(watched(function, lambda: function(*tensors), state, what))

    specs = [tf.TensorSpec(slot.shape, slot.dtype) for slot in entering]
    tf.function(probe, autograph=False, input_signature=specs).get_concrete_function()
    return seen[-1]


def choose(
    flag: Any, body: Callable[[], object], orelse: Callable[[], object], names: tuple[str, ...], state: State = ()
) -> State:
    """Stage `body() if flag else orelse()`, where both give one value for each name."""
    import tensorflow as tf

    looks: list[State] = [look(one, (), state, "branch") for one in (body, orelse)]
    templates = tuple(opened(join(name, a, b)) for name, a, b in zip(names, *looks, strict=True))

    def side(function: Callable[[], object]) -> Callable[[], list[Any]]:
        return lambda: list(project(templates, watched(function, function, state, "branch")))

    if not tuple(slots(templates)):
        return templates
    results = tf.cond(flag, side(body), side(orelse))
    return fill(templates, iter(tf.nest.flatten(results)))  # type: ignore[return-value]


def loop(
    test: Callable[..., object], body: Callable[..., State], state: State, names: tuple[str, ...], what: str = "loop"
) -> State:
    """Stage `while test(*state): state = body(*state)`, with the state's types widened until every trip keeps them."""
    import tensorflow as tf

    templates: State = tuple(map(opened, state))
    for _ in range(WIDENINGS):

        def trip(*tensors: Any, at: State = templates) -> tuple[object, State]:
            entered: State = fill(at, iter(tensors))  # type: ignore[assignment]
            return entered, body(*entered)

        entered, after = look(trip, tuple(slots(templates)), state, what)
        widened = tuple(
            opened(join(name, before, later)) for name, before, later in zip(names, entered, after, strict=True)
        )
        widened = tuple(
            opened(join(name, slot, start))
            for name, slot, start in zip(names, widened, map(opened, state), strict=True)
        )
        if _same(templates, widened):
            break
        templates = widened
    else:
        refuse(f"the state of a loop ({', '.join(names)}) has no stable type after {WIDENINGS} widenings")

    def asked(*tensors: Any) -> Any:
        entered: State = fill(templates, iter(tensors))  # type: ignore[assignment]
        return tf.convert_to_tensor(truth(watched(test, lambda: test(*entered), state, "loop test")))

    def ran(*tensors: Any) -> list[Any]:
        entered: State = fill(templates, iter(tensors))  # type: ignore[assignment]
        return list(project(templates, watched(body, lambda: body(*entered), state, what)))

    held = tuple(slots(templates))
    if not held:
        refuse("a staged loop whose state never changes never ends; let its body change what its test asks")
    results = tf.while_loop(
        asked, ran, list(project(templates, state)), shape_invariants=[tf.TensorShape(slot.shape) for slot in held]
    )
    return fill(templates, iter(tf.nest.flatten(results)))  # type: ignore[return-value]


def _same(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    return a == b if isinstance(a, TensorSlot) and isinstance(b, TensorSlot) else same_static(a, b)
