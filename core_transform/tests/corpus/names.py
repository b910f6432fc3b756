"""Programs over closures, global and nonlocal names, arguments, assignments, methods, calls and generators."""
# ruff: noqa: E501, F821, F841 - programs may be awkward, and wrong, on purpose

import asyncio
import functools

TOTAL = 0


def aliasing():
    a = [0]
    b = a
    b += [1]
    c = b
    c = c + [2]
    return a, b, c, a is b


def augmented_targets():
    calls = []

    class Box:
        value = 1

    def box(it):
        calls.append("box")
        return it

    def index(i):
        calls.append(i)
        return i

    it = Box()
    box(it).value += 2
    cells = [1, 2, 3, 4]
    box(cells)[index(1)] *= 10
    cells[index(0) : index(2)] += [7]
    grid = {(1, 2): 3}
    grid[index(1), 2] -= 5
    word = "x"
    word *= 3
    bits = 6
    bits |= 1
    bits <<= 2
    bits //= 3
    bits **= 2
    return calls, it.value, cells, grid, word, bits


def target_changed_by_value():
    x = 1

    def change():
        nonlocal x
        x = 100
        return 1

    x += change()
    return x


def global_in_loop(n):
    global TOTAL
    TOTAL = 0

    def steps():
        global TOTAL
        for i in range(n):
            TOTAL += 100
            yield i

    for i in steps():
        TOTAL += i
    return TOTAL


def nonlocal_written_by_iterator(n):
    total = 0

    def steps():
        nonlocal total
        for i in range(n):
            total += 100
            yield i

    for i in steps():
        total += i
        if i > 2:
            total -= 1
    return total


def counter():
    count = 0

    def step(by=1, *, twice=False):
        nonlocal count
        if twice:
            by *= 2
        count += by
        return count

    return step(), step(5), step(twice=True), count


def closures_see_changes():
    seen = []
    x = 0
    get = lambda: x  # noqa: E731
    while x < 3:
        seen.append(get())
        x += 1
        if x == 2:
            seen.append(("two", get()))
    return seen, get()


def closures_in_loop():
    functions = []
    for i in range(3):
        if i != 1:
            functions.append(lambda: i)
    return [function() for function in functions]


def delete_captured(x):
    y = 1

    def read():
        return y

    if x:
        del y
    return read()


def arguments(a, /, b=2, *rest, c, d=4, **more):
    if a:
        return a, b, rest, c, d, more
    return ()


def two_lambdas():
    first, second = (lambda x: x if x else "first"), (lambda x: x if x else "second")
    return first(0), second(0), first(1)


def recursion(n):
    if n < 2:
        return n
    return recursion(n - 1) + recursion(n - 2)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


class Base:
    def __init__(self, x):
        self.x = x

    def grow(self, by):
        while self.x < by:
            self.x += 1
        return self.x


class Derived(Base):
    __secret = 3

    def grow(self, by):
        if by > 2:
            return super().grow(by) + self.__secret
        __local = 5
        for __local in range(by):
            self.__other = __local
        return __class__.__name__, __local, self.__other

    @property
    def double(self):
        return self.x * 2 if self.x else 0

    @classmethod
    def make(cls, x):
        return cls(x) if x else None

    @staticmethod
    def pick(a, b):
        return a or b

    def __call__(self, x):
        return x if x > self.x else self.x


def methods(n):
    it = Derived(n)
    return (
        it.grow(5),
        it.grow(1),
        it.double,
        Derived.make(0),
        type(Derived.make(2)),
        it.pick(0, n),
        it(1),
        Base.grow(it, 9),
    )


def empty_loop_in_method():
    return Derived(0).grow(0)


def partials(x):
    half = functools.partial(is_even, 4)
    return half(), functools.reduce(lambda a, b: a if a > b else b, [1, 5, 3]), sorted([3, 1], key=lambda v: -v), x


@functools.lru_cache
def cached(n):
    return n if n < 2 else cached(n - 1) + 1


def decorated_callee(n):
    def twice(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args) * 2 if args else None

        return wrapper

    @twice
    def double(x):
        return x + x if x else 0

    return double(n), double.__name__, double.__wrapped__(n), cached(5)


def generator(n):
    def produce():
        for i in range(n):
            if i == 1:
                continue
            got = yield i
            if got:
                yield "got", got
                if got == "stop":
                    return "stopped"
        else:
            yield "else"

    out = []
    steps = produce()
    try:
        out.append(next(steps))
        out.append(steps.send("a"))
        while True:
            out.append(steps.send("stop"))
    except StopIteration as stop:
        out.append(stop.value)
    return out


