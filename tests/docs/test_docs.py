"""The documentation keeps to the code: generated pages are current, links lead somewhere, decisions are whole."""

import re
from pathlib import Path
from typing import Final

import pytest

from outlay import errors
from outlay.errors import OutlayError, every_error
from tests.docs.markdown import anchor, broken_links, headings, links, pages, read
from tests.shape.tree import ROOT, modules, tracked_files
from tools.make_reference import PAGES

INDEX: Final = Path("docs/index.md")
DECISIONS: Final = [page for page in pages() if page.parent == Path("docs/decisions")]
DECISION_LINES: Final = 60

# Words of the place where Outlay is written; they mean nothing to those who read or run it.
_WORKPLACE: Final = re.compile(
    r"/work/|\bshared/(data|tools)\b|\b(design|features|formats|examples|ui)\.md\b|\bsealed\.bin\b|\bRULES\.md\b"
    r"|\bissue #?\d|\bsession #?\d{1,2}\b|\bthe CEO\b"
)
_MAY_NAME_THEM: Final = {Path("tests/real_data.py"), Path("tests/docs/test_docs.py")}


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_current(path: str) -> None:
    assert read(Path(path)) == PAGES[path](), f"{path} is out of date: run `make docs`"


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not broken_links(page, read(page))


def test_every_page_is_reached_from_the_index() -> None:
    reached, waiting = set(), [INDEX]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = (((ROOT / page.parent / link.partition("#")[0]).resolve()) for link in links(read(page)))
        inside = [target.relative_to(ROOT) for target in targets if target.is_relative_to(ROOT)]
        waiting += [each for each in pages() if each in inside or each.parent in inside]
    assert not [str(page) for page in pages() if page.parts[0] == "docs" and page not in reached]


def test_decisions_are_numbered_from_one_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_whole_and_fits_on_a_page(page: Path) -> None:
    text = read(page)
    assert headings(text)[1:] == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(text.splitlines()) <= DECISION_LINES


def test_the_repository_speaks_of_the_product_only() -> None:
    found = [
        f"{path}:{number}: {match.group()}"
        for path in tracked_files()
        if path not in _MAY_NAME_THEM and path.suffix not in {".lock", ".gz", ".parquet", ".png"}
        if not {"vendor", "data"} & set(path.parts)
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if (match := _WORKPLACE.search(line))
    ]
    assert not found, "\n".join(["", *found])


def test_what_others_made_is_named_with_its_licence() -> None:
    notice = read(Path("NOTICE"))
    bundled = [path for path in tracked_files() if path.parts[0] == "src" and {"vendor", "data"} & set(path.parts)]
    made_elsewhere = [path for path in bundled if path.suffix != ".md" and path.stem != "LICENSE"]
    assert made_elsewhere
    assert not [str(path) for path in made_elsewhere if str(path) not in notice]


def test_the_error_tree_is_drawn_as_it_is() -> None:
    assert drawn_tree(errors.__doc__ or "") == [
        (depth_of(error), error.__name__) for error in every_error() if error.__module__ == errors.__name__
    ]


def test_every_error_is_defined_where_the_tree_is_drawn() -> None:
    known = {error.__name__ for error in every_error() if error.__module__ == errors.__name__}
    elsewhere = [
        f"{module.path}: class {found}"
        for module in modules("src")
        if module.name != errors.__name__
        for found, bases in re.findall(r"^class (\w+)\(([^)]*)\)", module.text, re.MULTILINE)
        if {base.strip().split(".")[-1] for base in bases.split(",")} & known
    ]
    assert not elsewhere


def test_no_two_errors_share_a_code() -> None:
    codes = [vars(error)["code"] for error in every_error() if "code" in vars(error)]
    assert len(codes) == len(set(codes))


def depth_of(error: type[OutlayError]) -> int:
    return len([base for base in error.__mro__ if issubclass(base, OutlayError)]) - 1


def drawn_tree(text: str) -> list[tuple[int, str]]:
    """Read the lines of a drawn tree as `(depth, name)`."""
    lines = re.findall(r"^    ((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w*)", text, re.MULTILINE)
    root, *rest = lines
    return [(0, root[1]), *((len(stem) // 4 + 1, name) for stem, name in rest)]


def test_a_drawn_tree_is_read_with_its_depths() -> None:
    drawn = "    Root\n    ├── A   why\n    │   └── B\n    └── C\n        └── D  words\n"
    assert drawn_tree(drawn) == [(0, "Root"), (1, "A"), (2, "B"), (1, "C"), (2, "D")]


def test_links_in_code_are_no_links_and_headings_have_anchors() -> None:
    text = "# Way in\n[a](b.md#c) `[x](y)`\n```\n[z](w)\n# no heading\n```\n## What's `next`?\n"
    assert links(text) == ["b.md#c"]
    assert [anchor(each) for each in headings(text)] == ["way-in", "whats-next"]


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("index.md", False),
        ("index.md#outlay", False),
        ("index.md#nowhere", True),
        ("missing.md", True),
        ("../../../etc/passwd", True),
        ("https://example.com/missing", False),
        ("decisions/", False),
    ],
)
def test_a_link_is_followed(link: str, *, broken: bool) -> None:
    assert bool(broken_links(INDEX, f"[link]({link})")) is broken


@pytest.mark.parametrize("line", ["see /work/main", "as in design.md", "issue 12", "from shared/data/traces"])
def test_a_word_of_the_workplace_is_found(line: str) -> None:
    assert _WORKPLACE.search(line)
    assert not _WORKPLACE.search("a session of several runs, an issue with the network, shared data, workspace")
