"""Programs over if, while, for, break, continue, else and return."""
# ruff: noqa: E501, F821, F841 - programs may be awkward, and wrong, on purpose


def count_down(n):
    while n > 0:
        print(n)
        n -= 1
    else:
        print("done")
    return n


def early_return_in_unstaged_loop(xs):
    for x in xs:
        if x > 2:
            return x
    return None


def return_two_levels_deep(n):
    for i in range(n):
        j = 0
        while True:
            j += 1
            if i * j > 6:
                return i, j
            if j > 4:
                break
    return "none"


def both_branches_return(x):
    if x:
        return "yes"
    else:
        return "no"


def code_after_return(x):
    if x:
        return 1
        x = 2
    return x


def no_return(x):
    if x:
        return 5


def elif_chain(x):
    if x == 0:
        return "zero"
    elif x == 1:
        y = "one"
    elif x == 2:
        y = "two"
        return y * 2
    else:
        y = "many"
    return y + "!"


def unbound_in_one_branch(x):
    if x:
        y = 1
    return y


def unbound_in_expression_thunk(x):
    if x:
        y = 1
    return x or y


def unbound_loop_variable(xs):
    for item in xs:
        pass
    return item


def unbound_before_use():
    if missing_here:
        missing_here = 1


def name_error(x):
    return nowhere_defined if x else 0


def loop_else_break(xs, wanted):
    for x in xs:
        if x == wanted:
            found = True
            break
    else:
        found = False
    return found


def loop_else_with_continue(xs):
    out = []
    for x in xs:
        if x % 2:
            continue
        if x > 10:
            break
        out.append(x)
    else:
        out.append("else")
    return out


def break_in_else_of_inner_loop(n):
    log = []
    for i in range(n):
        for j in range(3):
            if j > i:
                break
            log.append((i, j))
        else:
            log.append("inner else")
            break
    else:
        log.append("outer else")
    return log


def continue_in_while(n):
    total = 0
    while n:
        n -= 1
        if n % 3 == 0:
            continue
        if n % 5 == 0:
            total += 100
            continue
        total += n
    return total


def partial_jumps(xs):
    out = []
    for x in xs:
        if x > 0:
            if x > 5:
                break
            out.append(x)
        else:
            if x < -5:
                continue
            out.append(-x)
        out.append("end")
    return out


def nested_partial_return(x, y):
    if x:
        if y:
            return "xy"
        z = 1
    else:
        z = 2
    z += 10
    return z


def return_in_loop_else(xs):
    for x in xs:
        if x:
            break
    else:
        return "else"
    return "break"


def try_finally_return(x):
    for i in range(3):
        try:
            if i == x:
                return i
        finally:
            print("finally", i)
    return "end"


def break_in_finally(n):
    for i in range(n):
        try:
            if i == 2:
                return i
        finally:
            if i == 2:
                break
    return n


def return_in_finally(x):
    try:
        if x:
            return 1
        raise ValueError(x)
    finally:
        return 2


def try_else(x):
    try:
        if x > 1:
            return "body"
    except TypeError as error:
        return "handler", str(error)
    else:
        print("else")
        if x:
            return "else"
    return "after"


def exception_in_loop_keeps_variables(xs):
    total = 0
    try:
        for x in xs:
            if x is not None:
                seen = x
            total += x
    except TypeError:
        print(total, x)
        return seen
    return total


def with_swallows(n):
    import contextlib

    for i in range(n):
        with contextlib.suppress(ZeroDivisionError):
            if i == 2:
                return 1 // 0
            if i == 3:
                break
            print(i)
        print("after", i)
    return i


def raise_in_handler(x):
    try:
        if x:
            raise KeyError(x)
        return "plain"
    except KeyError:
        if x > 1:
            raise
        return "caught"


def handler_name_is_deleted(x):
    error = "before"
    try:
        if x:
            raise ValueError(x)
    except ValueError as error:
        print(error)
    return error


def match_statement(x):
    for _ in range(1):
        match x:
            case 0:
                return "zero"
            case [a, *rest] if a:
                return a, rest
            case {"key": value, **others}:
                y = value, others
            case str():
                continue
            case _:
                y = "other"
        return y
    return "fell out"


def delete_in_branch(x):
    y = 1
    if x:
        del y
    return y


def delete_twice(x):
    y = 1
    while x:
        del y
        x -= 1
    return y


def truth_asked_once():
    class Loud:
        def __bool__(self):
            print("asked")
            return True

    loud = Loud()
    if loud:
        print("if")
    count = 0
    while loud:
        count += 1
        if count > 1:
            break
    print(1 if loud else 2)
    print(bool(loud and 3), bool(not loud), bool(loud or 4))
    return count


def truth_raises(x):
    class Bad:
        def __bool__(self):
            raise ValueError("no truth")

    if x:
        if Bad():
            return 1
    return 2


def odd_iterators():
    class Once:
        def __init__(self):
            self.left = 3
            self.asked = 0

        def __iter__(self):
            self.asked += 1
            print("iter", self.asked)
            return self

        def __next__(self):
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return self.left

    class Start:
        def __iter__(self):
            return Bare()

    class Bare:
        n = 0

        def __next__(self):
            self.n += 1
            if self.n > 2:
                raise StopIteration
            return self.n

    out = []
    for x in Once():
        out.append(x)
    for x in Start():
        out.append(x)
    return out


