import sys

import pytest

from snek_workloads.branch_trace import Decision, branch_trace, choices, untaken


def outcomes(function, *args):
    return [decision.outcome for decision in branch_trace(function, *args)]


def way_of_an_if(x):
    if x > 0:
        return 1
    return 2


def way_of_a_while(n):
    while n > 0:
        n -= 1


def way_of_a_for(items):
    for _ in items:
        pass


def way_of_a_break(items, last):
    for item in items:
        if item == last:
            break
    else:
        return "all"
    return "some"


def way_of_and_or(a, b):
    return (a and b) or 3


def way_of_a_chain(a, b, c):
    return 1 if a < b < c else 0


def way_of_none(x):
    while x is not None:
        x = x.get("next")


def way_of_recursion(n):
    return 1 if n == 0 else n * way_of_recursion(n - 1)


def way_of_a_generator(n):
    return sum(k for k in range(n) if k % 2)


def test_an_if_shows_which_branch():
    assert outcomes(way_of_an_if, 1) == [True]
    assert outcomes(way_of_an_if, -1) == [False]


@pytest.mark.parametrize("trips", [0, 1, 5])
def test_loops_show_every_trip_and_the_end(trips):
    assert outcomes(way_of_a_while, trips) == [True] * trips + [False]
    assert outcomes(way_of_a_for, [0] * trips) == [True] * trips + [False]


def test_a_break_leaves_the_loop_without_its_end():
    assert outcomes(way_of_a_break, [1, 2], 2) == [True, False, True, True]
    assert outcomes(way_of_a_break, [1, 2], 3) == [True, False, True, False, False]


def test_short_circuits_and_chains_are_choices():
    # How often the compiler asks again, after a false `a and b`, differs from one Python to the next.
    assert outcomes(way_of_and_or, 0, 1)[:1] == [False]
    assert outcomes(way_of_and_or, 1, 1)[:2] == [True, True]
    assert outcomes(way_of_and_or, 1, 0)[:2] == [True, False]
    assert len({tuple(branch_trace(way_of_a_chain, *args)) for args in [(1, 2, 3), (1, 0, 3), (1, 2, 1)]}) == 3


def test_the_two_tests_of_a_while_on_none_are_one_choice():
    assert outcomes(way_of_none, {"next": {}}) == [True, True, False]
    assert len(choices(way_of_none)) == 1


def test_recursion_and_nested_code_are_traced():
    assert outcomes(way_of_recursion, 2) == [False, False, True]
    assert outcomes(way_of_a_generator, 2) == [True, False, True, True, False]


def test_a_jump_too_long_for_one_byte_is_told_right():
    body = "\n".join(f"        y = y + {k} * x" for k in range(400))
    namespace = {}
    exec(
        compile(f"def long(n, x):\n    y = 0\n    while n > 0:\n{body}\n        n -= 1\n", "<long>", "exec"), namespace
    )
    assert outcomes(namespace["long"], 3, 1) == [True, True, True, False]


def test_code_of_other_files_is_not_traced():
    import fnmatch

    def calls_elsewhere(name):
        return fnmatch.fnmatch(name, "a*")

    assert branch_trace(calls_elsewhere, "abc") == ()


def test_the_trace_function_of_before_comes_back_also_after_an_error():
    def raising(x):
        if x:
            raise RuntimeError("planted")

    def before(frame, event, argument):
        return None

    previous = sys.gettrace()
    sys.settrace(before)
    try:
        with pytest.raises(RuntimeError, match="planted"):
            branch_trace(raising, 1)
        assert sys.gettrace() is before
    finally:
        sys.settrace(previous)


def test_untaken_names_what_no_run_did():
    (choice,) = choices(way_of_an_if)
    assert untaken(way_of_an_if, []) == {Decision(choice, True), Decision(choice, False)}
    assert untaken(way_of_an_if, [branch_trace(way_of_an_if, 1)]) == {Decision(choice, False)}
    assert untaken(way_of_an_if, [branch_trace(way_of_an_if, x) for x in (1, -1)]) == frozenset()
    assert choice.function == "way_of_an_if"
    assert choice.line == way_of_an_if.__code__.co_firstlineno + 1
