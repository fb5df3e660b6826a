"""The environment of all templates: escaping, links under a root path, assets addressed by their content."""

import gzip
import hashlib
import re
from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from outlay.web.icons import ICONS, icon
from outlay.web.parts import Card, Cell, Column, Row, Table
from outlay.web.render import STATIC_DIR, Notice, Renderer, Shell
from tests.web import specimens

HOSTILE = """"><script>alert('1')</script>"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer("/tools/outlay")


@pytest.mark.parametrize("template", ["base.html", "plain.html"])
def test_every_address_carries_the_root_path(renderer: Renderer, template: str) -> None:
    html = renderer.page(template, replace(specimens.shell("light"), nav=()))
    addresses = re.findall(r'(?:href|src|action)="([^"#][^"]*)"', html)
    assert addresses
    assert [each for each in addresses if not each.startswith("/tools/outlay/")] == []


@pytest.mark.parametrize(
    ("path", "query", "link"),
    [
        ("/", None, "/tools/outlay/"),
        ("/consumption", {}, "/tools/outlay/consumption"),
        ("/usage", {"r": "2026-10", "f": "team:is:a,b"}, "/tools/outlay/usage?r=2026-10&f=team:is:a,b"),
        ("/usage", {"q": "a&b =ü#"}, "/tools/outlay/usage?q=a%26b%20%3D%C3%BC%23"),
    ],
)
def test_links(renderer: Renderer, path: str, query: dict[str, str] | None, link: str) -> None:
    assert renderer.url(path, query) == link


def test_a_trailing_slash_of_the_root_path_is_not_doubled() -> None:
    assert Renderer("/a/").url("/b") == "/a/b"


def test_an_asset_is_addressed_by_its_content(renderer: Renderer) -> None:
    digest = hashlib.sha256((STATIC_DIR / "app.css").read_bytes()).hexdigest()[:12]
    assert renderer.asset("app.css") == f"/tools/outlay/static/app.css?v={digest}"
    with pytest.raises(KeyError):
        renderer.asset("no-such.css")


def test_values_are_escaped(renderer: Renderer) -> None:
    shell = Shell(title=HOSTILE, organisation=HOSTILE, path=HOSTILE, csrf=HOSTILE, notices=(Notice("bad", HOSTILE),))
    for template in ("base.html", "plain.html"):
        assert "<script>alert" not in renderer.page(template, shell)


def test_parts_escape_what_they_show(renderer: Renderer) -> None:
    table = Table(
        caption=HOSTILE,
        columns=(Column(id="x", label=HOSTILE, href=HOSTILE),),
        rows=(Row(cells=(Cell(text=HOSTILE, title=HOSTILE, sub=HOSTILE, chip=HOSTILE, dot=True),), href=HOSTILE),),
    )
    card = Card(label=HOSTILE, value=HOSTILE, exact=HOSTILE, baseline=HOSTILE, href=HOSTILE, note=HOSTILE)
    html = renderer.from_string(
        "{{ ui.table(table) }}{{ ui.card(card) }}{{ form.field(x, x, x, error=x, hint=x) }}{{ form.secret(x, x) }}"
        "{{ ui.filter(x, x) }}{{ ui.more('m', [x]) }}{{ ui.empty('range', x, x, x, x) }}",
        table=table,
        card=card,
        x=HOSTILE,
    )
    assert "<script" not in html
    assert not re.search(r'=""><', html)


def test_a_forgotten_value_is_an_error_not_an_empty_space(renderer: Renderer) -> None:
    with pytest.raises(UndefinedError):
        renderer.from_string("{{ forgotten }}")


def test_one_block_is_rendered_from_the_same_markup(renderer: Renderer) -> None:
    shell = specimens.shell("light")
    values = {"message": "No.", "grantors": [], "request_id": "req_1"}
    block = renderer.fragment("errors/forbidden.html", "content", shell, **values)
    assert block.strip().startswith('<div class="empty')
    assert block in renderer.page("errors/forbidden.html", shell, **values)


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_in_the_first_line(renderer: Renderer, theme: str) -> None:
    html = renderer.page("plain.html", Shell(title="x", theme=theme))  # type: ignore[arg-type]  # the three there are
    assert f'<html lang="en" data-theme="{theme}">' in html


def test_no_page_needs_inline_script_or_style(renderer: Renderer) -> None:
    html = renderer.page("base.html", specimens.shell("light"))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)


def test_only_signed_in_pages_load_scripts(renderer: Renderer) -> None:
    assert "<script" in renderer.page("base.html", specimens.shell("light"))
    assert "<script" not in renderer.page("plain.html", Shell(title="Sign in"))


def test_a_sortable_column_says_its_order(renderer: Renderer) -> None:
    table = Table(
        caption="t",
        columns=(
            Column(id="a", label="A", href="?s=a"),
            Column(id="b", label="B", href="?s=b", sort="descending", numeric=True),
            Column(id="c", label="C"),
        ),
        rows=(),
    )
    html = renderer.from_string("{{ ui.table(table) }}", table=table)
    assert re.findall(r'aria-sort="(\w+)"', html) == ["none", "descending"]


def test_every_icon_is_drawn_and_unknown_ones_are_errors() -> None:
    assert all("<path d=" in icon(each) for each in ICONS)
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_our_scripts_are_small() -> None:
    import_free = [each.read_bytes() for each in (STATIC_DIR / "js").glob("*.js")]
    assert sum(len(gzip.compress(each)) for each in import_free) < 10_000
    assert not any(re.search(rb"^\s*import\b|\bimport\(", each, re.MULTILINE) for each in import_free)


def test_vendored_files_are_what_their_list_says() -> None:
    vendor = STATIC_DIR / "vendor"
    listed = dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (vendor / "VENDOR.md").read_text(), re.MULTILINE))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.iterdir()
        if path.name != "VENDOR.md"
    }
    assert found == listed
