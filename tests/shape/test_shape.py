"""The limits of shape over the whole tree; `python -m pytest tests/shape` names every place that passes one."""

import graphlib
import importlib.metadata
import re
from pathlib import Path
from typing import Final

import pytest

from tests.shape.imports import import_graph
from tests.shape.rules import SOURCE_RULES, TEST_RULES, Rule, unfinished_lines
from tests.shape.tree import ROOT, Module, modules, ninetieth, size_of, tracked_files

SOURCE: Final = modules("src", "tools")
TESTS: Final = modules("tests")

FILE_NINETIETH: Final = 300
FUNCTION_NINETIETH: Final = 30

# Where packages come from is the installer's setting, never the repository's: an address here would outlive its host.
_INDEX_ADDRESS: Final = re.compile(
    r"\b(pypi|pythonhosted|npmjs|yarnpkg|jsdelivr|unpkg)\.(org|com|io|net)\b|https?://\S*/simple/|index[-_]url\s*=",
)
_OTHERS_TEXT: Final = ("vendor", "data")  # folders of what was made elsewhere
_PERMISSIVE: Final = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Unlicense|Zlib)\b", re.IGNORECASE)
_COPYLEFT: Final = re.compile(r"\b(A?GPL|LGPL|MPL|Mozilla|EUPL|EPL|CDDL|SSPL|BUSL|GNU)", re.IGNORECASE)


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.__name__)
def test_the_source(rule: Rule) -> None:
    assert_kept(rule, SOURCE)


@pytest.mark.parametrize("rule", TEST_RULES, ids=lambda rule: rule.__name__)
def test_the_tests(rule: Rule) -> None:
    assert_kept(rule, TESTS)


def assert_kept(rule: Rule, kept_by: list[Module]) -> None:
    found = [f"{module.path}:{line}: {wrong}" for module in kept_by for line, wrong in rule(module)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("tree", [SOURCE, TESTS], ids=["source", "tests"])
def test_nine_of_ten_files_and_functions_are_small(tree: list[Module]) -> None:
    files = ninetieth(module.lines for module in tree)
    functions = ninetieth(size_of(function) for module in tree for function in module.functions())
    assert files <= FILE_NINETIETH
    assert functions <= FUNCTION_NINETIETH


def test_no_module_imports_itself_by_a_detour() -> None:
    try:
        graphlib.TopologicalSorter(import_graph(SOURCE)).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_file_says_where_packages_come_from() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in tracked_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if _INDEX_ADDRESS.search(line)
    ]
    assert not found, "\n".join(found)


def test_pages_scripts_and_statements_are_finished_too() -> None:
    found = [
        f"{path}:{number}: {wrong}"
        for path in tracked_files()
        if path.parts[0] == "src" and path.suffix in {".html", ".js", ".css", ".sql", ".toml", ".txt", ".svg"}
        if not set(path.parts) & set(_OTHERS_TEXT)
        for number, wrong in unfinished_lines(text_of(path))
    ]
    assert not found, "\n".join(found)


def test_what_outlay_installs_has_a_permissive_licence() -> None:
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) > 20
    found = {name: licence for name in names if (licence := licence_of(name)) and not is_permissive(licence)}
    assert not found


def licence_of(name: str) -> str:
    """Return what an installed distribution says of its licence; empty where it is for other platforms only."""
    try:
        stated = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    classifiers = [line for line in stated.get_all("Classifier") or [] if line.startswith("License ::")]
    expression = stated.get_all("License-Expression") or [text[:60] for text in stated.get_all("License") or []]
    return "; ".join([*expression, *classifiers]) or "none"


def is_permissive(licence: str) -> bool:
    return bool(_PERMISSIVE.search(licence)) and not _COPYLEFT.search(licence)


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT OR Apache-2.0", True),
        ("BSD-3-Clause", True),
        ("MPL-2.0", False),
        ("MIT AND GPL-3.0-only", False),
        ("none", False),
    ],
)
def test_a_licence_is_judged_by_what_it_says(licence: str, *, permissive: bool) -> None:
    assert is_permissive(licence) is permissive


def text_of(path: Path) -> str:
    """Return the text of a tracked file; empty for a binary one."""
    content = (ROOT / path).read_bytes()
    return "" if b"\0" in content[:8192] else content.decode(errors="replace")
