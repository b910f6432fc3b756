"""Programs over single values: attributes, items, unpacking, literals, text, imports, exceptions, `with`, `match`, async."""
# ruff: noqa: E501, I001, F811, F821, F841, B018 - programs may be awkward, and wrong, on purpose

import asyncio
import enum
import functools
from types import SimpleNamespace

LOG = []
SHARED = 1


def told(value):
    LOG.append(repr(value))
    return value


def store_orders():
    LOG.clear()
    xs, it = [1, 2, 3], SimpleNamespace(a=SimpleNamespace())
    told(it).a.b = told(4)
    told(xs)[told(0)] = told(5)
    told(it).c, told(xs)[told(1)], *told(it).a.d = told(6), told(7), told(8), told(9)
    x = told(xs)[told(2)] = y = told(it).e = told("both")
    (p, (q, *r)), [s, t] = (1, (2, 3, 4)), "ab"
    return xs, it, x, y, p, q, r, s, t, list(LOG)


def nested_unpack_fails_late():
    LOG.clear()
    it = SimpleNamespace()
    try:
        told(it).a, (b, c), told(it).d = 1, (2, 3, 4), 5
    except ValueError as error:
        return str(error), it, list(LOG)


def unpack_errors(value, names):
    try:
        if names == 2:
            a, b = value
        elif names == 3:
            a, *b, c = value
        else:
            [a] = value
    except Exception as error:
        return type(error), str(error)
    return a


def swap(a, b):
    a, b = b, a
    xs = [a, b]
    xs[0], xs[1] = xs[1], xs[0]
    i = 0
    i, xs[i] = 1, 9
    return a, b, xs, i


def deletions():
    it, xs, x = SimpleNamespace(a=1, b=2), [1, 2, 3, 4, 5, 6], 0
    del it.a, xs[0], (xs[0], [xs[1:3]]), x
    try:
        return x
    except NameError as error:
        return it, xs, type(error), str(error)


def delete_twice():
    x = 1
    del x
    del x


def delete_global():
    global SHARED
    SHARED = 2
    del SHARED
    try:
        SHARED
    except NameError as error:
        SHARED = 1
        return str(error)


def attribute_missing(x):
    return x.missing


def item_missing(x):
    return x["missing"]


def slices(xs):
    xs[1:3] = xs[::-1]
    del xs[::4]
    grid = {(slice(0, 1, None), 2): 3} if hash is None else SimpleNamespace(a=xs[:2])
    return xs[-1:], xs[:], grid.a


class Grid:
    def __getitem__(self, index):
        return index

    def __setitem__(self, index, value):
        self.last = index, value

    def __class_getitem__(cls, index):
        return index


def grids():
    it = Grid()
    it[1:2, ..., told(3)] = 4
    return it[1:2, 3], it[::], it[*[1, 2], 3], it.last, Grid[int, str], list[int]


def augmented_everything():
    LOG.clear()
    it, xs, x = SimpleNamespace(a=1), [1, [2]], 3
    told(it).a += told(1)
    told(xs)[told(0)] -= told(2)
    told(xs)[1] += told([3])
    xs[0:1] *= 2
    x **= told(2)

    def inner():
        nonlocal x
        x //= 2

    inner()
    return it, xs, x, list(LOG)


def arithmetic(a, b):
    return a + b, a - b, a * b, a / b, a // b, a % b, a**b, a << b, a >> b, a & b, a | b, a ^ b, -a, +a, ~a, -1, -(1)


def bad_arithmetic(a, b):
    return a + b


def bad_power(a, b):
    return a**b


def matrices():
    class M:
        def __matmul__(self, other):
            return "mm", other

        def __imatmul__(self, other):
            return "imm", other

        def __rmatmul__(self, other):
            return "rmm", other

        def __neg__(self):
            return NotImplemented

    m = M()
    before = m @ 1, 2 @ m, -m
    m @= 3
    return before, m


def literals(x, xs):
    return [], [x, *xs], (), (x,), (*xs, x), {x, *xs}, {}, {x: 1, **{"a": 2}}, [[x], {x: [x]}]


def text(x, width):
    return f"{x!r:>{width}}", f"{x}", f"", f"a{x!s}b{x!a}", f"{x=}", f"{width:0{width}d}", f"{'nested'} {f'{x}'}"


def text_refused(x):
    return f"{x:q}"


def text_not_text():
    class Bad:
        def __format__(self, spec):
            return 3

    return f"{Bad()}"


def comprehensions(xs):
    pairs = [(x, y) for x in xs for y in xs if x < y]
    sums = {a + b for a, b in pairs}
    where = {a: rest for a, *rest in pairs}
    lazy = (x for x, _ in pairs)
    nested = [[y for y in range(x)] for x in xs]
    last = [z := x for x in xs]
    return pairs, sums, where, list(lazy), nested, z


def comprehension_unpack_error(xs):
    return [a for a, b in xs]


def late_comprehension():
    return [f() for f in [lambda: i for i in range(3)]]