def generator_by_dead_yield(x):
    def empty():
        if x:
            return
        return
        yield

    return list(empty())


def yield_from(n):
    def inner():
        got = yield 1
        if got:
            return got
        return "nothing"

    def outer():
        value = yield from inner()
        yield value if n else "zero"

    return list(outer())


def coroutines(n):
    async def one(x):
        if x > 1:
            await asyncio.sleep(0)
        return x if x else "zero"

    async def all_of_them():
        out = []
        for i in range(n):
            if (value := await one(i)) == 1:
                continue
            out.append(value)
        return [item async for item in numbers(out)], [await one(i) for i in range(2)]

    async def numbers(xs):
        for x in xs:
            if x == 3:
                return
            yield x

    return asyncio.run(all_of_them())


def nested_class(x):
    base = 5

    class Inner:
        size = base if x else 0
        while size > 3:
            size -= 1
        if size:
            sized = True

        def get(self):
            if x:
                return self.size, base
            return None

    return Inner.size, getattr(Inner, "sized", None), Inner().get(), Inner.__qualname__, Inner.get.__qualname__


def qualified_names(x):
    if x:

        def inner():
            return (lambda: 0) if x else None

        for _ in range(1):
            pair = x and (lambda: 1)
        return inner.__qualname__, inner().__qualname__, pair.__qualname__, inner.__module__


def looks_at_frame(x):
    y = 1
    if x:
        z = 2
    return sorted(locals()), sorted(vars()), eval("x + y"), sorted(name for name in dir() if name[0] != ".")


def flags_of_inner_functions(xs):
    if xs:

        def inner(x):
            for y in xs:
                if x:
                    if y > x:
                        return "returned"
                    if y < 0:
                        continue
                if y == 7:
                    break
                print(y)
            else:
                return "else"
            return "broken"

        return [inner(x) for x in xs]
    return "empty"


def bad_call(x):
    if x:
        return x(1)
    return arguments(1)


def bad_arguments():
    return arguments(*[1], **{"c": 1}, **{"c": 2})


def stars(xs):
    first, *rest = xs
    return max(*xs, *rest), dict(a=1, **{"b": 2}), "{}-{}".format(*xs[:2]), f"{first!r:>4}{'!' if rest else '?'}"


def error_over_lines(x):
    # fmt: off
    values = [
        x
        .upper()
        .missing()
        if x else 0
    ]
    # fmt: on
    return values


def error_in_loop(xs):
    total = 0
    for x in xs:
        if x:
            total += 10 / (x - 2)
    return total


def error_in_test(xs):
    while len(xs) > 1 and xs[0] < xs[1] < xs[2]:
        xs = xs[1:]
    return xs


def error_in_call(n):
    if n:
        return error_in_loop([1, n])
    return 0


def error_in_unpacking(xs):
    for a, b in xs:
        print(a, b)


CASES = [
    (aliasing, ()), (augmented_targets, ()), (target_changed_by_value, ()), (global_in_loop, (4,)),
    (nonlocal_written_by_iterator, (5,)), (counter, ()), (closures_see_changes, ()), (closures_in_loop, ()),
    (delete_captured, (0,)), (delete_captured, (1,)), (two_lambdas, ()), (recursion, (9,)), (is_even, (7,)),
    (methods, (3,)), (empty_loop_in_method, ()), (partials, (1,)), (decorated_callee, (3,)), (generator, (4,)),
    (generator, (1,)), (generator_by_dead_yield, (1,)), (yield_from, (0,)), (yield_from, (1,)), (coroutines, (5,)),
    (nested_class, (0,)), (nested_class, (1,)), (qualified_names, (1,)), (looks_at_frame, (1,)), (looks_at_frame, (0,)),
    (flags_of_inner_functions, ([0, 1, 2, -1],)), (flags_of_inner_functions, ([9, 7],)), (bad_call, (0,)), (bad_call, (5,)), (bad_arguments, ()), (stars, ([1, 2, 3],)), (error_over_lines, ("a",)),
    (error_in_loop, ([1, 2],)), (error_in_test, ([1, 2],)), (error_in_test, ([1, "a", 3],)), (error_in_call, (2,)),
    (error_in_unpacking, ([(1, 2), (3,)],)),
]  # fmt: skip
