"""Which module imports which: read from the source, so that it holds for modules no test has loaded."""

import ast
from collections.abc import Iterable

from tests.shape.tree import Module


def import_graph(of: Iterable[Module]) -> dict[str, set[str]]:
    """Return, for each module, those of the same set that it imports."""
    by_name = {module.name: module for module in of}
    return {name: _imports_of(module, set(by_name)) - {name} for name, module in by_name.items()}


def _imports_of(module: Module, known: set[str]) -> set[str]:
    found: set[str] = set()
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            # `from package import name` loads the module `package.name` where there is one, else the package itself.
            found |= {each if (each := f"{origin}.{alias.name}") in known else origin for alias in node.names}
    return found & known