def definitions(x):
    def plain(a, /, b: int = x, *c, d=x, **e) -> "text":
        """Kept."""
        return a, b, c, d, e

    @functools.wraps(plain)
    def wrapped(*arguments):
        return plain(*arguments)

    double = lambda n=x: n * 2  # noqa: E731
    return (
        wrapped(1, 2, 3),
        plain.__doc__,
        plain.__name__,
        plain.__qualname__,
        plain.__annotations__,
        double(),
        double.__name__,
    )


def classes(x):
    class Base:
        __private = x
        a, b = 1, 2
        c = d = 3
        for e in range(3):
            pass
        total = 0
        total += e

        def __init__(self, value):
            self.__value = value
            self.value: int = value

        @property
        def shown(self):
            return self.__value, self.__private

        @shown.setter
        def shown(self, new):
            self.__value = new

        @staticmethod
        def static(y):
            return y + 1

        @classmethod
        def of(cls, y):
            return cls(y)

    class Child(Base):
        def __init__(self, value):
            super().__init__(value)
            self.kind = __class__.__name__

        class Inner:
            name = "inner"

    it = Child.of(4)
    it.shown = 5
    return it.shown, Base.static(1), it.kind, Child.Inner.__qualname__, sorted(vars(Base))[:6], Base.total, vars(it)


def enums():
    class Colour(enum.Enum):
        RED = 1
        GREEN, BLUE = 2, 3

        def shown(self):
            return f"{self.name.lower()}"

    return list(Colour), Colour.BLUE.shown(), Colour(1)


def imports():
    import os.path
    import collections.abc as shapes
    from math import floor, pi as circle

    return os.path.basename("a/b"), shapes.__name__, floor(circle)


def import_missing():
    from math import nothing


def import_global():
    global json
    import json

    return json.dumps({})


def generator_sends():
    def echo():
        got = yield 1
        while got:
            got = yield got * 2
        return "end"

    def outer():
        result = yield from echo()
        yield result

    g = outer()
    return next(g), g.send(3), g.send(4), g.send(None)


def generator_throws():
    def watch():
        try:
            yield 1
        except ValueError as error:
            yield str(error)
        finally:
            LOG.append("closed")

    g = watch()
    LOG.clear()
    result = next(g), g.throw(ValueError("thrown"))
    g.close()
    return result, list(LOG)


class Manager:
    def __init__(self, swallow=False, fails=None):
        self.swallow, self.fails = swallow, fails

    def __enter__(self):
        LOG.append("enter")
        if self.fails == "enter":
            raise KeyError("enter")
        return 1, 2

    def __exit__(self, kind, error, traceback):
        LOG.append(("exit", kind, str(error), traceback is None))
        if self.fails == "exit":
            raise KeyError("exit")
        return self.swallow

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *told):
        return self.__exit__(*told)


def managers(swallow, fails):
    LOG.clear()
    it = SimpleNamespace()
    try:
        with Manager(swallow, fails) as (a, it.b), Manager() as (c, *d):
            LOG.append((a, c, d))
            raise ValueError("inside")
    except Exception as error:
        return repr(error), repr(error.__context__), list(LOG), it
    return list(LOG), it


def manager_jumps():
    LOG.clear()
    for i in range(3):
        with Manager() as pair:
            if i == 0:
                continue
            if i == 1:
                break
    with Manager():
        return pair, list(LOG)


def no_manager(x):
    with x:
        pass


def half_manager():
    class Half:
        def __enter__(self): ...

    with Half():
        pass


def instance_is_no_manager():
    it = SimpleNamespace(__enter__=lambda: 1, __exit__=lambda *e: None)
    with it:
        pass


def raising(x):
    if x == 0:
        raise ValueError
    if x == 1:
        raise ValueError("told") from KeyError("cause")
    if x == 2:
        raise x
    try:
        raise KeyError(x)
    except KeyError as error:
        raise RuntimeError from error


def reraising(x):
    LOG.clear()
    try:
        try:
            LOG[x]
        except (IndexError, KeyError):
            LOG.append("first")
            raise
        except TypeError:
            LOG.append("type")
        else:
            LOG.append("none")
        finally:
            LOG.append("finally")
    except LookupError as error:
        LOG.append(type(error))
    return list(LOG)


def nothing_to_reraise():
    raise


def except_nothing_that_is_one():
    try:
        raise ValueError
    except 3:
        pass


def name_gone_after_except():
    try:
        raise ValueError
    except ValueError as error:
        pass
    return error


def groups():
    found = []
    try:
        raise ExceptionGroup("all", [ValueError(1), KeyError(2), ExceptionGroup("in", [ValueError(3)])])
    except* ValueError as group:
        found.append(repr(group.exceptions))
    except* KeyError as group:
        found.append(repr(group.exceptions))
    return found


def asserting(x):
    assert x, told("message")
    assert x > 1
    return x


