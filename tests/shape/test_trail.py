"""What changes administrative state is written down: a function that writes such a table reaches `write_down`.

Looked for in the code itself, so that a new way to change something can't leave the audit trail out by accident.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.shape.tree import Function, Module, modules

_WRITES: Final = {"insert", "update", "delete", "insert_unless_there", "insert_or_replace"}
CHANGES: Final = "a change of administrative state"
WRITTEN_DOWN: Final = "write_down"
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
    "outgoing_mail": "mail on its way",
    "sign_in_failures": "attempts to guess, counted",
    "sign_in_steps": "sign-ins that are half done",
    "start_pages": "what a member sees first",
}

# Functions that write others and leave no entry, with the reason.
_WITHOUT: Final = {
    "annotations.annotate": "a member's own",
    "copying.copy_control": "a copy of everything, with its trail",
    "key_ring.KeyRing.write_last_used": "noticed, not changed by anybody",
    "links.create_invitation": "told by the invitation it belongs to",
    "links.use_link": "told by the session or password that comes of it",
    "organisation_settings.put_setting": "what the demo remembers; the others use put_setting_in",
    "organisations.first_organisation": "made by the first start",
    "organisations.operators_organisation": "made with the first operator, who is told",
    "organisations.zone_holds": "the end of a change that was told when it was asked for",
    "repricings.begin_repricing": "a look at what would change",
    "repricings.move_on": "how far one is; decide_to_write tells who decided",
    "saved_views.change_view": "a member's own",
    "saved_views.save_view": "a member's own",
    "second_factor.SecondFactors.begin": "a try; it is told once it is confirmed",
    "sessions.Sessions.close": "one's own sign-out",
    "sessions.Sessions.member_of": "when it was last seen",
    "sessions.Sessions.renew": "the same session under another token",
    "tenancy.forget_organisation": "the end of a deletion that was told when it was asked for",
    "tokens.token_in_force": "when it was last used",
}


def test_what_changes_administrative_state_is_written_down() -> None:
    found = set(_unsigned())
    assert found - _WITHOUT.keys() == set(), "take `by: Actor`, and write_down the change in the same transaction"
    assert _WITHOUT.keys() - found == set(), "these are written down, or are gone: take them from the list"


def _unsigned() -> Iterator[str]:
    """Give each function that opens a transaction, changes administrative state in it, and does not take `by`."""
    found = {(module, name): each for module in _looked_at() for name, each in _functions(module)}
    # What is handed a connection works in the transaction of another, of whatever module.
    shared = {name: each for (_, name), each in found.items() if _takes(each, "connection") and not _is_private(name)}
    for (module, name), function in found.items():
        own = {other: each for (of, other), each in found.items() if of == module and _is_private(other)}
        opens = not _is_private(name) and not _takes(function, "connection")
        calls = set(_calls(function, shared | own, set()))
        if opens and calls & {CHANGES} and not calls & {WRITTEN_DOWN}:
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


def _calls(function: Function, functions: dict[str, Function], seen: set[str]) -> Iterator[str]:
    """Give what it does that matters here, itself or through those it calls."""
    for node in ast.walk(function):
        called = _called(node) if isinstance(node, ast.Call) else ""
        if called in _WRITES and isinstance(node, ast.Call) and node.args:
            if _table(node.args[0], function) not in _BESIDE:
                yield CHANGES
        elif called == WRITTEN_DOWN:
            yield WRITTEN_DOWN
        for name, other in functions.items():
            if name.rpartition(".")[2] == called and name not in seen:
                seen.add(name)
                yield from _calls(other, functions, seen)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name, value=ast.Name(id="self")):
            return name
    return ""


def _table(argument: ast.expr, function: Function) -> str:
    """Return the table's name, also where the function calls it otherwise (`table = members`)."""
    name = argument.id if isinstance(argument, ast.Name) else ""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=ast.Name(id=table)) if other == name:
                return table
    return name


@pytest.mark.parametrize("action", sorted(_WRITES))
def test_the_search_finds_what_it_looks_for(action: str) -> None:
    source = f"def change(c):\n    _do(c)\ndef _do(c):\n    c.execute({action}(members).values())\n"
    assert _found_in(source) == {CHANGES}
    assert _found_in(source.replace("members", "entities")) == set()
    assert _found_in(source + "    write_down(c)\n") == {CHANGES, WRITTEN_DOWN}


def _found_in(source: str) -> set[str]:
    functions = dict(_functions(Module(Path("x.py"), source)))
    return set(_calls(functions["change"], functions, set()))