def not_iterable(x):
    for i in x:
        print(i)


def targets(pairs):
    class Box:
        pass

    box = Box()
    cells = [0, 0]
    for a, (b, *c) in pairs:
        print(a, b, c)
    for box.x in range(3):
        pass
    for cells[1] in range(5):
        pass
    return a, b, c, box.x, cells


def walrus(n):
    while (half := n // 2) > 0:
        n = half
        if (odd := n % 2) and (last := n) > 1:
            print(odd, last)
    return n, half


def list_that_grows(xs):
    for x in xs:
        if len(xs) < 6:
            xs.append(x + 1)
    return xs


def none_before_loop(n):
    value = None
    for i in range(n):
        if value is None:
            value = i
        else:
            value = value + i
    return value


def tuple_swap(a, b, n):
    while n:
        a, b = b, a + b
        n -= 1
    return a, b


def ternary(x):
    return "big" if x > 5 else "middle" if x > 2 else "small"


def comprehensions(xs):
    pairs = [(x, y) for x in xs if x > 1 for y in xs if y != x and not y == 2]
    table = {x: "a" if x else "b" for x in xs}
    lazy = (x or "zero" for x in xs)
    nested = [[y for y in range(x) if y < x < 9] for x in xs]
    return pairs, table, list(lazy), nested, {x and 1 for x in xs}


def assertion(x):
    for i in range(2):
        assert x > i, f"too small: {x}"
    return x


def annotated(x):
    y: int
    if x:
        y: int = 5
        z: nonsense = 6
        return y + z
    return x


def imports(x):
    if x:
        import math as m
        from os import path, sep

        return m.floor(2.5), path.join("a", "b") == "a" + sep + "b"
    return m


def many_terms(x):
    return x and 1 and 2 and "" and print("never") or 0 or [] or x or print("never")


def order_of_effects():
    def say(x):
        print(x)
        return x

    say(1) < say(2) < say(0) < say(9)
    say([0, 0])[say(1)] = say(7)
    box = [1, 2, 3]
    box[say(0)] += say(4)
    return say(False) or say(0) or say(""), say(1) and say(2), box


CASES = [
    (count_down, (3,)), (count_down, (0,)),
    (early_return_in_unstaged_loop, ([1, 2, 3],)), (early_return_in_unstaged_loop, ([1],)),
    *((return_two_levels_deep, (n,)) for n in (0, 2, 5)),
    (both_branches_return, (1,)), (both_branches_return, ([],)), (code_after_return, (0,)), (code_after_return, (3,)),
    (no_return, (0,)), (no_return, (1,)), *((elif_chain, (x,)) for x in range(4)),
    (unbound_in_one_branch, (0,)), (unbound_in_one_branch, (1,)),
    (unbound_in_expression_thunk, (0,)), (unbound_in_expression_thunk, (1,)),
    (unbound_loop_variable, ([],)), (unbound_loop_variable, ([1, 2],)), (unbound_before_use, ()),
    (name_error, (1,)), (name_error, (0,)),
    (loop_else_break, ([1, 2], 2)), (loop_else_break, ([1, 2], 3)),
    (loop_else_with_continue, ([1, 2, 4],)), (loop_else_with_continue, ([2, 12, 3],)),
    *((break_in_else_of_inner_loop, (n,)) for n in range(5)), *((continue_in_while, (n,)) for n in (0, 4, 12)),
    (partial_jumps, ([1, -1, -7, 3, 9, 2],)), *((nested_partial_return, (x, y)) for x in (0, 1) for y in (0, 1)),
    (return_in_loop_else, ([0, 0],)), (return_in_loop_else, ([0, 1],)),
    *((try_finally_return, (x,)) for x in (0, 2, 5)), *((break_in_finally, (n,)) for n in (1, 5)),
    (return_in_finally, (0,)), (return_in_finally, (1,)), *((try_else, (x,)) for x in (0, 1, 2, "a")),
    (exception_in_loop_keeps_variables, ([1, 2, None, 3],)), (exception_in_loop_keeps_variables, ([None],)),
    *((with_swallows, (n,)) for n in (1, 3, 5)), *((raise_in_handler, (x,)) for x in (0, 1, 2)),
    (handler_name_is_deleted, (0,)), (handler_name_is_deleted, (1,)),
    *((match_statement, (x,)) for x in (0, [1, 2, 3], [0], {"key": 1, "z": 2}, "s", 7)),
    (delete_in_branch, (0,)), (delete_in_branch, (1,)), *((delete_twice, (x,)) for x in (0, 1, 2)),
    (truth_asked_once, ()), (truth_raises, (1,)), (odd_iterators, ()), (not_iterable, (5,)),
    (targets, ([(1, (2, 3, 4)), (5, "ab")],)), (walrus, (23,)), (list_that_grows, ([1],)),
    *((none_before_loop, (n,)) for n in (0, 1, 4)), (tuple_swap, (0, 1, 9)), *((ternary, (x,)) for x in (1, 3, 9)),
    (comprehensions, ([0, 1, 2, 3],)), (assertion, (0,)), (assertion, (1,)), (assertion, (2,)),
    (annotated, (1,)), (annotated, (0,)), (imports, (1,)), (imports, (0,)), (many_terms, (3,)), (many_terms, (0,)),
    (order_of_effects, ()),
]  # fmt: skip
