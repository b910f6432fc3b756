"""Collect one kind of warning that a system gives while it stages, so that it can be shown with what was captured."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collect_warnings(kind: type[Warning]) -> Iterator[list[str]]:
    """Gather the texts of warnings of `kind` inside the `with`; other warnings are given again at its end.

    >>> with collect_warnings(RuntimeWarning) as texts:
    ...     warnings.warn("doubtful", RuntimeWarning)
    >>> texts
    ['doubtful']
    """
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", kind)
        yield texts
    for warning in caught:
        if issubclass(warning.category, kind):
            texts.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
