"""Whoever changes administrative state says who does it: a function that writes such a table takes `by`.

Looked for in the code itself, so that a new way to change something can't leave the audit trail out by accident.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.shape.tree import Function, Module, modules

_WRITES: Final = {"insert", "update", "delete", "insert_unless_there", "insert_or_replace"}
_PARTS: Final = (Path("src/outlay/control"), Path("src/outlay/access"))

# Tables that say nothing of who may do what, with what they hold instead.
_BESIDE: Final = {
    "agent_logs": "how far logs are read",
    "alembic_version": "the schema",
    "attribution_marks": "how far calls are attributed",
    "audit_entries": "the trail itself",
    "audit_heads": "the trail itself",
    "entities": "names of what events brought",
    "import_progress": "how far imports are",
    "logged_calls": "what logs told of",
    "sign_in_failures": "attempts to guess, counted",
    "start_pages": "what a member sees first",
}

# Functions that write others and need no `by`, with the reason.
_WITHOUT: Final[dict[str, str]] = {}


def test_whoever_changes_administrative_state_says_who_does_it() -> None:
    found = set(_unsigned())
    assert found - _WITHOUT.keys() == set(), "take `by: Actor` and write_down the change in the same transaction"
    assert _WITHOUT.keys() - found == set(), "these take `by`, or are gone: take them from the list"


def _unsigned() -> Iterator[str]:
    """Give each function that opens a transaction, changes administrative state in it, and does not take `by`."""
    found = {(module, name): each for module in _looked_at() for name, each in _functions(module)}
    # What is handed a connection works in the transaction of another, of whatever module.
    shared = {name: each for (_, name), each in found.items() if _takes(each, "connection")}
    for (module, name), function in found.items():
        own = {other: each for (of, other), each in found.items() if of == module and _is_private(other)}
        if not _is_private(name) and not _takes(function, "connection") and not _takes(function, "by"):
            if _writes(function, shared | own, set()):
                yield f"{module.path.stem}.{name}"


def _looked_at() -> list[Module]:
    parts = (each for each in modules("src") if any(part in each.path.parents for part in _PARTS))
    return [each for each in parts if "migrations" not in each.path.parts]


def _functions(module: Module) -> Iterator[tuple[str, Function]]:
    for node in module.tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner


def _is_private(name: str) -> bool:
    return name.rpartition(".")[2].startswith("_")


def _takes(function: Function, name: str) -> bool:
    arguments = function.args
    return any(each.arg == name for each in (*arguments.args, *arguments.kwonlyargs))


def _writes(function: Function, functions: dict[str, Function], seen: set[str]) -> bool:
    """Whether it writes an administrative table, itself or through what it calls of `functions`."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = _called(node)
        if called in _WRITES and node.args and _table(node.args[0]) not in _BESIDE:
            return True
        for name, other in functions.items():
            if name.rpartition(".")[2] == called and name not in seen:
                seen.add(name)
                if _writes(other, functions, seen):
                    return True
    return False


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name, value=ast.Name(id="self")):
            return name
    return ""


def _table(argument: ast.expr) -> str:
    return argument.id if isinstance(argument, ast.Name) else ""


@pytest.mark.parametrize("action", ["insert", "update"])
def test_the_search_finds_what_it_looks_for(action: str, tmp_path: Path) -> None:
    del tmp_path
    source = f"def change(c):\n    _do(c)\ndef _do(c):\n    c.execute({action}(members).values())\n"
    functions = dict(_functions(Module(Path("x.py"), source)))
    assert _writes(functions["change"], functions, set())
    beside = dict(_functions(Module(Path("x.py"), source.replace("members", "entities"))))
    assert not _writes(beside["change"], beside, set())