def matches(x):
    match x:
        case 0 | -1:
            return "number"
        case str(text) if text.isupper():
            return "upper", text
        case [a, *rest] as whole if rest:
            return a, rest, whole
        case {"key": value, **others}:
            return value, others
        case SimpleNamespace(a=b, c=enum.IntEnum()):
            return "never", b
        case SimpleNamespace(a=b):
            return b
        case None | True:
            return "constant"
        case _:
            return "rest"


def awaits():
    async def value(x):
        await asyncio.sleep(0)
        return x

    async def stream(n):
        for i in range(n):
            yield i

    async def main():
        found = []
        async for i in stream(3):
            if i == 1:
                continue
            found.append(await value(i))
        else:
            found.append("else")
        async for found_at, found_pair.a in pairs():
            pass
        async with Manager(True) as (a, b), Manager():
            raise ValueError
        squares = [i * i async for i in stream(4) if i]
        sums = {await value(i) async for i in stream(2)}
        return found, a, b, squares, sums, found_at, found_pair

    found_pair = SimpleNamespace()

    async def pairs():
        yield 1, 2

    LOG.clear()
    return asyncio.run(main()), list(LOG)


def no_async_manager():
    async def main():
        async with 3:
            pass

    asyncio.run(main())


def no_async_iterable():
    async def main():
        async for _ in 3:
            pass

    asyncio.run(main())


def unbound_before(x):
    if x:
        y = 1
    return y + z
    z = 1


def unbound_free():
    def inner():
        return later

    try:
        inner()
    except NameError as error:
        found = type(error), str(error)
    later = 1
    return found, inner()


def no_such_global():
    return nowhere_at_all


def walrus(xs):
    if (n := len(xs)) > 2 and (m := n * 2):
        return n, m
    return n


def loops_over_targets():
    it, xs = SimpleNamespace(), [0]
    for it.a, xs[0] in [(1, 2), (3, 4)]:
        pass
    for i, (j, *k) in enumerate(["ab", "cde"]):
        if j == "z":
            break
    else:
        j = "done"
    for xs[0] in range(3):
        if xs[0] == 1:
            break
    return it, xs, i, j, k


def annotated():
    it = SimpleNamespace()
    x: int = 1
    it.y: undefined_name = told(2)
    z: undefined_name
    (w): int = 3
    return x, it, w


def dynamic(x):
    return eval("x + 1"), sorted(locals())


def final_return(x):
    try:
        raise KeyError(x)
    finally:
        return x


def objects_die_early():
    import weakref

    class It:
        pass

    it = It()
    gone = weakref.ref(it)
    a, b = it, 1
    it = [it, 2]
    [c, d] = it
    del it, a, c
    return gone() is None


PROGRAMS = [
    (store_orders,), (nested_unpack_fails_late,), (swap, 1, 2), (deletions,), (delete_twice,), (delete_global,),
    (unpack_errors, [1], 2), (unpack_errors, "abc", 2), (unpack_errors, [1], 3), (unpack_errors, 5, 2), (unpack_errors, "a", 1),
    (unpack_errors, {"a": 1, "b": 2, "c": 3}, 2), (unpack_errors, "", 1), (unpack_errors, "abcd", 3),
    (attribute_missing, 1), (item_missing, {}), (slices, [1, 2, 3, 4, 5]), (grids,), (augmented_everything,),
    (arithmetic, 7, 2), (bad_arithmetic, 1, "a"), (bad_power, "a", 1), (matrices,), (literals, 1, [2, 3]), (text, "é", 5), (text_refused, 1),
    (text_not_text,), (comprehensions, [1, 2, 3]), (comprehension_unpack_error, [(1, 2), (1, 2, 3)]), (late_comprehension,),
    (definitions, 3), (classes, 4), (enums,), (imports,), (import_missing,), (import_global,), (generator_sends,), (generator_throws,),
    (managers, False, None), (managers, True, None), (managers, True, "enter"), (managers, True, "exit"), (manager_jumps,),
    (no_manager, 1), (half_manager,), (instance_is_no_manager,), (raising, 0), (raising, 1), (raising, 2), (raising, 3),
    (reraising, 0), (reraising, "a"), (nothing_to_reraise,), (except_nothing_that_is_one,), (name_gone_after_except,), (groups,),
    (asserting, 0), (asserting, 1), (asserting, 2), (matches, 0), (matches, -1), (matches, "UP"), (matches, "low"), (matches, [1, 2, 3]),
    (matches, [1]), (matches, {"key": 1, "a": 2}), (matches, SimpleNamespace(a=3)), (matches, None), (awaits,), (no_async_manager,),
    (no_async_iterable,), (unbound_before, 0), (unbound_before, 1), (unbound_free,), (no_such_global,), (walrus, [1, 2, 3]), (walrus, []),
    (loops_over_targets,), (annotated,), (dynamic, 1), (final_return, 2), (objects_die_early,),
]  # fmt: skip

CASES = [(program, tuple(arguments)) for program, *arguments in PROGRAMS]
