"""Turns templates and plain values into HTML: the one Jinja environment, what a page's frame needs, links and assets.

It asks no store anything: a page hands over everything it shows. Every value is escaped unless it is Markup. Links made
by `url` carry the root path; an href handed to a macro or a chart is final and never prefixed again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from outlay.web import format as text
from outlay.web.icons import icon
from outlay.web.parts import Tab

STATIC_DIR: Final = Path(__file__).parent / "static"
_TEMPLATE_DIR: Final = Path(__file__).parent / "templates"

# Each is a file in templates/macros and a name in every template: `ui.card(...)`, `form.field(...)`.
MACROS: Final = (
    "notice",
    "ui",
    "form",
    "notes",
    "views",
    "filter",
    "controls",
    "live",
    "search",
)  # each may use those before

Theme = Literal["light", "dark", "system"]
NoticeKind = Literal["info", "good", "warn", "bad"]


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation; `href` is final (made by `Renderer.url`), `icon` a name of `icons.ICONS`."""

    id: str
    label: str
    href: str
    icon: str


@dataclass(frozen=True)
class ShellMember:
    """Who is signed in, as the frame shows it."""

    name: str
    email: str
    role: str


@dataclass(frozen=True)
class Notice:
    """A message above the content; `href` and `action` make it offer a way out."""

    kind: NoticeKind
    text: str
    href: str | None = None
    action: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Everything the frame around a page shows, so that no layout ever asks a store. Templates know it as `page`.

    `active` is the id of the current nav item, `theme` the member's cookie, `zone` the organisation's IANA zone,
    `path` this page's final URL (where the theme switch returns to). `tabs` are the pages beside this one,
    where it is one of the settings.
    """

    title: str
    active: str = ""
    nav: tuple[NavItem, ...] = ()
    tabs: tuple[Tab, ...] = ()
    theme: Theme = "system"
    zone: str = "UTC"
    organisation: str = ""
    member: ShellMember | None = None
    csrf: str = ""
    path: str = ""
    notices: tuple[Notice, ...] = ()


class Renderer:
    """Renders templates under one root path. Build one per process and hand it to the pages.

    Templates and asset hashes are read once, so a request does no file I/O.
    """

    def __init__(self, root_path: str = "") -> None:
        self.root_path = root_path.rstrip("/")
        self.assets: Mapping[str, str] = MappingProxyType(_content_hashes(STATIC_DIR))
        self._env = Environment(
            loader=FileSystemLoader(_TEMPLATE_DIR),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._env.globals.update(url=self.url, asset=self.asset, icon=icon, DASH=text.DASH)
        self._env.filters.update(text.FILTERS)
        # Globals, not imports: the imports of a page do not run when one of its blocks is rendered alone.
        for name in MACROS:
            self._env.globals[name] = self._env.get_template(f"macros/{name}.html").module

    def page(self, template: str, shell: Shell, /, **values: object) -> str:
        """Return a whole page: the template sees `values` and the frame as `page`."""
        return self._env.get_template(template).render(values, page=shell)

    def fragment(self, template: str, block: str, shell: Shell, /, **values: object) -> str:
        """Return one block of a page's template alone: what a partial update swaps in, from the very same markup."""
        compiled = self._env.get_template(template)
        context = compiled.new_context({**values, "page": shell})
        return "".join(compiled.blocks[block](context))

    def part(self, template: str, macro: str, /, *values: object) -> Markup:
        """Return what one macro of a template makes of the values: a panel of a page, which updates send alone."""
        found: Markup = getattr(self._env.get_template(template).module, macro)(*values)
        return found

    def from_string(self, source: str, /, **values: object) -> str:
        """Return a template given as text, rendered with the same macros and filters."""
        return self._env.from_string(source).render(values)

    def url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Return the final link to a path of this product, with the root path and an encoded query."""
        tail = f"?{urlencode(query, safe=':,/', quote_via=quote)}" if query else ""
        return f"{self.root_path}{path}{tail}"

    def asset(self, name: str) -> str:
        """Return the link to a static file with its content hash, so it may be cached for ever.

        Raises KeyError when there is no such file.
        """
        return f"{self.root_path}/static/{name}?v={self.assets[name]}"


def _content_hashes(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
