"""The third-party packages whose own tests are run, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """A package: what of it is virtualized, and where its tests are."""

    virtualized: tuple[str, ...]
    """The modules whose functions are virtualized, tests among them; patterns of fnmatch."""
    pieces: dict[str, str] = field(default_factory=dict)
    """Folders of the installed package, by the piece whose process runs their tests. None: the tests of the sdist."""


PACKAGES = {
    "toolz": Package(("toolz", "toolz.*", "tlz", "tlz.*"), {"all": "."}),
    "jinja2": Package(("jinja2", "jinja2.*", "test_*")),
    "networkx": Package(
        ("networkx", "networkx.*"),
        {
            "classes": "classes utils tests readwrite linalg generators drawing",
            "algorithms": "algorithms/tests",
            "graphs": "algorithms/connectivity algorithms/approximation algorithms/flow algorithms/tree",
            "relations": "algorithms/isomorphism algorithms/community algorithms/centrality algorithms/assortativity "
            "algorithms/bipartite algorithms/link_analysis algorithms/shortest_paths algorithms/minors "
            "algorithms/operators algorithms/components algorithms/coloring algorithms/traversal",
        },
    ),
    "sympy": Package(
        ("sympy.core", "sympy.core.*", "sympy.logic.*", "sympy.sets.*"),
        {"core": "core", "logic": "logic", "sets": "sets"},
    ),
}
"""Every package by its name; PIECE of NAME is called `NAME/PIECE`."""
