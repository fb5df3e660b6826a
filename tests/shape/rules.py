"""The rules of shape that no linter in use checks: each takes one module and yields `(line, what is wrong)`.

Sizes and names are limits of habit and may be argued about; state, time, money and imports are limits of design: code
that breaks one of those is wrong even where it works.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final

from tests.shape.tree import Function, Module, size_of

FILE_LINES: Final = 500
FUNCTION_LINES: Final = 60
PARAMETERS: Final = 6
MEANINGLESS: Final = frozenset({"utils", "helpers", "common", "base", "service", "manager", "core", "misc"})

Finding = tuple[int, str]
Rule = Callable[[Module], Iterator[Finding]]

_MUTABLE_LITERALS: Final = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_MUTABLE_TYPES: Final = frozenset(
    {"dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
)
_MUTATING: Final = frozenset(
    {
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "setdefault",
        "sort",
        "update",
    }
)
_READS_THE_TIME: Final = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
)
_MONEY_WORD: Final = re.compile(r"usd|pico|cost|price|money|spend|amount", re.IGNORECASE)
_MONEY_HOMES: Final = ("outlay.kit.money", "outlay.usage", "outlay.pricing")
_UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK|for now|simplified)\b")


def is_short(module: Module) -> Iterator[Finding]:
    if module.lines > FILE_LINES:
        yield 1, f"{module.lines} lines, at most {FILE_LINES}"


def has_short_functions(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        if size_of(function) > FUNCTION_LINES:
            yield function.lineno, f"{function.name} has {size_of(function)} lines, at most {FUNCTION_LINES}"


def has_few_parameters(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        count = len(_parameters(function))
        if count > PARAMETERS:
            yield function.lineno, f"{function.name} takes {count} parameters, at most {PARAMETERS}"


def has_a_name_that_says_something(module: Module) -> Iterator[Finding]:
    for part in module.path.with_suffix("").parts:
        if part.strip("_") in MEANINGLESS:
            yield 1, f"{part!r} says nothing about what is inside"


def is_annotated(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        bare = [each.arg for each in _parameters(function) if each.annotation is None]
        if bare or function.returns is None:
            yield function.lineno, f"{function.name} is not fully annotated"


def opens_with_a_docstring(module: Module) -> Iterator[Finding]:
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield 1, "no opening docstring"


def imports_at_the_top(module: Module) -> Iterator[Finding]:
    for function in module.functions():
        for node in ast.walk(function):
            if any(name.split(".")[0] in {"", "outlay", "tests"} for name in _imported(node)):
                yield node.lineno, f"{function.name} imports our own code inside a function"  # type: ignore[attr-defined]


def catches_what_it_knows(module: Module) -> Iterator[Finding]:
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and (node.type is None or _is_broad(node.type)):
            yield node.lineno, "catches every error"
        elif isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] == "suppress" and _is_broad(node):
            yield node.lineno, "suppresses every error"


def keeps_no_state(module: Module) -> Iterator[Finding]:
    """A mutable container at module level must be declared Final, and then nothing in the module may change it."""
    constants = set()
    for statement in module.tree.body:
        for name, value, annotation in _assigned(statement):
            if not _is_mutable(value) or name == "__all__":
                continue
            if annotation is None or not ast.unparse(annotation).startswith("Final"):
                yield statement.lineno, f"{name} can be changed by anybody; make it a Final constant"
            constants.add(name)
    for node in module.nodes:
        if isinstance(node, ast.Global):
            yield node.lineno, f"global {', '.join(node.names)}"
        elif (changed := _changes(node)) in constants:
            yield node.lineno, f"{changed} is a constant and is changed here"  # type: ignore[attr-defined]


def asks_a_clock(module: Module) -> Iterator[Finding]:
    if module.name == "outlay.kit.clock":
        return
    for node in module.nodes:
        dotted = _dotted(node) if isinstance(node, ast.Attribute) else ""
        if ".".join(dotted.split(".")[-2:]) in _READS_THE_TIME:
            yield node.lineno, f"{dotted} reads the time; take a Clock"  # type: ignore[attr-defined]


def keeps_money_exact(module: Module) -> Iterator[Finding]:
    """No float at all where money is made; elsewhere no float() of anything that is called money."""
    is_home = any(module.name == home or module.name.startswith(f"{home}.") for home in _MONEY_HOMES)
    for node in module.nodes:
        if is_home and isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"{node.value} is a float where money is made"
        elif isinstance(node, ast.Call) and _dotted(node.func) == "float":
            argument = ", ".join(map(ast.unparse, node.args))
            if is_home or _MONEY_WORD.search(argument):
                yield node.lineno, f"float({argument}) loses money"


def is_finished(module: Module) -> Iterator[Finding]:
    yield from unfinished_lines(module.text)


def unfinished_lines(text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _UNFINISHED.search(line):
            yield number, f"{found.group()!r}: finish it, or say what it is"


def _parameters(function: Function) -> list[ast.arg]:
    stated = function.args
    every = [*stated.posonlyargs, *stated.args, *stated.kwonlyargs]
    return [each for each in every if each.arg not in {"self", "cls"}]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return ["" if node.level else node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _is_broad(caught: ast.AST) -> bool:
    named = {_dotted(node).removeprefix("builtins.") for node in ast.walk(caught)}
    return bool(named & {"Exception", "BaseException"})


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value, statement.annotation
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value, None


def _is_mutable(value: ast.expr) -> bool:
    made_by = _dotted(value.func).split(".")[-1] if isinstance(value, ast.Call) else ""
    return isinstance(value, _MUTABLE_LITERALS) or made_by in _MUTABLE_TYPES


def _changes(node: ast.AST) -> str | None:
    """Return the name whose content this node changes, if it is one."""
    target: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATING:
        target = node.func.value
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        target = node.value
    elif isinstance(node, ast.AugAssign):
        target = node.target
    return target.id if isinstance(target, ast.Name) else None


SOURCE_RULES: Final[tuple[Rule, ...]] = (
    is_short,
    has_short_functions,
    has_few_parameters,
    has_a_name_that_says_something,
    is_annotated,
    opens_with_a_docstring,
    imports_at_the_top,
    catches_what_it_knows,
    keeps_no_state,
    asks_a_clock,
    keeps_money_exact,
    is_finished,
)
TEST_RULES: Final[tuple[Rule, ...]] = (
    is_short,
    has_short_functions,
    has_a_name_that_says_something,
    is_annotated,
    imports_at_the_top,
    catches_what_it_knows,
)
