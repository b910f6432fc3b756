"""Expert rivals: what a specialist writes by hand for a workload, one file a workload, one function a framework.

`with_NAME(example, by)` returns the callable that the cell `expert/NAME` measures. It takes the program's arguments as
the framework's own values and answers as the program does or, where `by` names positions of arguments, with the value
of the workload's objective and its gradients by them. `example` are host arguments of the shapes to come. What trains
by such gradients is in `adagrad`.
"""
