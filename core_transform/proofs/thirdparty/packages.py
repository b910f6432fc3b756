"""The third-party packages whose own tests are run, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A package: what of it is virtualized, and the folders of its tests."""

    virtualized: tuple[str, ...]
    """The modules whose functions are virtualized, tests among them; patterns of fnmatch."""
    folders: tuple[str, ...] = ()
    """Folders of the installed package; the tests below each run in a process of their own. None: the sdist's tests."""


_NETWORKX = (
    "classes utils drawing generators linalg readwrite tests algorithms/approximation algorithms/assortativity "
    "algorithms/bipartite algorithms/centrality algorithms/coloring algorithms/community algorithms/components "
    "algorithms/connectivity algorithms/flow algorithms/isomorphism algorithms/link_analysis algorithms/minors "
    "algorithms/operators algorithms/shortest_paths algorithms/traversal algorithms/tree algorithms/tests"
)

PACKAGES = {
    "toolz": Package(("toolz", "toolz.*", "tlz", "tlz.*"), (".",)),
    "jinja2": Package(("jinja2", "jinja2.*", "test_*")),
    "networkx": Package(("networkx", "networkx.*"), tuple(_NETWORKX.split())),
    "sympy": Package(("sympy.core", "sympy.core.*", "sympy.logic.*", "sympy.sets.*"), ("core", "logic", "sets")),
}
"""Every package by its name; the tests in FOLDER of NAME are the piece `NAME/FOLDER`."""
