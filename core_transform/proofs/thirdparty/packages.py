"""The third-party packages whose own tests are run, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """A package: what of it is virtualized, and where its tests are."""

    virtualized: tuple[str, ...]
    """The modules whose functions are virtualized, tests among them; patterns of fnmatch."""
    pieces: dict[str, str] = field(default_factory=dict)
    """Folders and files of the installed package, by the piece whose process runs their tests.

    None: the tests of the sdist.
    """
    left_out: str = ""
    """Files of tests that are not run, because a forced run of them takes too long."""


PACKAGES = {
    "toolz": Package(("toolz", "toolz.*", "tlz", "tlz.*"), {"all": "."}),
    "jinja2": Package(("jinja2", "jinja2.*", "test_*")),
    "networkx": Package(
        ("networkx", "networkx.*"),
        {
            "views": "classes/tests/test_reportviews.py classes/tests/test_coreviews.py classes/tests/test_filters.py "
            "classes/tests/test_graphviews.py classes/tests/test_subgraphviews.py classes/tests/test_function.py "
            "utils/tests/test_heaps.py utils/tests/test_mapped_queue.py utils/tests/test_unionfind.py",
            "classes": "classes utils tests readwrite linalg generators drawing",
            "algorithms": "algorithms/tests",
            "graphs": "algorithms/connectivity algorithms/approximation algorithms/flow algorithms/tree",
            "relations": "algorithms/isomorphism algorithms/community algorithms/centrality algorithms/assortativity "
            "algorithms/bipartite algorithms/link_analysis algorithms/shortest_paths algorithms/minors "
            "algorithms/operators algorithms/components algorithms/coloring algorithms/traversal",
        },
        "classes/tests/test_special.py classes/tests/test_graph.py classes/tests/test_digraph.py "
        "classes/tests/test_multigraph.py classes/tests/test_multidigraph.py drawing/tests/test_layout.py "
        "drawing/tests/test_pylab.py readwrite/tests/test_text.py readwrite/tests/test_sparse6.py "
        "linalg/tests/test_algebraic_connectivity.py generators/tests/test_random_graphs.py "
        "generators/tests/test_joint_degree_seq.py generators/tests/test_geometric.py "
        "generators/tests/test_community.py generators/tests/test_spectral_graph_forge.py "
        "algorithms/tests/test_distance_measures.py algorithms/tests/test_graph_hashing.py "
        "algorithms/tests/test_smallworld.py algorithms/tests/test_polynomials.py algorithms/tests/test_cycles.py "
        "algorithms/tests/test_similarity.py",
    ),
    "sympy": Package(
        ("sympy.core", "sympy.core.*", "sympy.logic.*", "sympy.sets.*"),
        {
            "basics": "core/tests/test_basic.py core/tests/test_symbol.py core/tests/test_traversal.py "
            "core/tests/test_facts.py core/tests/test_containers.py core/tests/test_logic.py "
            "core/tests/test_operations.py core/tests/test_singleton.py core/tests/test_priority.py "
            "core/tests/test_kind.py core/tests/test_var.py core/tests/test_rules.py core/tests/test_cache.py",
            "core": "core",
            "logic": "logic",
            "sets": "sets",
        },
        "core/tests/test_args.py core/tests/test_arit.py core/tests/test_expr.py core/tests/test_function.py "
        "core/tests/test_relational.py core/tests/test_evalf.py core/tests/test_diff.py core/tests/test_power.py "
        "core/tests/test_numbers.py core/tests/test_exprtools.py core/tests/test_match.py core/tests/test_subs.py "
        "core/tests/test_expand.py core/tests/test_sympify.py logic/tests/test_boolalg.py "
        "sets/tests/test_fancysets.py sets/tests/test_sets.py sets/tests/test_conditionset.py",
    ),
}
"""Every package by its name; PIECE of NAME is called `NAME/PIECE`."""
