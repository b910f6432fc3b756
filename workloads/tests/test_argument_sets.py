import dataclasses

import numpy as np
import pytest

from snek_workloads import registry
from snek_workloads.argument_sets import argument_sets, as_float64, oracle
from snek_workloads.branch_trace import branch_trace, untaken
from snek_workloads.workload import SIZES

SAME_WAY_FOR_ALL_DATA = {"classifier", "maml", "power"}
"""A fixed number of steps or tasks, and a static exponent."""


def ways(workload, sets):
    return [branch_trace(workload.program, np, *arguments) for arguments in sets]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", registry.names())
def test_three_sets_take_both_sides_of_every_choice_by_different_ways(name, size):
    workload = registry.load(name)
    sets = argument_sets(workload, size, seed=0)
    assert len(sets) == 3
    traces = ways(workload, sets)
    assert not untaken(workload.program, traces)
    assert len(set(traces)) == (1 if name in SAME_WAY_FOR_ALL_DATA else 3)
    assert [len(trace) for trace in traces] == sorted(len(trace) for trace in traces)
    assert traces == ways(workload, [as_float64(arguments) for arguments in sets])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", registry.names())
def test_other_seeds_serve_too(name, seed):
    workload = registry.load(name)
    assert not untaken(workload.program, ways(workload, argument_sets(workload, "tiny", seed)))


@pytest.mark.parametrize("name", sorted(set(registry.names()) - SAME_WAY_FOR_ALL_DATA))
def test_two_sets_suffice(name):
    workload = registry.load(name)
    traces = ways(workload, argument_sets(workload, "tiny", seed=0, count=2))
    assert not untaken(workload.program, traces)
    assert len(set(traces)) == 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", registry.names())
def test_sets_of_one_size_share_shapes_dtypes_and_static_parameters(name, size):
    def abstract(value):
        assert isinstance(value, np.ndarray | np.generic | int | float), f"{type(value)} is neither data nor static"
        return (value.shape, value.dtype) if isinstance(value, np.ndarray | np.generic) else value

    workload = registry.load(name)
    kinds = {tuple(map(abstract, workload.arguments(np.random.default_rng(seed), size))) for seed in range(5)}
    assert len(kinds) == 1
    for value in workload.arguments(np.random.default_rng(0), size):
        if isinstance(value, np.ndarray | np.generic):
            assert value.dtype in (np.float32, np.int64)


@pytest.mark.parametrize("name", registry.names())
def test_static_parameters_and_only_they_are_annotated(name):
    workload = registry.load(name)
    code, annotations = workload.program.__code__, workload.program.__annotations__
    arguments = workload.arguments(np.random.default_rng(0), "tiny")
    for parameter, value in zip(code.co_varnames[1 : code.co_argcount], arguments, strict=True):
        assert annotations.get(parameter) == (None if hasattr(value, "dtype") else type(value).__name__)


@pytest.mark.parametrize("name", registry.names())
def test_a_seed_draws_the_same_sets_again_and_another_seed_others(name):
    workload = registry.load(name)
    first, again, other = (argument_sets(workload, "tiny", seed) for seed in (5, 5, 6))
    assert all(
        np.array_equal(a, b) for left, right in zip(first, again, strict=True) for a, b in zip(left, right, strict=True)
    )
    assert not all(
        np.array_equal(a, b) for left, right in zip(first, other, strict=True) for a, b in zip(left, right, strict=True)
    )


def test_the_oracle_computes_in_float64():
    lstm = registry.load("lstm")
    arguments = argument_sets(lstm, "tiny", seed=0)[0]
    assert {value.dtype for value in as_float64(arguments)} == {np.dtype("f8"), np.dtype("i8")}
    assert [part.dtype for part in oracle(lstm, arguments)] == [np.float64, np.float64]


def test_one_set_is_an_example():
    assert len(argument_sets(registry.load("mandelbrot"), "tiny", seed=0, count=1)) == 1


def narrow(name, arguments):
    return dataclasses.replace(registry.load(name), arguments=arguments)


def test_sets_that_never_take_a_side_are_refused_naming_it():
    beside = narrow("collatz", lambda rng, size: (np.int64(2 ** int(rng.integers(3, 60))),))
    with pytest.raises(ValueError, match=r"no 3 argument sets of 'collatz'.*Choice\(function='collatz', line=\d+"):
        argument_sets(beside, "tiny", seed=0)


def test_sets_that_all_go_one_way_by_chance_of_the_data_are_told_from_programs_with_one_way():
    alternating = narrow("collatz", lambda rng, size: (np.int64(rng.choice([3, 5])),))
    with pytest.raises(ValueError, match=r"2 ways were drawn, without any that complete each other"):
        argument_sets(alternating, "tiny", seed=0)


def test_sets_whose_way_float32_changes_are_not_used():
    def near(rng, size):
        mean, eccentricity, _, budget = registry.load("newton").arguments(rng, size)
        return mean, eccentricity, np.float32(1e-9), budget  # below what float32 can reach

    with pytest.raises(ValueError, match="no 3 argument sets of 'newton'"):
        argument_sets(narrow("newton", near), "tiny", seed=0)


def test_bad_sizes_and_counts_are_refused():
    with pytest.raises(ValueError, match=r"workload 'power' has no size 'huge'; one of tiny, small, medium"):
        argument_sets(registry.load("power"), "huge", seed=0)
    with pytest.raises(ValueError, match="count must be at least 1: 0"):
        argument_sets(registry.load("power"), "tiny", seed=0, count=0)
