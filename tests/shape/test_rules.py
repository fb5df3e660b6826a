"""Each rule of shape finds what it is there for, and leaves alone what only looks like it."""

import graphlib
import textwrap
from pathlib import Path

import pytest

from tests.shape import rules
from tests.shape.imports import import_graph
from tests.shape.rules import Rule
from tests.shape.tree import Module, ninetieth


def module(text: str, path: str = "src/outlay/query/run.py") -> Module:
    return Module(Path(path), textwrap.dedent(text))


LONG_FILE = "x = 1\n" * 501
LONG_FUNCTION = "def f() -> None:\n" + "    pass\n" * 60
SEVEN = "def f(a: int, b: int, c: int, *, d: int, e: int, g: int, h: int) -> None: ..."


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.is_short, LONG_FILE),
        (rules.has_short_functions, LONG_FUNCTION),
        (rules.has_few_parameters, SEVEN),
        (rules.is_annotated, "def f(a) -> None: ..."),
        (rules.is_annotated, "async def f(a: int): ..."),
        (rules.opens_with_a_docstring, "x = 1"),
        (rules.imports_at_the_top, "def f() -> None:\n    from outlay.query import run"),
        (rules.imports_at_the_top, "def f() -> None:\n    import outlay.query.run"),
        (rules.imports_at_the_top, "def f() -> None:\n    from . import run"),
        (rules.catches_what_it_knows, "try: ...\nexcept Exception: ..."),
        (rules.catches_what_it_knows, "try: ...\nexcept (ValueError, BaseException): ..."),
        (rules.catches_what_it_knows, "try: ...\nexcept: ..."),
        (rules.catches_what_it_knows, "with contextlib.suppress(Exception): ..."),
        (rules.keeps_no_state, "SEEN = {}"),
        (rules.keeps_no_state, "SEEN: dict[str, int] = {}"),
        (rules.keeps_no_state, "SEEN = collections.defaultdict(list)"),
        (rules.keeps_no_state, "SEEN: Final = set()\ndef f() -> None:\n    SEEN.add(1)"),
        (rules.keeps_no_state, "SEEN: Final = {}\ndef f() -> None:\n    SEEN['a'] = 1"),
        (rules.keeps_no_state, "SEEN: Final = {}\ndef f() -> None:\n    del SEEN['a']"),
        (rules.keeps_no_state, "SEEN: Final = []\nSEEN += [1]"),
        (rules.keeps_no_state, "def f() -> None:\n    global counter"),
        (rules.asks_a_clock, "now = datetime.now(UTC)"),
        (rules.asks_a_clock, "now = datetime.datetime.utcnow()"),
        (rules.asks_a_clock, "default = time.time"),
        (rules.asks_a_clock, "today = date.today()"),
        (rules.keeps_money_exact, "share = float(row.cost)"),
        (rules.keeps_money_exact, "share = float(as_usd(total))"),
        (rules.is_finished, "x = 1  # TODO: the rest"),
        (rules.is_finished, '"""Only one engine for now."""'),
    ],
)
def test_a_rule_finds(rule: Rule, text: str) -> None:
    assert list(rule(module(text)))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.is_short, LONG_FILE.removesuffix("x = 1\n")),
        (rules.has_short_functions, LONG_FUNCTION.removesuffix("    pass\n")),
        (rules.has_few_parameters, "class A:\n    " + SEVEN.replace("a: int", "self")),
        (rules.opens_with_a_docstring, ""),
        (rules.opens_with_a_docstring, '"""Why."""\nx = 1'),
        (rules.imports_at_the_top, "import outlay\ndef f() -> None:\n    import chdb"),
        (rules.catches_what_it_knows, "try: ...\nexcept (ValueError, KeyError): ..."),
        (rules.catches_what_it_knows, "with contextlib.suppress(FileNotFoundError): ..."),
        (rules.keeps_no_state, "KNOWN: Final = {}\nNAMES: Final[dict[str, int]] = {'a': 1}\nPAIR = (1, 2)"),
        (rules.keeps_no_state, "__all__ = ['run']"),
        (rules.keeps_no_state, "def f() -> None:\n    seen = {}\n    seen['a'] = 1"),
        (rules.asks_a_clock, "now = clock.now()\nstart = time.perf_counter()\nwait = time.monotonic()"),
        (rules.keeps_money_exact, "latency = float(row.latency_ms) * 0.5"),
        (rules.is_finished, "x = 1  # now for the rest"),
    ],
)
def test_a_rule_leaves_alone(rule: Rule, text: str) -> None:
    assert not list(rule(module(text)))


@pytest.mark.parametrize("path", ["src/outlay/utils.py", "src/outlay/core/run.py", "tests/helpers.py"])
def test_a_name_that_says_nothing_is_found_anywhere_in_the_path(path: str) -> None:
    assert list(rules.has_a_name_that_says_something(module("", path)))


@pytest.mark.parametrize("text", ["rate = 1.5", "rate = float(text)"])
def test_where_money_is_made_there_is_no_float_at_all(text: str) -> None:
    assert list(rules.keeps_money_exact(module(text, "src/outlay/pricing/book.py")))
    assert not list(rules.keeps_money_exact(module(text, "src/outlay/demo/draw.py")))


def test_the_clock_itself_may_read_the_time() -> None:
    assert not list(rules.asks_a_clock(module("now = datetime.now(UTC)", "src/outlay/kit/clock.py")))


@pytest.mark.parametrize(
    ("sizes", "expected"), [([7], 7), ([1] * 9 + [100], 1), ([1] * 8 + [50, 100], 50), (range(1, 101), 90)]
)
def test_the_ninetieth_of_a_hundred(sizes: list[int], expected: int) -> None:
    assert ninetieth(sizes) == expected


def test_a_cycle_of_imports_is_seen_through_packages() -> None:
    graph = import_graph(
        [
            module("from outlay.b import c", "src/outlay/a.py"),
            module("", "src/outlay/b/__init__.py"),
            module("import outlay.a", "src/outlay/b/c.py"),
        ]
    )
    assert graph == {"outlay.a": {"outlay.b.c"}, "outlay.b": set(), "outlay.b.c": {"outlay.a"}}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph).prepare()
