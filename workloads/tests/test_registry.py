import subprocess
import sys

import pytest

from snek_workloads import registry
from snek_workloads.workload import SIZES, Workload

WORKLOADS = {
    *("adaptive_ode", "beam_search", "classifier", "collatz", "dynamic_rnn", "lbfgs", "lstm"),
    *("maml", "mandelbrot", "newton", "power", "tree_lstm", "tree_lstm_training"),
}


def test_the_workloads_are_there():
    assert set(registry.names()) >= WORKLOADS


@pytest.mark.parametrize("name", registry.names())
def test_every_file_holds_the_workload_of_its_name(name):
    workload = registry.load(name)
    assert workload.name == name
    assert set(SIZES) <= set(workload.sizes)
    assert workload.program.__code__.co_varnames[0] == "xp"
    assert workload.program.__doc__
    assert workload.why


@pytest.mark.parametrize("name", registry.names())
def test_a_summary_is_the_files_first_line(name):
    module = sys.modules[registry.load(name).program.__module__]
    assert registry.summary(name) == module.__doc__.splitlines()[0]


@pytest.mark.parametrize("ask", [registry.load, registry.summary])
def test_an_unknown_name_lists_what_exists(ask):
    with pytest.raises(KeyError, match=r"unknown workload 'lstn'; one of .*collatz.*lstm"):
        ask("lstn")


def test_listing_imports_no_program():
    code = (
        "import sys; from snek_workloads import registry; [registry.summary(n) for n in registry.names()];"
        "assert not {'sklearn', 'scipy'} & set(sys.modules), 'listing imports'"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_a_workload_without_a_size_is_refused():
    power = registry.load("power")
    with pytest.raises(ValueError, match=r"workload 'power' lacks sizes \['medium'\]"):
        Workload(**{**vars(power), "sizes": {"tiny": {}, "small": {}}})
